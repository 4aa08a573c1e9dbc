"""Verbs of the spot book: placing, cancelling and expiring orders. Admin, API and portal all call these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from devices.models import MeteringPoint
from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_market
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.rows import copy_rows
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH, kwh, money
from stelltron.ledger.holdings import too_little
from stelltron.ledger.models import Holding
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from ..clearing.limits import Terms, terms_in, within
from ..live import announce_book
from ..models import Mandate, Order
from ..telling import tell_order_ended
from .book_rows import Standing, next_arrivals, no_moves, take_off
from .matching import match_new

Side, Kind, Force, State = Order.Side, Order.Kind, Order.Force, Order.State


@dataclass(frozen=True)
class Wish:
    """What a member asks the book for. ``price`` is None at the market: the mandate's own limit then bounds it."""

    member: Member
    side: str
    wh: int
    price: int | None
    kind: str = Kind.LIMIT
    force: str = Force.GTC
    trigger: int | None = None
    point: MeteringPoint | None = None
    expires_at: datetime | None = None


@transaction.atomic
def place_orders(community: Community, wishes: Sequence[Wish]) -> list[Order | Refused]:
    """Many orders in one stroke, in the order given: each is placed, or refused with what to change.

    Their money or energy is set aside and they are matched at once.
    """
    lock_market(community.pk)
    clerk = _Clerk(community, wishes)
    answers: list[Order | Refused] = []
    for wish in wishes:
        try:
            answers.append(clerk.write(wish))
        except Refused as refused:
            answers.append(refused)
    placed = [answer for answer in answers if isinstance(answer, Order)]
    if not placed:
        return answers
    for order, arrival in zip(placed, next_arrivals(len(placed)), strict=True):
        order.arrival = arrival
    rows = [clerk.standing(order) for order in placed]
    match_new(community, rows, clerk.moves)
    for order, row in zip(placed, rows, strict=True):
        order.open_wh, order.state, order.arrival = row.open_wh, row.state, row.arrival
        order.ended_because = row.ended_because
    copy_rows(Order, placed)
    transaction.on_commit(lambda: announce_book(community), robust=True)
    return answers


@transaction.atomic
def cancel_order(order: Order, by: Member, state: str = Order.State.CANCELLED) -> Order:
    """Take a standing order off the book and release what it held. Only its owner can."""
    if order.member_id != by.pk:
        raise Refused("not_your_order", "only the member who placed an order can cancel it")
    lock_market(order.community_id)
    order.refresh_from_db()
    if order.state not in Order.STANDING:
        raise Refused("order_not_open", f"this order is {order.get_state_display()} already")
    take_off(order, state)
    log_action(f"order.{state.lower()}", actor=by.user, target=order.pk, community=order.community)
    transaction.on_commit(lambda: announce_book(order.community))
    return order


def expire_orders() -> int:
    """Take orders past their date off the book. Returns how many."""
    expired = 0
    dated = Order.objects.filter(state__in=Order.STANDING, expires_at__isnull=False)
    for order in dated.select_related("member", "community"):
        if order.expires_at <= order.community.now():
            try:
                cancel_order(order, order.member, Order.State.EXPIRED)
                tell_order_ended(order, "its date came")
                expired += 1
            except Refused:
                continue
    return expired


class _Clerk:
    """Checks wishes against mandates, points and balances read once, and writes them as orders."""

    def __init__(self, community: Community, wishes: Sequence[Wish]) -> None:
        self.community, self.now = community, community.now()
        self.slot = slots.slot_of(self.now, community.slot_minutes)
        members = {wish.member.pk for wish in wishes}
        self.terms = terms_in(community, self.slot, members)
        points = MeteringPoint.objects.filter(member__in=members).order_by("code")
        self.zone: dict[object, int] = {}
        self.first_point: dict[object, object] = {}
        for pk, owner, zone in points.values_list("pk", "member_id", "zone"):
            self.zone[pk] = zone
            self.first_point.setdefault(owner, pk)
        balances = Holding.objects.filter(member__in=members).values_list("member_id", "asset", "available")
        self.free = {(who, asset): free for who, asset, free in balances}
        self.moves = no_moves()

    def write(self, wish: Wish) -> Order:
        """The order, its backing taken from what is free. Raises Refused."""
        require_kyc(wish.member)
        _check_numbers(wish)
        terms = self._terms(wish)
        limit = wish.price
        if limit is None:
            limit = terms.buy_at_most if wish.side == Side.BUY else terms.sell_at_least
        _check_terms(terms, wish, limit)
        if wish.expires_at is not None and wish.expires_at <= self.now:
            raise Refused("already_expired", "the order would expire before it is placed")
        at_once = wish.price is None and wish.force == Force.GTC
        order = Order(
            community_id=self.community.pk,
            member_id=wish.member.pk,
            point_id=self._point(wish),
            side=str(wish.side),
            kind=str(wish.kind),
            force=Force.IOC.value if at_once else str(wish.force),
            wh=wish.wh,
            open_wh=wish.wh,
            price=limit,
            trigger=wish.trigger,
            state=(State.WAITING if wish.kind == Kind.STOP else State.OPEN).value,
            placed_at=self.now,
            expires_at=wish.expires_at,
        )
        asset, needed = order.backing
        free = self.free.get((wish.member.pk, asset), 0)
        if needed > free:
            raise too_little(asset, needed, free)
        self.free[wish.member.pk, asset] = free - needed
        self.moves[wish.member.pk, asset][0] -= needed
        self.moves[wish.member.pk, asset][1] += needed
        return order

    def standing(self, order: Order) -> Standing:
        """A written order as matching takes it."""
        return Standing(
            order.pk,
            order.member_id,
            order.side,
            order.price,
            order.open_wh,
            self.zone[order.point_id],
            order.force,
            order.trigger,
            order.state,
            order.arrival,
            order.expires_at,
            is_new=True,
        )

    def _point(self, wish: Wish) -> object:
        point = wish.point.pk if wish.point else self.first_point.get(wish.member.pk)
        if point is None or (wish.point and wish.point.member_id != wish.member.pk):
            raise Refused("no_metering_point", "an order needs one of your own metering points: claim a device first")
        return point

    def _terms(self, wish: Wish) -> Terms:
        """The contract would refuse a trade without a mandate: say so before anything is held."""
        if terms := self.terms.get(wish.member.pk):
            return terms
        active = Mandate.objects.filter(member=wish.member, state=Mandate.State.ACTIVE).first()
        if active is None:
            raise Refused("no_mandate", "give a trading mandate first: it is what lets the contract trade for you")
        if active.valid_from > self.slot:
            raise Refused("mandate_not_yet", f"your mandate counts from {active.valid_from:%Y-%m-%d %H:%M} UTC on")
        raise Refused("mandate_expired", "your trading mandate does not cover this slot: give a new one")


def _check_terms(terms: Terms, wish: Wish, limit: int) -> None:
    if not within(terms, wish.side, limit):
        if wish.side == Side.SELL:
            raise Refused("outside_mandate", f"your mandate sells at {money(terms.sell_at_least)} WATT a kWh or more")
        raise Refused("outside_mandate", f"your mandate buys at {money(terms.buy_at_most)} WATT a kWh or less")
    most = min(terms.slot_wh, terms.day_wh)
    if wish.wh > most:
        raise Refused("outside_mandate", f"your mandate trades at most {kwh(most)} kWh at a time")


def _check_numbers(wish: Wish) -> None:
    """Raises Refused for what no order may look like."""
    numbers = [wish.wh, *(n for n in (wish.price, wish.trigger) if n is not None)]
    if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
        raise Refused("not_an_integer", "energy is in whole Wh and the price in whole stroops per kWh")
    if not 0 < wish.wh <= LARGEST_WH:
        raise Refused("energy_out_of_range", f"the energy must be above zero and at most {kwh(LARGEST_WH)} kWh")
    if not all(0 < price <= LARGEST_PRICE for price in numbers[1:]):
        raise Refused(
            "price_out_of_range", f"the price must be above zero and at most {money(LARGEST_PRICE)} WATT a kWh"
        )
    if (wish.kind == Kind.STOP) != (wish.trigger is not None):
        raise Refused("stop_needs_a_price", "a stop order, and no other, names the price that wakes it")
    if wish.kind == Kind.LIMIT and wish.price is None:
        raise Refused("limit_needs_a_price", "a limit order names its price: leave it out only at the market")
    if wish.kind == Kind.MARKET and wish.price is not None:
        raise Refused("market_has_no_price", "an order at the market names no price: your mandate's limit bounds it")
    if wish.expires_at is not None and (wish.kind == Kind.MARKET or wish.force != Force.GTC):
        raise Refused("no_date_at_once", "an order that trades at once has no date to end on")
