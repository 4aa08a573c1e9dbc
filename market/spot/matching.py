"""Matching the spot book: the pure engine's fills, written to rows, balances and intents in one stroke."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from django.db import transaction

from stelltron.core import slots
from stelltron.core.models import Community

from ..clearing.closing import oldest_open_slot
from ..clearing.limits import Room, is_counted, rooms
from ..clearing.settling import MOST_SECTIONS_A_SLOT, sections_taken
from ..engine.book import Book, Force, Limit
from ..grid.zones import Grid, grid_at
from ..live import announce_book
from ..locks import lock_market
from ..models import Order, Trade
from .book_rows import Moves, Standing, cancel_rests, no_moves, read_standing, wake, write_fills, write_moves

MOST_PARTNERS, PARTNERS_EACH = 64, 4


@transaction.atomic
def match_community(community: Community) -> int:
    """Match everything that meets. Returns the number of trades. Running twice trades once.

    It rebuilds the book from the rows: what a new slot's room or an ended failure lets trade is found here.
    """
    lock_market(community.pk)
    slot = slots.slot_of(community.now(), community.slot_minutes)
    trades = _match(community, slot, grid_at(community, slot), _everybody(community), no_moves())
    if trades:
        transaction.on_commit(lambda: announce_book(community), robust=True)
    return trades


def match_new(community: Community, newcomers: Sequence[Standing], moves: Moves) -> int:
    """Match what has just arrived against the part of the book it can meet, and write the balances' ``moves``.

    The caller holds the market's lock, and writes the newcomers' rows as this leaves them.
    """
    slot = slots.slot_of(community.now(), community.slot_minutes)
    grid = grid_at(community, slot)
    return _match(community, slot, grid, [*_partners(community, grid, newcomers), *newcomers], moves)


def _match(community: Community, slot: datetime, grid: Grid, orders: Sequence[Standing], moves: Moves) -> int:
    """Match ``orders``, given by arrival, as far as their owners' mandates allow, and write what comes of it."""
    by_id: dict[object, Standing] = {order.id: order for order in orders}
    allowed = rooms(community, slot, {order.member_id for order in orders}) if _is_open(community, slot) else {}
    limits = _limits(allowed, grid, orders)
    has_stops = any(limit.trigger is not None for limit in limits)
    left: dict[Hashable, int] = {who: room.wh for who, room in allowed.items()}
    book = Book(grid.fees, _last_price(community) if has_stops else None, left)
    for limit in limits:
        book.place(limit)
    fills, ended = book.drain()
    wake([by_id[limit.id] for limit in limits if limit.trigger is None and by_id[limit.id].is_waiting])
    trades = write_fills(community, slot, fills, by_id, moves)
    tried = {limit.id for limit in limits}
    # A stop that waits has not had its chance yet.
    hopeless = [o for o in orders if o.force != Order.Force.GTC and not o.is_waiting and o.id not in tried]
    cancel_rests([*(by_id[end.id] for end in ended), *hopeless], moves)
    write_moves(moves)
    return len(trades)


def _everybody(community: Community) -> list[Standing]:
    return read_standing(Order.objects.filter(community=community, state__in=Order.STANDING), community.now())


def _partners(community: Community, grid: Grid, newcomers: Sequence[Standing]) -> list[Standing]:
    """Who a newcomer could meet; everybody where a stop may wake, since it may meet anybody."""
    if (
        any(order.is_waiting for order in newcomers)
        or Order.objects.filter(community=community, state=Order.State.WAITING).exists()
    ):
        return _everybody(community)
    at_once = any(order.force != Order.Force.GTC for order in newcomers)
    # Only the best: what they leave open meets the others when beat goes over the whole book.
    most = None if at_once or not grid.fees.are_none else MOST_PARTNERS + PARTNERS_EACH * len(newcomers)
    live = Order.objects.filter(community=community, state__in=Order.LIVE)
    bids = [order.price for order in newcomers if order.side == Order.Side.BUY]
    asks = [order.price for order in newcomers if order.side == Order.Side.SELL]
    found = []
    if bids:
        offers = live.filter(side=Order.Side.SELL, price__lte=max(bids)).order_by("price", "arrival")
        found += read_standing(offers[:most], community.now())
    if asks:
        wanted = live.filter(side=Order.Side.BUY, price__gte=min(asks)).order_by("-price", "arrival")
        found += read_standing(wanted[:most], community.now())
    return sorted(found, key=attrgetter("arrival"))


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
