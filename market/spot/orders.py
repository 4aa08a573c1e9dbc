"""Verbs of the spot book: placing, cancelling and expiring orders. Admin, API and portal all call these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from devices.models import MeteringPoint
from stelltron.core import prepared, slots
from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_market
from stelltron.core.errors import Refused
from stelltron.core.ids import uuid7s
from stelltron.core.models import Community
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH, kwh, money
from stelltron.ledger.holdings import too_little
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from ..clearing.limits import Terms, within
from ..live import announce_book
from ..models import Mandate, Order, backing_of
from ..telling import tell_order_ended
from .book_rows import Newcomer, next_arrivals, no_moves, take_off
from .matching import match_new

Side, Kind, Force, State = Order.Side, Order.Kind, Order.Force, Order.State


# A stroke of so many reads and writes few rows with each statement.
FEW = 50


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
def place_orders(community: Community, wishes: Sequence[Wish]) -> list[Newcomer | Refused]:
    """Many orders in one stroke, in the order given: each is placed, or refused with what to change.

    Their money or energy is set aside and they are matched at once.
    """
    if len(wishes) <= FEW:
        prepared.plan_once()
    lock_market(community.pk)
    clerk = _Clerk(community, wishes)
    answers: list[Newcomer | Refused] = []
    for wish in wishes:
        try:
            answers.append(clerk.write(wish))
        except Refused as refused:
            answers.append(refused)
    placed = [answer for answer in answers if isinstance(answer, Newcomer)]
    if not placed:
        return answers
    for order, arrival in zip(placed, next_arrivals(len(placed)), strict=True):
        order.arrival = arrival
    match_new(community, placed, clerk.moves)
    transaction.on_commit(lambda: announce_book(community), robust=True)
    return answers


@transaction.atomic
def cancel_order(order: Order, by: Member, state: str = Order.State.CANCELLED, *, because: str = "") -> Order:
    """Take a standing order off the book and release what it held. Only its owner can.

    ``because``: why it ends without them, which they are told.
    """
    if order.member_id != by.pk:
        raise Refused("not_your_order", "only the member who placed an order can cancel it")
    lock_market(order.community_id)
    order.refresh_from_db()
    if order.state not in Order.STANDING:
        raise Refused("order_not_open", f"this order is {order.get_state_display()} already")
    take_off(order, state, because)
    if because:
        tell_order_ended(order, because)
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
                cancel_order(order, order.member, Order.State.EXPIRED, because="its date came")
                expired += 1
            except Refused:
                continue
    return expired


# Per member: the mandate as in ``limits.ROOMS``, the points by code, and what is free.
ASKED = """
SELECT who.id, m.sells, m.buys, m.sell_at_least, m.buy_at_most, m.slot_wh, m.day_wh,
       ARRAY(SELECT p.id FROM devices_meteringpoint p WHERE p.member_id = who.id ORDER BY p.code, p.id),
       ARRAY(SELECT p.zone FROM devices_meteringpoint p WHERE p.member_id = who.id ORDER BY p.code, p.id),
       (SELECT h.available FROM ledger_holding h WHERE h.member_id = who.id AND h.asset = 'WATT'),
       (SELECT h.available FROM ledger_holding h WHERE h.member_id = who.id AND h.asset = 'KWH')
FROM unnest(%(members)s::uuid[]) AS who(id) LEFT JOIN LATERAL (
  SELECT * FROM market_mandate m
  WHERE m.member_id = who.id AND m.state IN ('ACTIVE', 'ENDED') AND m.valid_from <= %(start)s AND m.valid_until >= %(end)s
  ORDER BY m.id DESC LIMIT 1
) m ON true
"""


class _Clerk:
    """Checks wishes against mandates, points and balances read once, and writes them as orders."""

    def __init__(self, community: Community, wishes: Sequence[Wish]) -> None:
        self.community, self.now = community, community.now()
        self.slot = slots.slot_of(self.now, community.slot_minutes)
        self.ids = iter(uuid7s(len(wishes)))
        self.terms: dict[object, Terms] = {}
        self.zones: dict[object, dict[object, int]] = {}
        self.free: dict[tuple[object, str], int] = {}
        self.moves = no_moves()
        asked = {
            "members": prepared.array({wish.member.pk for wish in wishes}),
            "start": self.slot,
            "end": slots.next_slot(self.slot, community.slot_minutes),
        }
        for who, *terms, points, zones, watt, energy in prepared.run(ASKED, asked):
            if terms[0] is not None:
                self.terms[who] = Terms(*terms)
            self.zones[who] = dict(zip(points, zones, strict=True))
            self.free[who, Asset.WATT.value], self.free[who, Asset.KWH.value] = watt or 0, energy or 0

    def write(self, wish: Wish) -> Newcomer:
        """The order, its backing taken from what is free. Raises Refused."""
        require_kyc(wish.member)
        _check_numbers(wish)
        who = wish.member.pk
        terms = self._terms(wish)
        limit = wish.price
        if limit is None:
            limit = terms.buy_at_most if wish.side == Side.BUY else terms.sell_at_least
        _check_terms(terms, wish, limit)
        if wish.expires_at is not None and wish.expires_at <= self.now:
            raise Refused("already_expired", "the order would expire before it is placed")
        point, zone = self._point(wish)
        asset, needed = backing_of(wish.side, wish.wh, limit)
        free = self.free[who, asset]
        if needed > free:
            raise too_little(asset, needed, free)
        self.free[who, asset] = free - needed
        move = self.moves[who, asset]
        move[0] -= needed
        move[1] += needed
        at_once = wish.price is None and wish.force == Force.GTC
        return Newcomer(
            next(self.ids),
            who,
            str(wish.side),
            limit,
            wish.wh,
            zone,
            Force.IOC.value if at_once else str(wish.force),
            wish.trigger,
            (State.WAITING if wish.kind == Kind.STOP else State.OPEN).value,
            0,
            self.community.pk,
            point,
            str(wish.kind),
            wish.wh,
            self.now,
            wish.expires_at,
        )

    def _point(self, wish: Wish) -> tuple[object, int]:
        """The metering point and its zone."""
        own = self.zones[wish.member.pk]
        point = wish.point.pk if wish.point else next(iter(own), None)
        if point is None or point not in own:
            raise Refused("no_metering_point", "an order needs one of your own metering points: claim a device first")
        return point, own[point]

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
