"""The exit auction: sellers and buyers of units give their limits, one price clears, the contract carries it out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from market.engine.auction import Quote, clear, pair
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
from ..models import ExitAuction, ExitFill, ExitOrder, Generator
from ..telling import tell, tell_all, tell_owners
from ..using.running import stake_of

Side = ExitOrder.Side


@transaction.atomic
def open_exit(made: Generator, owner: Member, *, now: datetime | None = None) -> ExitAuction:
    """Any owner may call one; it takes orders for a week. Raises Refused."""
    now = now or datetime.now(UTC)
    stake = stake_of(made, owner)
    if made.state not in Generator.OWNED or stake is None or not stake.units:
        raise Refused("not_an_owner", "an exit auction is called by an owner of a funded generator")
    closes_at = now + timedelta(days=value_at(made.community, parameters.EXIT_DAYS, now))
    try:
        with transaction.atomic():
            auction = ExitAuction.objects.create(generator=made, opened_at=now, closes_at=closes_at)
    except IntegrityError:
        raise Refused("exit_open", "an exit auction of this generator is open: put your order there") from None
    tell_owners(made, f"exit:{auction.pk}", f"An exit auction for {made} is open until {closes_at:%Y-%m-%d %H:%M} UTC")
    log_action("exit.open", actor=owner.user, target=auction.pk, community=made.community)
    return auction


@transaction.atomic
def place_exit_order(
    auction: ExitAuction,
    member: Member,
    *,
    side: str,
    units: int,
    limit: int,
    now: datetime | None = None,
    gateway: Gateway | None = None,
) -> ExitOrder:
    """Sell for at least, or buy for at most, ``limit`` stroops a unit; replaces an earlier order. Raises Refused."""
    now = now or datetime.now(UTC)
    require_kyc(member)
    managed(member)
    auction = ExitAuction.objects.select_for_update().select_related("generator").get(pk=auction.pk)
    if auction.state != ExitAuction.State.OPEN or now >= auction.closes_at:
        raise Refused("exit_closed", "this exit auction takes no more orders")
    if units <= 0 or not 0 < limit <= LARGEST_PRICE:
        raise Refused("bad_exit_order", f"name at least one unit, and a limit above zero up to {money(LARGEST_PRICE)}")
    if side == Side.SELL:
        stake = stake_of(auction.generator, member)
        if stake is None or units > stake.units - stake.pledged:
            has = stake.units - stake.pledged if stake else 0
            raise Refused("not_enough_units", f"you own {has} units that no future holds")
        if stake.listed:
            raise Refused("units_listed", "some of your units are for sale: take them off the market first")
    else:
        require_money(member, units * limit, gateway)
    order, _ = ExitOrder.objects.update_or_create(
        auction=auction, member=member, defaults={"side": side, "units": units, "limit": limit}
    )
    log_action("exit.order", actor=member.user, target=auction.pk, side=side, units=units, limit=limit)
    return order


def clear_due(now: datetime) -> int:
    """Clear every exit auction that is over."""
    return each(ExitAuction.objects.filter(state=ExitAuction.State.OPEN, closes_at__lte=now), clear_exit)


@transaction.atomic
def clear_exit(auction: ExitAuction) -> None:
    """One price for all: the midpoint of the marginal orders, rationed pro rata at the margin."""
    auction = ExitAuction.objects.select_for_update().select_related("generator__community").get(pk=auction.pk)
    orders = list(auction.orders.select_related("member__wallet").order_by("pk"))
    made = auction.generator
    quotes = {side: [Quote(o.pk, _deliverable(o, made), o.limit) for o in orders if o.side == side] for side in Side}
    result = clear(quotes[Side.SELL], quotes[Side.BUY])
    if not result.traded_wh or result.price is None or made.state not in Generator.OWNED:
        change_state(auction, ExitAuction.TRANSITIONS, ExitAuction.State.EMPTY)
        return
    change_state(
        auction, ExitAuction.TRANSITIONS, ExitAuction.State.CLEARED, price=result.price, units=result.traded_wh
    )
    by_pk = {order.pk: order for order in orders}
    listed = {pk: _list(auction, by_pk[pk].member, units) for pk, units in result.sold.items()}
    for buy, sell, units in pair(result.sold.items(), result.bought.items()):
        _buy(auction, by_pk[buy].member, by_pk[sell].member, units, listed[sell])
    for pk, units in {**result.sold, **result.bought}.items():
        ExitOrder.objects.filter(pk=pk).update(filled=units)
    for order in orders:
        got = result.sold.get(order.pk) or result.bought.get(order.pk) or 0
        did = "sell" if order.side == Side.SELL else "buy"
        tell(
            order.member,
            f"exit:{auction.pk}:cleared",
            f"Exit auction of {made}: you are to {did} {got} of {order.units} units at {money(result.price, 7)}",
        )
    log_action("exit.clear", target=auction.pk, community=made.community, price=result.price, units=result.traded_wh)


def _deliverable(order: ExitOrder, made: Generator) -> int:
    """What a seller still has; a unit sold since cannot be sold here again."""
    if order.side == Side.BUY:
        return order.units
    stake = stake_of(made, order.member)
    return min(order.units, stake.free) if stake else 0


def _list(auction: ExitAuction, seller: Member, units: int) -> ChainIntent:
    made = auction.generator
    return queue_call(
        made.community,
        f"exit:{auction.pk}:list:{seller.pk}",
        call(made, generator.list(seller.wallet.address, units, auction.price)),
        wallet=seller.wallet,
    )


def _buy(auction: ExitAuction, buyer: Member, seller: Member, units: int, after: ChainIntent) -> None:
    made = auction.generator
    intent = queue_call(
        made.community,
        f"exit:{auction.pk}:buy:{buyer.pk}:{seller.pk}",
        call(made, generator.buy(buyer.wallet.address, seller.wallet.address, units, auction.price)),
        wallet=buyer.wallet,
        after=after,
        falls=True,
    )
    ExitFill.objects.create(auction=auction, seller=seller, buyer=buyer, units=units, intent=intent)


def on_failed(refused: dict[int, ChainIntent]) -> None:
    """A purchase that the contract refused fails alone: both sides hear that these units stay."""
    for fill in ExitFill.objects.filter(intent__in=refused, state=ExitFill.State.SENT).select_related(
        "auction__generator", "buyer", "seller"
    ):
        change_state(fill, ExitFill.TRANSITIONS, ExitFill.State.FAILED)
        order = ExitOrder.objects.filter(auction=fill.auction, member__in=(fill.buyer, fill.seller))
        order.update(filled=F("filled") - fill.units)
        said = f"{fill.units} units of {fill.auction.generator} did not change hands: {refused[fill.intent_id].problem}"
        tell_all((fill.buyer, fill.seller), f"exit-fill:{fill.pk}:failed", said[:300])
