"""What every sign-in by wallet ends with: the challenge is spent, and the wallet is a member's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from stelltron.core.errors import Refused

from .models import Member, SpentChallenge, Wallet

LIFETIME_SECONDS = 300


def spend(digest: str) -> None:
    """Each challenge works once. Raises Refused. Call in the transaction that answers it."""
    now = datetime.now(UTC)
    SpentChallenge.objects.filter(expires_at__lt=now).delete()
    try:
        with transaction.atomic():
            SpentChallenge.objects.create(hash=digest, expires_at=now + timedelta(seconds=2 * LIFETIME_SECONDS))
    except IntegrityError:
        raise _used() from None


def require_unspent(digest: str) -> None:
    """Before what costs something; ``spend`` decides. Raises Refused."""
    if SpentChallenge.objects.filter(hash=digest).exists():
        raise _used()


def _used() -> Refused:
    return Refused("challenge_used", "this sign-in was already used: ask for a new one")


def owner_of(address: str) -> Member:
    """The active member whose wallet it is. Raises Refused."""
    wallet = Wallet.objects.select_related("member__user").filter(address=address).first()
    if wallet is None or not wallet.member.is_active or not (wallet.member.user and wallet.member.user.is_active):
        raise Refused("unknown_wallet", "this wallet belongs to no member yet: ask the co-op to add it")
    return wallet.member
