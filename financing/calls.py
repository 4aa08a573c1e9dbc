"""Calls of a generator's contract, and who may have them signed here."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings

from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger import contracts, intents
from stelltron.ledger.clients import watt_token
from stelltron.ledger.errors import explain
from stelltron.ledger.gateway import ChainRefused, Gateway
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, User, Wallet

from .models import Generator

T = TypeVar("T")


def call(made: Generator, invocation: Invocation[T]) -> Invocation[T]:
    """The call of this very generator."""
    return invocation.at(made.contract_name)


def ask(made: Generator, invocation: Invocation[T], gateway: Gateway | None = None) -> T:
    """What the generator's contract answers. Raises Refused."""
    try:
        return contracts.ask(gateway or Gateway(settings.STELLAR), call(made, invocation))
    except ChainRefused as problem:
        raise Refused("chain_refused", explain(problem)) from None


def asked_again(intent: ChainIntent) -> ChainIntent:
    """Sends a call that was refused before once more: the member has asked again."""
    if intent.state == ChainIntent.State.FAILED:
        intents.retry(intent)
    return intent


def managed(member: Member) -> None:
    """Raises Refused unless the co-op may sign for the member."""
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused(
            "managed_wallets_only",
            f"{member.name} signs in a wallet of their own: financing needs one the co-op manages",
        )


def wallet_balance(member: Member, gateway: Gateway | None = None) -> int:
    """WATT in the member's own wallet, in stroops: what pays for stakes, units and energy."""
    return contracts.ask(gateway or Gateway(settings.STELLAR), watt_token.balance(member.wallet.address))


def require_money(member: Member, stroops: int, gateway: Gateway | None = None) -> None:
    """Raises Refused when the wallet does not cover it."""
    has = wallet_balance(member, gateway)
    if has < stroops:
        raise Refused("not_enough_watt", f"this needs {money(stroops)} WATT in your wallet, {money(has)} are there")


def require_treasury(user: User, *parties: Member) -> None:
    """Raises Refused unless the user may move the money of generators, and is none of those who get or pay it."""
    if any(party.user_id == user.pk for party in parties):
        raise Refused("own_matter", "this pays or charges yourself: two others have to decide it")
    if not (user.is_active and user.is_staff and user.has_perm("financing.change_milestone")):
        raise Refused("treasury_only", "this is for the Treasury role")
