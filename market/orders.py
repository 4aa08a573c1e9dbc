"""Verbs of the spot book: placing, cancelling and expiring orders. Admin, API and portal all call these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from devices.models import MeteringPoint
from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.core.rows import copy_rows, copy_values
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH, kwh, money
from stelltron.ledger import holdings
from stelltron.ledger.models import Holding
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from .book_rows import next_arrivals, take_off
from .limits import mandates_in, within
from .live import announce_book
from .locks import lock_market
from .models import Mandate, Order
from .spot import match_new
from .telling import tell_order_ended

Side, Kind, Force = Order.Side, Order.Kind, Order.Force


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


def place_order(member: Member, **wish: Any) -> Order:
    """An order on the spot book, its money or energy set aside, matched at once. See ``Wish``.

    Raises Refused with what to change.
    """
    (placed,) = place_orders(member.community, [Wish(member, **{"price": None, **wish})])
    if isinstance(placed, Refused):
        raise placed
    placed.refresh_from_db()
    return placed


@transaction.atomic
def place_orders(community: Community, wishes: Sequence[Wish]) -> list[Order | Refused]:
    """Many orders in one stroke, in the order given: each is placed, or refused with what to change."""
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
    holdings.move({key: (-amount, amount) for key, amount in clerk.held.items()})
    copy_rows(Order, placed)
    _log(community, placed, [wish for wish, answer in zip(wishes, answers, strict=True) if isinstance(answer, Order)])
    match_new(community, placed)
    transaction.on_commit(lambda: announce_book(community))
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
        self.mandates = {mandate.member_id: mandate for mandate in mandates_in(community, self.slot, members)}
        self.points: dict[object, MeteringPoint] = {}
        for point in MeteringPoint.objects.filter(member__in=members).order_by("code"):
            self.points.setdefault(point.member_id, point)
        balances = Holding.objects.filter(member__in=members).values_list("member_id", "asset", "available")
        self.free = {(who, asset): free for who, asset, free in balances}
        self.held: dict[tuple[object, str], int] = defaultdict(int)

    def write(self, wish: Wish) -> Order:
        """The order, its backing taken from what is free. Raises Refused."""
        require_kyc(wish.member)
        _check_numbers(wish)
        mandate = self._mandate(wish)
        limit = wish.price
        if limit is None:
            limit = mandate.buy_at_most if wish.side == Side.BUY else mandate.sell_at_least
        self._check_mandate(mandate, wish, limit)
        if wish.expires_at is not None and wish.expires_at <= self.now:
            raise Refused("already_expired", "the order would expire before it is placed")
        at_once = wish.price is None and wish.force == Force.GTC
        order = Order(
            community_id=self.community.pk,
            member_id=wish.member.pk,
            point=self._point(wish),
            side=wish.side,
            kind=wish.kind,
            force=Force.IOC if at_once else wish.force,
            wh=wish.wh,
            open_wh=wish.wh,
            price=limit,
            trigger=wish.trigger,
            state=Order.State.WAITING if wish.kind == Kind.STOP else Order.State.OPEN,
            placed_at=self.now,
            expires_at=wish.expires_at,
        )
        asset, needed = order.backing
        free = self.free.get((wish.member.pk, asset), 0)
        if needed > free:
            raise holdings.too_little(asset, needed, free)
        self.free[wish.member.pk, asset] = free - needed
        self.held[wish.member.pk, asset] += needed
        return order

    def _point(self, wish: Wish) -> MeteringPoint:
        point = wish.point or self.points.get(wish.member.pk)
        if point is None or point.member_id != wish.member.pk:
            raise Refused("no_metering_point", "an order needs one of your own metering points: claim a device first")
        return point

    def _mandate(self, wish: Wish) -> Mandate:
        """The contract would refuse a trade without a mandate: say so before anything is held."""
        if mandate := self.mandates.get(wish.member.pk):
            return mandate
        active = Mandate.objects.filter(member=wish.member, state=Mandate.State.ACTIVE).first()
        if active is None:
            raise Refused("no_mandate", "give a trading mandate first: it is what lets the contract trade for you")
        if active.valid_from > self.slot:
            raise Refused("mandate_not_yet", f"your mandate counts from {active.valid_from:%Y-%m-%d %H:%M} UTC on")
        raise Refused("mandate_expired", "your trading mandate does not cover this slot: give a new one")

    def _check_mandate(self, mandate: Mandate, wish: Wish, limit: int) -> None:
        if wish.side == Side.SELL and not within(mandate, wish.side, limit):
            raise Refused("outside_mandate", f"your mandate sells at {money(mandate.sell_at_least)} WATT a kWh or more")
        if wish.side == Side.BUY and not within(mandate, wish.side, limit):
            raise Refused("outside_mandate", f"your mandate buys at {money(mandate.buy_at_most)} WATT a kWh or less")
        most = min(mandate.slot_wh, mandate.day_wh)
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


def _log(community: Community, placed: Sequence[Order], wishes: Sequence[Wish]) -> None:
    now = datetime.now(UTC)
    said = [
        (
            now, community.pk, wish.member.user_id, "order.place", str(order.pk), "",
            {"side": str(order.side), "wh": order.wh, "price": order.price},
        )
        for order, wish in zip(placed, wishes, strict=True)
    ]  # fmt: skip
    copy_values(ActionLog, ("at", "community_id", "actor_id", "action", "target", "reason", "details"), said)
