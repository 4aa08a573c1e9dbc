"""The reserves behind WATT, from what the banks hold; nothing is minted that they would not cover.

``circulation`` counts a mint from when it is asked for, and a burn only once the chain has it: the supply on the
chain is never above it, in whatever order the chain takes what is on its way.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.db.models import Min, Q, Sum

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import money
from stelltron.members.models import Member

from . import cover
from .clients import watt_token
from .intents import queue_call
from .models import Attestation, BankReceipt, ChainIntent, Redemption, ReserveBalance
from .wallet_calls import WalletCall

WAITING = (ChainIntent.State.PENDING, ChainIntent.State.SENT)


def lock() -> None:
    """Hold reserves and circulation until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('reserves', 0))")


def has_statements(community: Community) -> bool:
    return ReserveBalance.objects.filter(community=community).exists()


def require_currency(community: Community) -> None:
    """Raises Refused where WATT stand for another currency already: reserves are one sum. Call with ``lock``."""
    others = Community.objects.exclude(currency=community.currency)
    backed = others.filter(
        Q(pk__in=ReserveBalance.objects.values("community")) | Q(pk__in=BankReceipt.objects.values("member__community"))
    ).first()
    if backed:
        raise Refused(
            "other_currency",
            f"WATT are {backed.currency} here since {backed}, and {community} counts in {community.currency}: reserves in "
            "two currencies are no sum. Run it on an instance of its own",
        )


def total() -> int:
    """What the banks hold. A community without an account answers for what was booked by hand."""
    by_statement = ReserveBalance.objects.aggregate(total=Sum("stroops"))["total"] or 0
    others = ~Q(member__community__in=ReserveBalance.objects.values("community"))
    return by_statement + _sum(BankReceipt.objects.filter(others)) - _sum(_burned().filter(others))


def circulation() -> int:
    return _sum(BankReceipt.objects.all()) - _sum(_burned())


def owed() -> int:
    """Burned for payments that have not left the bank yet: what covers them covers no new WATT."""
    return _sum(_burned().filter(closed_at=None))


def attested() -> int:
    """What a mint may rest on: the newest attestation that the chain has, or a lower one on its way there."""
    newest = Attestation.objects.filter(intent__state=ChainIntent.State.CONFIRMED).first()
    if newest is None:
        return 0
    coming = Attestation.objects.filter(intent__state__in=WAITING).aggregate(least=Min("stroops"))["least"]
    return newest.stroops if coming is None else min(newest.stroops, coming)


def require_room(stroops: int) -> None:
    """Raises Refused unless the attested reserves cover ``stroops`` more. Call with ``lock``."""
    room = cover.room(attested=attested(), held=total(), circulation=circulation(), owed=owed())
    if stroops > room:
        raise Refused(
            "reserves_too_low",
            f"the attested reserves have room for {money(room)} WATT: import the statement that shows the "
            "payment, and wait a moment until its balance is attested on the chain",
        )


@transaction.atomic
def attest(community: Community, digest: str, as_of: date | None) -> Attestation | None:
    """State on the chain what the banks hold. None while that is less than what circulates, or is stated already."""
    lock()
    held = total()
    newest = Attestation.objects.select_related("intent").first()
    stated = newest is not None and newest.intent.state in (*WAITING, ChainIntent.State.CONFIRMED)
    if not cover.may_attest(held=held, circulation=circulation()) or (
        stated and (newest.stroops, newest.digest) == (held, digest)
    ):
        return None
    number = Attestation.objects.count() + 1
    intent = queue_call(
        community,
        f"attest:{number}:{digest[:16]}",
        watt_token.attest_reserves(held, bytes.fromhex(digest)),
        signer=ChainIntent.Signer.ISSUER,
        # An old figure must not be sent again later: it is stated anew instead.
        falls=True,
    )
    return Attestation.objects.create(stroops=held, digest=digest, as_of=as_of, intent=intent)


def digest_of(reference: str) -> bytes:
    return hashlib.sha256(reference.encode()).digest()


@transaction.atomic
def redeem(member: Member, stroops: int, reference: str, *, after: ChainIntent | None = None) -> Redemption:
    """Burn WATT of a managed wallet for a payment out of the bank."""
    intent = queue_call(
        member.community,
        f"redeem:{reference}",
        watt_token.redeem(member.wallet.address, stroops, digest_of(reference)),
        wallet=member.wallet,
        after=after,
        falls=True,
    )
    return Redemption.objects.create(member=member, stroops=stroops, reference=reference, intent=intent)


def redeem_call(member: Member, stroops: int, reference: str) -> WalletCall:
    """The same from a wallet of the member's own; ``took`` keeps what they signed."""
    call = watt_token.redeem(member.wallet.address, stroops, digest_of(reference))
    return WalletCall(f"redeem:{reference}", call)


def close(redemption: Redemption) -> None:
    """The bank's statement shows the payment, or there is none to make."""
    Redemption.objects.filter(pk=redemption.pk, closed_at=None).update(closed_at=datetime.now(UTC))


def took(member: Member, stroops: int, reference: str, intent: ChainIntent) -> Redemption:
    return Redemption.objects.create(member=member, stroops=stroops, reference=reference, intent=intent)


def on_confirmed(calls: list[int]) -> None:
    Redemption.objects.filter(intent__in=calls).update(burned_at=datetime.now(UTC))


def _burned():  # type: ignore[no-untyped-def]
    return Redemption.objects.filter(burned_at__isnull=False)


def _sum(rows) -> int:  # type: ignore[no-untyped-def]
    return rows.aggregate(total=Sum("stroops"))["total"] or 0
