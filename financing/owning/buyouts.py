"""The community buys its generator out: one offer for all units, accepted by each owner for the own part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.core.units import LARGEST_PRICE, money
from stelltron.ledger.clients import generator
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from .. import parameters
from ..calls import call, managed, require_money
from ..models import UNITS, BuyOut, BuyOutPart, Generator
from ..telling import tell, tell_owners
from ..using.running import stake_of
from .owning import require_units

State = BuyOut.State


@transaction.atomic
def offer_buyout(
    made: Generator, bidder: Member, price: int, *, now: datetime | None = None, gateway: Gateway | None = None
) -> BuyOut:
    """One price for every unit that the community does not own; its wallet must hold all of it. Raises Refused."""
    now = now or datetime.now(UTC)
    require_kyc(bidder)
    managed(bidder)
    if bidder.kind != Member.Kind.COMMUNITY or bidder.community_id != made.community_id:
        raise Refused("community_only", "only the generator's community itself buys it out: others buy units for sale")
    if made.state not in Generator.OWNED:
        raise Refused("not_to_buy_out", f"a generator that is {made.get_state_display()} is not bought out")
    if not 0 < price <= LARGEST_PRICE:
        raise Refused("price_not_positive", f"the price of a unit lies above zero, up to {money(LARGEST_PRICE)}")
    require_money(bidder, cost(made, bidder, price), gateway)
    try:
        with transaction.atomic():
            buyout = BuyOut.objects.create(
                generator=made,
                bidder=bidder,
                price=price,
                offered_at=now,
                ends_at=now + timedelta(days=value_at(made.community, parameters.BUYOUT_DAYS, now)),
            )
    except IntegrityError:
        raise Refused(
            "buyout_open", "a buy-out of this generator is open: withdraw it to offer another price"
        ) from None
    said = f"{bidder.name} offers {money(price, 7)} a unit for all of {made}, until {buyout.ends_at:%Y-%m-%d}"
    tell_owners(made, f"buyout:{buyout.pk}", f"{said}: accept it for your part, or keep your units")
    log_action("buyout.offer", actor=bidder.user, target=buyout.pk, community=made.community, price=price)
    return buyout


def cost(made: Generator, bidder: Member, price: int) -> int:
    stake = stake_of(made, bidder)
    return (UNITS - (stake.units if stake else 0)) * price


@transaction.atomic
def withdraw_buyout(buyout: BuyOut, bidder: Member) -> None:
    """Parts that are on their way are still bought. Raises Refused."""
    if buyout.bidder_id != bidder.pk:
        raise Refused("not_your_buyout", "only who offers a buy-out withdraws it")
    _end(buyout)
    log_action("buyout.withdraw", actor=bidder.user, target=buyout.pk, community=buyout.generator.community)


@transaction.atomic
def accept_buyout(
    buyout: BuyOut, holder: Member, units: int, *, now: datetime | None = None, gateway: Gateway | None = None
) -> BuyOutPart:
    """Sell so many of the own units to the community, at its price. Raises Refused."""
    managed(holder)
    rows = BuyOut.objects.select_for_update(of=("self",))
    buyout = rows.select_related("generator__community", "bidder__wallet").get(pk=buyout.pk)
    made, bidder = buyout.generator, buyout.bidder
    if buyout.state != State.OPEN or (now or datetime.now(UTC)) >= buyout.ends_at:
        raise Refused("buyout_over", "this buy-out is over: your units stay yours")
    if holder.pk == bidder.pk:
        raise Refused("own_units", "these units are the community's already")
    stake = require_units(made, holder, units)
    if stake.listed:
        raise Refused("units_listed", "some of your units are for sale: take them off the market first")
    waiting = sum(buyout.parts.filter(holder=holder, state=BuyOutPart.State.SENT).values_list("units", flat=True))
    if waiting:
        raise Refused(
            "part_on_its_way", f"{waiting} of your units are on their way: accept for more once they are there"
        )
    if units > stake.free:
        raise Refused("units_locked", f"{stake.free} of your units are free: futures hold the others")
    require_money(bidder, units * buyout.price, gateway)
    key = f"buyout:{buyout.pk}:{holder.pk}:{buyout.parts.filter(holder=holder).count()}"
    listed = queue_call(
        made.community,
        f"{key}:list",
        call(made, generator.list(holder.wallet.address, units, buyout.price)),
        wallet=holder.wallet,
    )
    bought = queue_call(
        made.community,
        f"{key}:buy",
        call(made, generator.buy(bidder.wallet.address, holder.wallet.address, units, buyout.price)),
        wallet=bidder.wallet,
        after=listed,
        falls=True,
    )
    log_action("buyout.accept", actor=holder.user, target=buyout.pk, community=made.community, units=units)
    return BuyOutPart.objects.create(buyout=buyout, holder=holder, units=units, intent=bought)


def end_due(now: datetime) -> int:
    """Offers whose time is over, or whose generator came to its end."""
    rows = BuyOut.objects.filter(state=State.OPEN).select_related("bidder", "generator__community")
    return each(rows.filter(ends_at__lte=now) | rows.exclude(generator__state__in=Generator.OWNED), _end)


def _end(buyout: BuyOut) -> None:
    change_state(buyout, BuyOut.TRANSITIONS, State.ENDED)
    stake = stake_of(buyout.generator, buyout.bidder)
    has = stake.units if stake else 0
    tell(buyout.bidder, f"buyout:{buyout.pk}:ended", f"The {buyout} is over: {has} of 10,000 units are the community's")


def on_confirmed(calls: list[int]) -> None:
    for part in BuyOutPart.objects.filter(intent__in=calls).select_related(
        "buyout__generator", "buyout__bidder", "holder"
    ):
        change_state(part, BuyOutPart.TRANSITIONS, BuyOutPart.State.DONE)
        tell(part.holder, f"buyout-part:{part.pk}", f"{part.units} of your units were bought: {part.buyout}")


def note_units(made: Generator) -> None:
    """After units have changed hands: done once the community has all."""
    buyout = made.buyouts.filter(state=State.OPEN).select_related("bidder", "generator").first()
    stake = stake_of(made, buyout.bidder) if buyout else None
    if buyout and stake and stake.units == UNITS:
        change_state(buyout, BuyOut.TRANSITIONS, State.DONE)
        tell(buyout.bidder, f"buyout:{buyout.pk}:done", f"All units of {made} are the community's")


def on_failed(refused: dict[int, ChainIntent]) -> None:
    for part in BuyOutPart.objects.filter(intent__in=refused, state=BuyOutPart.State.SENT).select_related(
        "buyout__generator", "holder"
    ):
        change_state(part, BuyOutPart.TRANSITIONS, BuyOutPart.State.FAILED)
        why = refused[part.intent_id].problem
        said = f"The community could not buy your units, they stay yours. If they are listed, take them off: {why}"
        tell(part.holder, f"buyout-part:{part.pk}:failed", said)
