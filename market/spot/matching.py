"""Matching the spot book: the pure engine's fills, written to rows, balances and intents in one stroke."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from django.db import transaction

from stelltron.core import slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community

from ..clearing.closing import oldest_open_slot
from ..clearing.limits import Room, is_counted, rooms
from ..clearing.sections import Budget, budget_of, used_up_by
from ..engine.book import Book, Force, Limit
from ..grid.zones import Grid, grid_at
from ..live import announce_book
from ..models import Order, Trade
from ..telling import tell_not_taken
from .book_rows import Moves, Standing, cancel_rests, no_moves, read_standing, wake, write_fills, write_moves

MOST_PARTNERS, PARTNERS_EACH = 64, 4
COMMUNITY_FULL = "your community has settled as often as it may in this slot"
MEMBER_FULL = "you have begun as many settlements as one member may in this slot"


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
    budget = budget_of(community, slot)
    closed = _closed(community, slot, budget)
    allowed = {} if closed else rooms(community, slot, {order.member_id for order in orders})
    waiting = used_up_by(community, slot, budget, allowed)
    for who in waiting:
        del allowed[who]
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
    for order in hopeless:
        order.ended_because = closed or (_goes_on(MEMBER_FULL, community, slot) if order.member_id in waiting else "")
    cancel_rests([*(by_id[end.id] for end in ended), *hopeless], moves)
    write_moves(moves)
    for order in hopeless:
        if order.ended_because:
            tell_not_taken(order.id, order.member_id, order.side, order.open_wh, order.ended_because)
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


def _closed(community: Community, slot: datetime, budget: Budget) -> str:
    """Why nothing trades now, with when it goes on; empty where the book is open."""
    behind = oldest_open_slot(community)
    if behind and not is_counted(community, behind, slot):
        return "slots are waiting to be cleared, and trading goes on once they are"
    return "" if budget.has_room else _goes_on(COMMUNITY_FULL, community, slot)


def _goes_on(why: str, community: Community, slot: datetime) -> str:
    return f"{why}: trading goes on with the next slot at {slots.next_slot(slot, community.slot_minutes):%H:%M} UTC"


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
