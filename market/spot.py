"""Matching the spot book: the pure engine's fills, written to rows, balances and intents in one stroke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.db.models import Q

from stelltron.core import slots
from stelltron.core.models import Community

from .book_rows import take_off, wake, write_fills
from .clearing import oldest_open_slot
from .engine.book import Book, Force, Limit
from .grid import Grid, grid_at
from .limits import is_counted, rooms
from .live import announce_book
from .locks import lock_market
from .models import Order, Trade
from .settling import MOST_SECTIONS_A_SLOT, sections_taken

MOST_PARTNERS = 64


@transaction.atomic
def match_community(community: Community) -> int:
    """Match everything that meets. Returns the number of trades. Running twice trades once.

    It rebuilds the book from the rows: what a new slot's room or an ended failure lets trade is found here.
    """
    lock_market(community.pk)
    return match_orders(community, _standing(community))


def match_new(community: Community, newcomers: Sequence[Order]) -> int:
    """Match what has just arrived against the part of the book it can meet. The caller holds the market's lock."""
    return match_orders(community, [*_partners(community, newcomers), *newcomers])


def match_orders(community: Community, orders: Sequence[Order]) -> int:
    """Match ``orders``, given by arrival, as far as their owners' mandates allow, and write what comes of it."""
    slot = slots.slot_of(community.now(), community.slot_minutes)
    by_id = {order.pk: order for order in orders}
    grid = grid_at(community, slot)
    limits = _limits(community, slot, grid, orders) if _is_open(community, slot) else []
    book = Book(grid.fees, _last_price(community) if limits else None)
    for limit in limits:
        book.place(limit)
    fills, ended = book.drain()
    wake([by_id[limit.id] for limit in limits if limit.trigger is None and by_id[limit.id].is_waiting])
    trades = write_fills(community, slot, fills, by_id)
    tried = {limit.id for limit in limits}
    # A stop that waits has not had its chance yet.
    at_once = [order for order in orders if order.force != Order.Force.GTC and not order.is_waiting]
    hopeless = [order for order in at_once if order.pk not in tried]
    for order in [*(by_id[end.id] for end in ended), *hopeless]:
        take_off(order, Order.State.CANCELLED)
    if trades:
        transaction.on_commit(lambda: announce_book(community))
    return len(trades)


def _standing(community: Community) -> list[Order]:
    standing = Order.objects.filter(community=community, state__in=Order.STANDING)
    return [order for order in standing.select_related("point").order_by("arrival") if not _is_past(order, community)]


def _partners(community: Community, newcomers: Sequence[Order]) -> list[Order]:
    """Who a newcomer could meet; everybody where a stop may wake, since it may meet anybody."""
    if (
        any(order.is_waiting for order in newcomers)
        or Order.objects.filter(community=community, state=Order.State.WAITING).exists()
    ):
        fresh = {order.pk for order in newcomers}
        return [order for order in _standing(community) if order.pk not in fresh]
    asks = [order.price for order in newcomers if order.side == Order.Side.SELL]
    bids = [order.price for order in newcomers if order.side == Order.Side.BUY]
    meets = Q(pk=None)
    if bids:
        meets |= Q(side=Order.Side.SELL, price__lte=max(bids))
    if asks:
        meets |= Q(side=Order.Side.BUY, price__gte=min(asks))
    found = Order.objects.filter(meets, community=community, state__in=Order.LIVE)
    found = found.exclude(pk__in=[order.pk for order in newcomers]).select_related("point")
    if len(newcomers) == 1 and newcomers[0].force == Order.Force.GTC and not community.grid_fees.exists():
        # Only the best: what they leave open meets the others when beat goes over the whole book.
        found = found.order_by("price" if bids else "-price", "arrival")[:MOST_PARTNERS]
    return [order for order in sorted(found, key=attrgetter("arrival")) if not _is_past(order, community)]


def _is_past(order: Order, community: Community) -> bool:
    return order.expires_at is not None and order.expires_at <= community.now()


def _is_open(community: Community, slot: datetime) -> bool:
    """Closed while clearing is so far behind that the contract could no longer count its slots, or the slot is full."""
    behind = oldest_open_slot(community)
    if behind and not is_counted(community, behind, slot):
        return False
    start = slots.to_chain(slot)
    return sections_taken(start).get(start, 0) < MOST_SECTIONS_A_SLOT


def _limits(community: Community, slot: datetime, grid: Grid, orders: Sequence[Order]) -> list[Limit]:
    """Every order as far as its owner's mandate allows it in this slot, first come first served."""
    allowed = rooms(community, slot, {order.member_id for order in orders})
    left = {who: room.wh for who, room in allowed.items()}
    limits = []
    for order in orders:
        who, wh = order.member_id, min(order.open_wh, left.get(order.member_id, 0))
        if not wh or not allowed[who].allows(order.side, order.price):
            continue
        if order.force == Order.Force.FOK and wh < order.open_wh:
            continue
        left[who] -= wh
        limits.append(
            Limit(
                order.pk,
                who,
                order.side == Order.Side.BUY,
                order.price,
                wh,
                grid.zone(order.point.zone),
                Force(order.force),
                order.trigger if order.is_waiting else None,
            )
        )
    return limits


def _last_price(community: Community) -> int | None:
    """The newest spot price, which stops wait for."""
    last = Trade.objects.filter(community=community, venue=Trade.Venue.SPOT).exclude(state=Trade.State.FAILED)
    return last.order_by("-id").values_list("price", flat=True).first()
