"""Money in and out of the market: the bank's receipts become WATT, WATT becomes a deposit."""

from __future__ import annotations

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import Member, User, Wallet

from . import reserves
from .clients import marketplace, watt_token
from .intents import queue_call
from .models import Attestation, BankReceipt, ChainIntent
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
    """A payment at the bank: mint as much WATT, and deposit it from a managed wallet.

    It rests on the statement that showed it. A community that imports no statements states the sum of what it booked.
    Whoever does not trade, as a financier, keeps it in the wallet: ``into_market`` is False.
    Returns the last intent. Raises Refused for a reference used before, and for what no reserves cover.
    """
    if stroops <= 0:
        raise Refused("amount_not_positive", "a payment must be more than zero")
    reserves.lock()
    reserves.require_currency(member.community)
    if BankReceipt.objects.filter(reference=reference).exists():
        raise Refused("reference_used", f"the bank reference {reference} is already booked")
    digest = reserves.digest_of(reference)
    if reserves.has_statements(member.community):
        reserves.require_room(stroops)
        backed = admit(member)
        BankReceipt.objects.create(member=member, stroops=stroops, reference=reference)
    else:
        BankReceipt.objects.create(member=member, stroops=stroops, reference=reference)
        backed = _attest_by_hand(member, reference, digest)
    minted = queue_call(
        member.community,
        f"mint:{reference}",
        watt_token.mint(member.wallet.address, stroops, digest),
        signer=ISSUER,
        after=backed,
    )
    log_action(
        "money.received", actor=actor, target=member.code, reason=reference, community=member.community, stroops=stroops
    )
    if member.wallet.kind == Wallet.Kind.EXTERNAL or not into_market:
        return minted
    return deposit(member, stroops, f"deposit:{reference}", after=minted)


def _attest_by_hand(member: Member, reference: str, digest: bytes) -> ChainIntent:
    held = reserves.total()
    intent = queue_call(
        member.community,
        f"reserves:{reference}",
        watt_token.attest_reserves(held, digest),
        signer=ISSUER,
        after=admit(member),
    )
    Attestation.objects.create(stroops=held, digest=digest.hex(), intent=intent)
    return intent


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
