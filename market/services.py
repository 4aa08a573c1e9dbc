"""Verbs of the market: mandates and spot orders. Admin, API and portal all call these."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from devices.models import MeteringPoint
from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import amount, kwh, money
from stelltron.ledger import holdings
from stelltron.ledger.clients import marketplace
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import Asset
from stelltron.ledger.wallet_calls import WalletCall, take
from stelltron.members.models import Member, User, Wallet
from stelltron.members.services import require_kyc

from .limits import within
from .live import announce_book
from .locks import lock_market
from .models import Mandate, Order
from .spot import match_community

LARGEST_WH = 1_000_000_000
LARGEST_PRICE = 2**32 - 1
SELL, BUY = 1, 2


@transaction.atomic
def give_mandate(
    member: Member,
    *,
    sell_at_least: int,
    buy_at_most: int,
    slot_wh: int,
    day_wh: int,
    valid_from: datetime,
    valid_until: datetime,
    sells: bool = True,
    buys: bool = True,
    actor: User | None = None,
) -> Mandate:
    """The member's standing approval, signed by their wallet and kept by the contract.

    It is ACTIVE once the chain confirms it. Raises Refused.
    """
    require_kyc(member)
    if not (sells or buys):
        raise Refused("mandate_without_side", "a mandate must allow selling, buying or both")
    for name, value in (("the selling price", sell_at_least), ("the buying price", buy_at_most)):
        if not 0 <= value <= LARGEST_PRICE:
            raise Refused("price_out_of_range", f"{name} must lie between 0 and {money(LARGEST_PRICE)} WATT a kWh")
    if (sells and sell_at_least == 0) or (buys and buy_at_most == 0):
        raise Refused("price_out_of_range", "a price limit of zero is no limit: name at least 0.0000001 WATT a kWh")
    for name, value in (("a slot", slot_wh), ("a day", day_wh)):
        if not 0 < value <= LARGEST_PRICE:
            raise Refused("limit_out_of_range", f"the energy limit of {name} must be above zero")
    # From the start of its slot, and over the slots that an earlier mandate covered and that are not cleared yet:
    # the contract only settles slots that lie wholly inside the mandate it holds by then.
    valid_from = slots.slot_of(valid_from, member.community.slot_minutes)
    earlier = Mandate.objects.filter(member=member, state=Mandate.State.ACTIVE).first()
    if earlier:
        valid_from = min(valid_from, earlier.valid_from)
    if valid_until <= valid_from:
        raise Refused("mandate_ends_before_it_starts", "a mandate must end after it starts")
    if not 0 <= slots.to_chain(valid_from) < slots.to_chain(valid_until) <= LARGEST_PRICE:
        raise Refused("mandate_dates_out_of_range", "a mandate's dates must lie after 1970 and a minute or more apart")
    mandate = Mandate.objects.create(
        member=member,
        sells=sells,
        buys=buys,
        sell_at_least=sell_at_least,
        buy_at_most=buy_at_most,
        slot_wh=slot_wh,
        day_wh=day_wh,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    if member.wallet.kind == Wallet.Kind.MANAGED:
        mandate.intent = queue_call(
            member.community,
            f"mandate:{mandate.pk}",
            contract_mandate(mandate),
            wallet=member.wallet,
        )
        mandate.save(update_fields=["intent"])
    log_action("mandate.give", actor=actor, target=member.code, community=member.community)
    return mandate


def contract_mandate(mandate: Mandate) -> Invocation[None]:
    """What the member signs: the contract's set_mandate."""
    return marketplace.set_mandate(
        mandate.member.wallet.address,
        marketplace.Mandate(
            sell_min=mandate.sell_at_least,
            buy_max=mandate.buy_at_most,
            slot_wh=mandate.slot_wh,
            day_wh=mandate.day_wh,
            valid_from=slots.to_chain(mandate.valid_from),
            valid_until=slots.to_chain(mandate.valid_until),
            zone=0,
            sides=SELL * mandate.sells + BUY * mandate.buys,
        ),
    )


def mandate_call(mandate: Mandate) -> WalletCall:
    """What the member signs where the wallet is their own."""
    return WalletCall(f"mandate:{mandate.pk}", contract_mandate(mandate))


@transaction.atomic
def take_mandate(mandate: Mandate, signed: str) -> None:
    """The member's own signature for ``mandate``: ACTIVE once the chain confirms it. Raises Refused."""
    if mandate.state != Mandate.State.REQUESTED or mandate.intent_id:
        raise Refused("mandate_signed", "this mandate is signed already")
    member = mandate.member
    mandate.intent = take(member.community, member.wallet, mandate_call(mandate), signed)
    mandate.save(update_fields=["intent"])


def end_call(mandate: Mandate) -> WalletCall:
    return WalletCall(f"end-mandate:{mandate.pk}", marketplace.cancel_mandate(mandate.member.wallet.address))


@transaction.atomic
def take_end(mandate: Mandate, signed: str, *, actor: User | None = None) -> None:
    """End ``mandate`` with the member's own signature. Raises Refused."""
    take(mandate.member.community, mandate.member.wallet, end_call(mandate), signed)
    end_mandate(mandate, actor=actor)


@transaction.atomic
def end_mandate(mandate: Mandate, *, actor: User | None = None) -> None:
    """Withdraw the approval: no slot from now on is traded under it."""
    change_state(mandate, Mandate.TRANSITIONS, Mandate.State.ENDED)
    member = mandate.member
    for order in Order.objects.filter(member=member, state__in=Order.LIVE):
        cancel_order(order, member)
    if member.wallet.kind == Wallet.Kind.MANAGED:
        queue_call(
            member.community,
            f"end-mandate:{mandate.pk}",
            marketplace.cancel_mandate(member.wallet.address),
            wallet=member.wallet,
        )
    log_action("mandate.end", actor=actor, target=member.code, community=member.community)


@transaction.atomic
def place_order(
    member: Member,
    *,
    side: str,
    wh: int,
    price: int,
    point: MeteringPoint | None = None,
    expires_at: datetime | None = None,
) -> Order:
    """A limit order on the spot book, its money or energy set aside, matched at once.

    Raises Refused with what to change.
    """
    require_kyc(member)
    if isinstance(wh, bool) or isinstance(price, bool) or not isinstance(wh, int) or not isinstance(price, int):
        raise Refused("not_an_integer", "energy is in whole Wh and the price in whole stroops per kWh")
    if not 0 < wh <= LARGEST_WH:
        raise Refused("energy_out_of_range", f"the energy must be above zero and at most {kwh(LARGEST_WH)} kWh")
    if not 0 < price <= LARGEST_PRICE:
        raise Refused(
            "price_out_of_range", f"the price must be above zero and at most {money(LARGEST_PRICE)} WATT a kWh"
        )
    point = point or member.metering_points.order_by("code").first()
    if point is None or point.member_id != member.pk:
        raise Refused("no_metering_point", "an order needs one of your own metering points: claim a device first")
    community = member.community
    lock_market(community.pk)
    now = community.now()
    if expires_at is not None and expires_at <= now:
        raise Refused("already_expired", "the order would expire before it is placed")
    _require_mandate(member, side, wh, price, now)
    asset, needed = (Asset.WATT, amount(wh, price)) if side == Order.Side.BUY else (Asset.KWH, wh)
    holdings.hold(member.pk, asset, needed)
    order = Order.objects.create(
        community=community,
        member=member,
        point=point,
        side=side,
        wh=wh,
        open_wh=wh,
        price=price,
        arrival=_next_arrival(),
        placed_at=now,
        expires_at=expires_at,
    )
    log_action("order.place", actor=member.user, target=order.pk, community=community, side=side, wh=wh, price=price)
    match_community(community)
    order.refresh_from_db()
    transaction.on_commit(lambda: announce_book(community))
    return order


@transaction.atomic
def cancel_order(order: Order, by: Member, state: str = Order.State.CANCELLED) -> Order:
    """Take a live order off the book and release what it held. Only its owner can."""
    if order.member_id != by.pk:
        raise Refused("not_your_order", "only the member who placed an order can cancel it")
    lock_market(order.community_id)
    order.refresh_from_db()
    if order.state not in Order.LIVE:
        raise Refused("order_not_open", f"this order is {order.get_state_display()} already")
    change_state(order, Order.TRANSITIONS, state)
    if order.side == Order.Side.BUY:
        holdings.release(order.member_id, Asset.WATT, amount(order.open_wh, order.price))
    else:
        holdings.release(order.member_id, Asset.KWH, order.open_wh)
    log_action(f"order.{state.lower()}", actor=by.user, target=order.pk, community=order.community)
    transaction.on_commit(lambda: announce_book(order.community))
    return order


def expire_orders() -> int:
    """Take orders past their date off the book. Returns how many."""
    expired = 0
    dated = Order.objects.filter(state__in=Order.LIVE, expires_at__isnull=False).select_related("member", "community")
    for order in dated:
        if order.expires_at <= order.community.now():
            try:
                cancel_order(order, order.member, Order.State.EXPIRED)
                expired += 1
            except Refused:
                continue
    return expired


def _require_mandate(member: Member, side: str, wh: int, price: int, now: datetime) -> None:
    """The contract would refuse a trade outside the mandate: say so before anything is held."""
    mandate = Mandate.objects.filter(member=member, state=Mandate.State.ACTIVE).first()
    if mandate is None:
        raise Refused("no_mandate", "give a trading mandate first: it is what lets the contract trade for you")
    slot = slots.slot_of(now, member.community.slot_minutes)
    if not mandate.valid_from <= slot < slots.next_slot(slot, member.community.slot_minutes) <= mandate.valid_until:
        raise Refused("mandate_expired", "your trading mandate does not cover this slot: give a new one")
    if side == Order.Side.SELL and not within(mandate, side, price):
        raise Refused("outside_mandate", f"your mandate sells at {money(mandate.sell_at_least)} WATT a kWh or more")
    if side == Order.Side.BUY and not within(mandate, side, price):
        raise Refused("outside_mandate", f"your mandate buys at {money(mandate.buy_at_most)} WATT a kWh or less")
    if wh > min(mandate.slot_wh, mandate.day_wh):
        most = min(mandate.slot_wh, mandate.day_wh)
        raise Refused("outside_mandate", f"your mandate trades at most {kwh(most)} kWh at a time")


def _next_arrival() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('market_order_arrival')")
        return cursor.fetchone()[0]
