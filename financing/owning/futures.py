"""Futures: an owner sells the income of units in a coming period; the units themselves are the margin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import intents
from stelltron.ledger.clients import generator
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, Wallet
from stelltron.members.services import require_kyc

from ..calls import call, managed, require_money
from ..models import Future, Generator, Stake
from ..offering.requests import MOST_STROOPS
from ..telling import tell
from .owning import require_units

LONGEST = timedelta(days=366)
OPEN = (ChainIntent.State.PENDING, ChainIntent.State.SENT)


@transaction.atomic
def offer_future(
    made: Generator,
    owner: Member,
    units: int,
    *,
    begins: datetime,
    ends: datetime,
    price: int,
    now: datetime | None = None,
) -> Future:
    """Offer the income of ``units`` in a period, widened to whole price slots, for ``price`` together. Raises Refused."""
    managed(owner)
    stake = require_units(made, owner, units)
    if units > stake.free:
        raise Refused("units_locked", f"{stake.free} of your units are free: the others are for sale or pledged")
    if not 0 < price <= MOST_STROOPS:
        raise Refused("price_not_positive", "the price of the whole period must be above zero")
    begins, ends = _boundary(made, begins), _boundary(made, ends)
    if begins <= (now or datetime.now(UTC)) or ends <= begins or ends - begins > LONGEST:
        raise Refused("bad_period", f"name a period of one day to {LONGEST.days} days that has not begun yet")
    future = Future(generator=made, seller=stake, units=units, begins=begins, ends=ends, price=price)
    first, last = int(begins.timestamp()), int(ends.timestamp())
    future.intent = queue_call(
        made.community,
        f"{made.contract_name}:future:{future.pk}:offer",
        call(made, generator.sell_future(owner.wallet.address, units, first, last, price)),
        wallet=owner.wallet,
    )
    future.save(force_insert=True)
    log_action("future.offer", actor=owner.user, target=future.pk, community=made.community, units=units, price=price)
    return future


@transaction.atomic
def withdraw_future(future: Future, owner: Member) -> ChainIntent:
    """Take an offer back that nobody has bought. Raises Refused."""
    managed(owner)
    if future.seller.address != owner.wallet.address:
        raise Refused("not_your_future", "only who offers a future takes it back")
    if future.state != Future.State.OFFERED or future.purchase_id:
        raise Refused(
            "future_not_open", f"this future is {future.get_state_display()}: only an open offer is withdrawn"
        )
    log_action("future.withdraw", actor=owner.user, target=future.pk, community=future.generator.community)
    return _withdraw(future)


@transaction.atomic
def buy_future(
    future: Future, buyer: Member, *, max_price: int, now: datetime | None = None, gateway: Gateway | None = None
) -> ChainIntent:
    """Pay the seller for the income of the period, for at most ``max_price``. Raises Refused."""
    require_kyc(buyer)
    managed(buyer)
    future = Future.objects.select_for_update(of=("self",)).select_related("generator", "seller").get(pk=future.pk)
    made = future.generator
    if future.state != Future.State.OFFERED or future.purchase_id or made.state not in Generator.OWNED:
        raise Refused("future_gone", "this future is not for sale any more: look at the others")
    if future.seller.address == buyer.wallet.address:
        raise Refused("own_future", "this is your own offer: withdraw it to keep the income")
    if future.begins <= (now or datetime.now(UTC)):
        raise Refused("period_begun", "its period has begun: a future is bought before")
    if future.price > max_price:
        raise Refused("price_above_limit", f"it costs {money(future.price, 7)}, above your limit")
    require_money(buyer, future.price, gateway)
    future.purchase = queue_call(
        made.community,
        f"{_key(future, 'buy')}:{_attempts(future, 'buy').count()}",
        call(made, generator.buy_future(buyer.wallet.address, future.number, max_price)),
        wallet=buyer.wallet,
    )
    future.save(update_fields=["purchase"])
    log_action("future.buy", actor=buyer.user, target=future.pk, community=made.community, price=future.price)
    return future.purchase


@transaction.atomic
def settle_future(future: Future, party: Member) -> ChainIntent | None:
    """Buyer or seller takes what is due so far; None where that is on its way already. Raises Refused."""
    if future.state != Future.State.SOLD or party.pk not in (future.buyer.member_id, future.seller.member_id):
        raise Refused("nothing_to_settle", "only the buyer and the seller settle a future, once it is sold")
    return _settle(future)


def settle_due(now: datetime) -> int:
    """Settle sold futures whose period is over or whose generator is retired; take back offers nobody bought in time."""
    rows = Future.objects.select_related("generator__community", "seller__member__wallet")
    ended = Generator.State.RETIRED
    sold = rows.filter(state=Future.State.SOLD)
    over = sold.filter(ends__lte=now) | sold.filter(generator__state=ended)
    open_offers = rows.filter(state=Future.State.OFFERED, purchase=None)
    stale = open_offers.filter(begins__lte=now) | open_offers.filter(generator__state=ended)
    return each([*over, *stale], _end_future)


def _end_future(future: Future) -> None:
    if future.state == Future.State.SOLD:
        _settle(future)
        return
    member = future.seller.member
    # An offer made past us stays until its seller withdraws it.
    if member and member.wallet.kind == Wallet.Kind.MANAGED:
        _withdraw(future)


def _settle(future: Future) -> ChainIntent | None:
    """Settling too early is no failure, only not the last time: each time is a call of its own."""
    made, before = future.generator, _attempts(future, "settle").order_by("-id").first()
    if before and before.state in OPEN:
        return None
    if before and before.state == ChainIntent.State.FAILED:
        intents.retry(before)
        return before
    key = f"{_key(future, 'settle')}:{_attempts(future, 'settle').count()}"
    return queue_call(made.community, key, call(made, generator.settle_future(future.number)))


def _withdraw(future: Future) -> ChainIntent:
    made, seller = future.generator, future.seller
    intent = queue_call(
        made.community,
        _key(future, "withdraw"),
        call(made, generator.withdraw_future(seller.address, future.number)),
        wallet=seller.member.wallet,
    )
    if intent.state == ChainIntent.State.FAILED:
        intents.retry(intent)
    return intent


def on_failed(refused: dict[int, ChainIntent]) -> None:
    """An offer that the contract refused is none; one whose purchase it refused stands for others."""
    rows = Future.objects.select_related("generator", "seller__member")
    for future in rows.filter(intent__in=refused, state=Future.State.SENT):
        change_state(future, Future.TRANSITIONS, Future.State.FAILED)
        why = refused[future.intent_id].problem
        tell(future.seller.member, f"future:{future.pk}:failed", f"Your future was refused: {why}")
    for future in rows.filter(purchase__in=refused):
        intent = refused[future.purchase_id]
        Future.objects.filter(pk=future.pk).update(purchase=None)
        tell(
            intent.wallet.member, f"future:{future.pk}:{intent.pk}", f"You could not buy the {future}: {intent.problem}"
        )


def involved(made: Generator, member: Member) -> list[Future]:
    """The offers anybody may buy, and the member's own futures."""
    own: list[Stake] = list(made.stakes.filter(address=member.wallet.address))
    rows = made.futures.select_related("generator", "seller__member", "buyer__member")
    shown = rows.filter(state=Future.State.OFFERED) | rows.filter(seller__in=own) | rows.filter(buyer__in=own)
    return list(shown.order_by("begins")[:50])


def _boundary(made: Generator, moment: datetime) -> datetime:
    """The price slot that begins then or next: the contract delivers in whole ones."""
    slot = made.offering.slot_seconds
    return datetime.fromtimestamp(-(-int(moment.timestamp()) // slot) * slot, UTC)


def _key(future: Future, verb: str) -> str:
    return f"{future.generator.contract_name}:future:{future.pk}:{verb}"


def _attempts(future: Future, verb: str):
    return ChainIntent.objects.filter(key__startswith=f"{_key(future, verb)}:")
