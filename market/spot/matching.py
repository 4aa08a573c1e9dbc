"""Matching the spot book: the pure engine's fills, written to rows, balances and intents in one stroke."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction

from stelltron.core import slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community

from ..clearing.closing import oldest_open_slot
from ..clearing.limits import Room, is_counted, rooms
from ..clearing.settling import MOST_SECTIONS_A_SLOT, sections_taken
from ..engine.book import Book, Ended, Fill, Force, Limit
from ..grid.zones import Grid, grid_at
from ..live import announce_book
from ..models import Order, Trade
from .book_rows import (
    Moves,
    Standing,
    any_stop_reached,
    best_bids,
    best_offers,
    cancel_rests,
    everybody,
    no_moves,
    wake,
    write_fills,
    write_moves,
)

# Of each side a newcomer reads the best first: they nearly always do.
FEW_PARTNERS, PARTNERS_EACH = 8, 2


class _Decision(NamedTuple):
    """What the engine makes of ``orders``: who was let in, who trades what, who ends, and the Wh members may still."""

    orders: Sequence[Standing]
    limits: Sequence[Limit]
    left: Mapping[Hashable, int]
    fills: Sequence[Fill]
    ended: Sequence[Ended]


@transaction.atomic
def match_community(community: Community) -> int:
    """Match everything that meets. Returns the number of trades. Running twice trades once.

    It rebuilds the book from the rows: what a new slot's room or an ended failure lets trade is found here.
    """
    lock_market(community.pk)
    slot = slots.slot_of(community.now(), community.slot_minutes)
    decided = _decide(community, slot, grid_at(community, slot), everybody(community))
    trades = _write(community, slot, decided, no_moves())
    if trades:
        transaction.on_commit(lambda: announce_book(community), robust=True)
    return trades


def match_new(community: Community, newcomers: Sequence[Standing], moves: Moves) -> int:
    """Match what has just arrived against the part of the book it can meet, and write the balances' ``moves``.

    The caller holds the market's lock, and writes the newcomers' rows as this leaves them.
    """
    slot = slots.slot_of(community.now(), community.slot_minutes)
    grid = grid_at(community, slot)
    near = _nearest(community, grid, newcomers)
    decided = _decide(community, slot, grid, [*near.by_arrival(), *newcomers])
    if _goes_further(near, newcomers, decided) or any_stop_reached(community, [fill.price for fill in decided.fills]):
        decided = _decide(community, slot, grid, [*everybody(community), *newcomers])
    return _write(community, slot, decided, moves)


def _decide(community: Community, slot: datetime, grid: Grid, orders: Sequence[Standing]) -> _Decision:
    """What ``orders``, given by arrival, trade as far as their owners' mandates allow. Writes nothing."""
    allowed = rooms(community, slot, {order.member_id for order in orders}) if _is_open(community, slot) else {}
    limits = _limits(allowed, grid, orders)
    has_stops = any(limit.trigger is not None for limit in limits)
    left: dict[Hashable, int] = {who: room.wh for who, room in allowed.items()}
    book = Book(grid.fees, _last_price(community) if has_stops else None, left)
    for limit in limits:
        book.place(limit)
    return _Decision(orders, limits, left, *book.drain())


def _write(community: Community, slot: datetime, decided: _Decision, moves: Moves) -> int:
    """Write what was decided. Returns the number of trades."""
    by_id: dict[object, Standing] = {order.id: order for order in decided.orders}
    wake([by_id[limit.id] for limit in decided.limits if limit.trigger is None and by_id[limit.id].is_waiting])
    write_fills(community, slot, decided.fills, by_id, moves)
    tried = {limit.id for limit in decided.limits}
    # A stop that waits has not had its chance yet.
    hopeless = [o for o in decided.orders if o.force != Order.Force.GTC and not o.is_waiting and o.id not in tried]
    cancel_rests([*(by_id[end.id] for end in decided.ended), *hopeless], moves)
    write_moves(moves)
    return len(decided.fills)


class _Nearest(NamedTuple):
    """The best offers and bids that newcomers could meet; of each at most so many (None: all there are)."""

    offers: Sequence[Standing]
    bids: Sequence[Standing]
    most: int | None

    def by_arrival(self) -> list[Standing]:
        return sorted((*self.offers, *self.bids), key=attrgetter("arrival"))


def _nearest(community: Community, grid: Grid, newcomers: Sequence[Standing]) -> _Nearest:
    at_once = any(order.force != Order.Force.GTC for order in newcomers)
    # Between zones the best price is not the best partner.
    most = None if at_once or not grid.fees.are_none else FEW_PARTNERS + PARTNERS_EACH * len(newcomers)
    bids = [order.price for order in newcomers if order.side == Order.Side.BUY]
    asks = [order.price for order in newcomers if order.side == Order.Side.SELL]
    return _Nearest(
        best_offers(community, max(bids), most) if bids else [],
        best_bids(community, min(asks), most) if asks else [],
        most,
    )


def _goes_further(near: _Nearest, newcomers: Sequence[Standing], decided: _Decision) -> bool:
    """Whether a newcomer has energy left for partners that were not read."""
    if near.most is None:
        return False
    arrived = {order.id for order in newcomers}
    worst_offer = near.offers[-1].price if len(near.offers) == near.most else None
    worst_bid = near.bids[-1].price if len(near.bids) == near.most else None
    for limit in decided.limits:
        if limit.id not in arrived or not limit.wh or limit.trigger is not None or not decided.left[limit.owner]:
            continue
        assert limit.price is not None
        if limit.is_buy and worst_offer is not None and limit.price >= worst_offer:
            return True
        if not limit.is_buy and worst_bid is not None and limit.price <= worst_bid:
            return True
    return False


def _is_open(community: Community, slot: datetime) -> bool:
    """Closed while clearing is so far behind that the contract could no longer count its slots, or the slot is full."""
    behind = oldest_open_slot(community)
    if behind and not is_counted(community, behind, slot):
        return False
    start = slots.to_chain(slot)
    return sections_taken(start).get(start, 0) < MOST_SECTIONS_A_SLOT


def _limits(allowed: Mapping[object, Room], grid: Grid, orders: Sequence[Standing]) -> list[Limit]:
    """Every order that its owner's mandate allows in this slot."""
    return [
        Limit(
            order.id,
            order.member_id,
            order.side == Order.Side.BUY,
            order.price,
            order.open_wh,
            grid.zone(order.zone),
            Force(order.force),
            order.trigger if order.is_waiting else None,
        )
        for order in orders
        if order.member_id in allowed and allowed[order.member_id].allows(order.side, order.price)
    ]


def _last_price(community: Community) -> int | None:
    """The newest spot price, which stops wait for."""
    last = Trade.objects.filter(community=community, venue=Trade.Venue.SPOT).exclude(state=Trade.State.FAILED)
    return last.order_by("-id").values_list("price", flat=True).first()
