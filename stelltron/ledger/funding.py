"""Money in and out of the market: the bank's receipts become WATT, WATT becomes a deposit."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.db.models import Sum

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import Member, User, Wallet

from .clients import marketplace, watt_token
from .intents import queue_call
from .models import BankReceipt, ChainIntent
from .wallet_calls import WalletCall

ISSUER = ChainIntent.Signer.ISSUER


@transaction.atomic
def admit(member: Member) -> ChainIntent:
    """Put the member's wallet on the WATT allowlist."""
    return queue_call(
        member.community,
        f"allow:{member.wallet.address}",
        watt_token.set_allowed(member.wallet.address, True),
        signer=ISSUER,
    )


@transaction.atomic
def receive_payment(
    member: Member, stroops: int, reference: str, *, actor: User | None = None, into_market: bool = True
) -> ChainIntent:
    """A payment at the bank: attest the reserves, mint as much WATT, and deposit it from a managed wallet.

    Whoever does not trade, as a financier, keeps it in the wallet: ``into_market`` is False.
    Returns the last intent. Raises Refused for a reference used before.
    """
    if stroops <= 0:
        raise Refused("amount_not_positive", "a payment must be more than zero")
    if BankReceipt.objects.filter(reference=reference).exists():
        raise Refused("reference_used", f"the bank reference {reference} is already booked")
    BankReceipt.objects.select_for_update().order_by("id").last()
    BankReceipt.objects.create(member=member, stroops=stroops, reference=reference)
    reserves = BankReceipt.objects.aggregate(total=Sum("stroops"))["total"]
    digest = hashlib.sha256(reference.encode()).digest()
    admitted = admit(member)
    attested = queue_call(
        member.community,
        f"reserves:{reference}",
        watt_token.attest_reserves(reserves, digest),
        signer=ISSUER,
        after=admitted,
    )
    minted = queue_call(
        member.community,
        f"mint:{reference}",
        watt_token.mint(member.wallet.address, stroops, digest),
        signer=ISSUER,
        after=attested,
    )
    log_action(
        "money.received", actor=actor, target=member.code, reason=reference, community=member.community, stroops=stroops
    )
    if member.wallet.kind == Wallet.Kind.EXTERNAL or not into_market:
        return minted
    return deposit(member, stroops, f"deposit:{reference}", after=minted)


def deposit(member: Member, stroops: int, key: str, *, after: ChainIntent | None = None) -> ChainIntent:
    """Move WATT from a managed wallet into the marketplace contract."""
    return queue_call(
        member.community,
        key,
        marketplace.deposit(member.wallet.address, stroops),
        wallet=member.wallet,
        after=after,
    )


def deposit_energy(member: Member, wh: int, key: str) -> ChainIntent:
    """Move KWH from a managed wallet into the marketplace contract."""
    return queue_call(
        member.community, key, marketplace.deposit_energy(member.wallet.address, wh), wallet=member.wallet
    )


def deposit_call(member: Member, stroops: int) -> WalletCall:
    """The same from a wallet of the member's own. Raises Refused."""
    if stroops <= 0:
        raise Refused("amount_not_positive", "a deposit must be more than zero")
    return WalletCall(f"deposit:{member.pk}", marketplace.deposit(member.wallet.address, stroops))
