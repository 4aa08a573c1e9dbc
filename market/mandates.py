"""Verbs of the members' trading mandates. Admin, API and portal all call these."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import LARGEST_PRICE, money
from stelltron.ledger.clients import marketplace
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.wallet_calls import WalletCall, take
from stelltron.members.models import Member, User, Wallet
from stelltron.members.services import require_kyc

from .models import Mandate, Order
from .spot.orders import cancel_order

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
    # From the start of its slot. Where it replaces another, the contract begins it with the next slot at the earliest
    # and says so in its event.
    valid_from = slots.slot_of(valid_from, member.community.slot_minutes)
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
    """Withdraw the approval: no slot from the running one on is traded under it."""
    member = mandate.member
    running = slots.slot_of(member.community.now(), member.community.slot_minutes)
    until = min(mandate.valid_until, max(running, mandate.valid_from))
    change_state(mandate, Mandate.TRANSITIONS, Mandate.State.ENDED, valid_until=until)
    for order in Order.objects.filter(member=member, state__in=Order.STANDING):
        cancel_order(order, member)
    if member.wallet.kind == Wallet.Kind.MANAGED:
        queue_call(
            member.community,
            f"end-mandate:{mandate.pk}",
            marketplace.cancel_mandate(member.wallet.address),
            wallet=member.wallet,
        )
    log_action("mandate.end", actor=actor, target=member.code, community=member.community)
