"""Matching the spot book: the pure engine's fills, written to rows, balances and intents in one stroke."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction

from stelltron.core import slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community

from ..clearing.closing import oldest_open_slot
from ..clearing.limits import Room, is_counted, rooms
from ..clearing.sections import Budget, budget_of, used_up_by
from ..engine.book import Book, Ended, Fill, Force, Limit
from ..grid.zones import Grid, grid_at
from ..live import announce_book
from ..models import Order, Trade
from ..telling import tell_not_taken
from .book_rows import (
    Moves,
    Newcomer,
    Standing,
    any_stop_reached,
    best_bids,
    best_offers,
    cancel_rests,
    everybody,
    fill_orders,
    no_moves,
    record_trades,
    wake,
    write_moves,
    write_newcomers,
)

# Of each side a newcomer reads the best first: they nearly always do.
FEW_PARTNERS, PARTNERS_EACH = 8, 2
FORCES = {force.value: force for force in Force}
NOBODY = (-1, None)
COMMUNITY_FULL = "your community has settled as often as it may in this slot"
MEMBER_FULL = "you have begun as many settlements as one member may in this slot"


class _Terms(NamedTuple):
    """What a stroke goes by: the slot with its grid, and why nothing trades, if so."""

    community: Community
    slot: datetime
    grid: Grid
    budget: Budget
    closed: str


class _Decision(NamedTuple):
    """What the engine makes of ``orders``: who was let in, the Wh they may still trade, who trades what, and who ends.

    The engine knows orders by their place, and owners by a number: hashing their ids would cost more than matching.
    """

    orders: Mapping[Hashable, Standing]
    limits: Sequence[Limit]
    left: Mapping[Hashable, int]
    held_off: Set[object]
    fills: Sequence[Fill]
    ended: Sequence[Ended]


@transaction.atomic
def match_community(community: Community) -> int:
    """Match everything that meets. Returns the number of trades. Running twice trades once.

    It rebuilds the book from the rows: what a new slot's room or an ended failure lets trade is found here.
    """
    lock_market(community.pk)
    terms = _terms(community)
    trades = _write(terms, _decide(terms, everybody(community)), no_moves())
    if trades:
        transaction.on_commit(lambda: announce_book(community), robust=True)
    return trades


def match_new(community: Community, newcomers: Sequence[Newcomer], moves: Moves) -> int:
    """Match what has just arrived against the part of the book it can meet, and write it and the balances' ``moves``.

    The caller holds the market's lock.
    """
    terms = _terms(community)
    near = _nearest(community, terms.grid, newcomers)
    decided = _decide(terms, [*near.by_arrival(), *newcomers])
    if _goes_further(near, newcomers, decided) or any_stop_reached(community, [fill.price for fill in decided.fills]):
        decided = _decide(terms, [*everybody(community), *newcomers])
    return _write(terms, decided, moves)


def _terms(community: Community) -> _Terms:
    slot = slots.slot_of(community.now(), community.slot_minutes)
    budget = budget_of(community, slot)
    return _Terms(community, slot, grid_at(community, slot), budget, _closed(community, slot, budget))


def _decide(terms: _Terms, orders: Sequence[Standing]) -> _Decision:
    """What ``orders``, given by arrival, trade as far as their owners' mandates allow. Writes nothing."""
    community, slot = terms.community, terms.slot
    allowed = {} if terms.closed else rooms(community, slot, {order.member_id for order in orders})
    held_off = used_up_by(community, slot, terms.budget, allowed)
    for who in held_off:
        del allowed[who]
    limits = _limits(allowed, terms.grid, orders)
    has_stops = any(limit.trigger is not None for limit in limits)
    left: dict[Hashable, int] = {number: room.wh for number, room in enumerate(allowed.values())}
    book = Book(terms.grid.fees, _last_price(community) if has_stops else None, left)
    for limit in limits:
        book.place(limit)
    return _Decision(dict(enumerate(orders)), limits, left, held_off, *book.drain())


def _write(terms: _Terms, decided: _Decision, moves: Moves) -> int:
    """Write what was decided. Returns the number of trades."""
    orders = decided.orders
    wake([orders[limit.id] for limit in decided.limits if limit.trigger is None and orders[limit.id].is_waiting])
    sales = fill_orders(terms.community, terms.slot, decided.fills, orders, moves)
    tried = {limit.id for limit in decided.limits}
    at_once = (place for place, order in orders.items() if order.force != Order.Force.GTC)
    # A stop that waits has not had its chance yet.
    hopeless = [orders[place] for place in at_once if place not in tried and not orders[place].is_waiting]
    for order in hopeless:
        order.ended_because = terms.closed
        if order.member_id in decided.held_off:
            order.ended_because = _goes_on(MEMBER_FULL, terms.community, terms.slot)
    cancel_rests([*(orders[end.id] for end in decided.ended), *hopeless], moves)
    write_newcomers([order for order in orders.values() if isinstance(order, Newcomer)])
    record_trades(terms.community, terms.slot, decided.fills, sales, orders)
    write_moves(moves)
    for order in hopeless:
        if order.ended_because:
            tell_not_taken(order.id, order.member_id, order.side, order.open_wh, order.ended_because)
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
    worst_offer = near.offers[-1].price if len(near.offers) == near.most else None
    worst_bid = near.bids[-1].price if len(near.bids) == near.most else None
    for limit in decided.limits:
        if not decided.orders[limit.id].is_new or not limit.wh or limit.trigger is not None:
            continue
        if not decided.left[limit.owner]:
            continue
        assert limit.price is not None
        if limit.is_buy and worst_offer is not None and limit.price >= worst_offer:
            return True
        if not limit.is_buy and worst_bid is not None and limit.price <= worst_bid:
            return True
    return False


def _closed(community: Community, slot: datetime, budget: Budget) -> str:
    """Why nothing trades now, with when it goes on; empty where the book is open."""
    behind = oldest_open_slot(community)
    if behind and not is_counted(community, behind, slot):
        return "slots are waiting to be cleared, and trading goes on once they are"
    return "" if budget.has_room else _goes_on(COMMUNITY_FULL, community, slot)


def _goes_on(why: str, community: Community, slot: datetime) -> str:
    return f"{why}: trading goes on with the next slot at {slots.next_slot(slot, community.slot_minutes):%H:%M} UTC"


def _limits(allowed: Mapping[object, Room], grid: Grid, orders: Sequence[Standing]) -> list[Limit]:
    """Every order that its owner's mandate allows in this slot, by its place in ``orders`` and its owner's in ``allowed``."""
    owners = {who: (number, room) for number, (who, room) in enumerate(allowed.items())}
    limits = []
    for place, order in enumerate(orders):
        owner, room = owners.get(order.member_id, NOBODY)
        if room is None or not room.allows(order.side, order.price):
            continue
        limits.append(
            Limit(
                place,
                owner,
                order.side == Order.Side.BUY,
                order.price,
                order.open_wh,
                grid.zone(order.zone),
                FORCES[order.force],
                order.trigger if order.is_waiting else None,
            )
        )
    return limits


def _last_price(community: Community) -> int | None:
    """The newest spot price, which stops wait for."""
    last = Trade.objects.filter(community=community, venue=Trade.Venue.SPOT).exclude(state=Trade.State.FAILED)
    return last.order_by("-id").values_list("price", flat=True).first()
