"""The roll of those who vote, kept on the chain: every active member with an approved identity and a wallet, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from stelltron.ledger.clients import member_registry
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, Wallet

from .models import House, RollEntry

# A join or leave that the chain refused is asked for again, not at once.
AGAIN_AFTER = timedelta(hours=1)


def keep(house: House) -> int:
    """Ask the registry to take in who joined and to let go who left. Returns how many changes are asked for."""
    entries = RollEntry.objects.filter(house=house, left_at=None)
    entitled = Wallet.objects.filter(
        Q(member__kyc=Member.Kyc.APPROVED) & ~Q(member__kind=Member.Kind.COMMUNITY),
        member__community=house.community_id,
        member__is_active=True,
    )
    asked = 0
    missing = entitled.exclude(Exists(entries.filter(address=OuterRef("address"))))
    for wallet in missing.order_by("member__joined_at", "pk"):
        asked += _ask(house, wallet.address, "join")
    for entry in entries.exclude(address__in=entitled.values("address")).order_by("id"):
        asked += _ask(house, entry.address, "leave")
    return asked


def _ask(house: House, address: str, what: str) -> int:
    """One call at a time for an address; the key counts how often it came and went."""
    begun = f"roll:{address}:"
    last = ChainIntent.objects.filter(key__startswith=begun).order_by("-id").first()
    if last and last.state in (ChainIntent.State.PENDING, ChainIntent.State.SENT):
        return 0
    if last and last.state == ChainIntent.State.FAILED and last.created_at > datetime.now(UTC) - AGAIN_AFTER:
        return 0
    if last and last.state == ChainIntent.State.CONFIRMED and last.payload["function"] == what:
        # Done; its event is about to be read.
        return 0
    number = ChainIntent.objects.filter(key__startswith=begun).count()
    operator = settings.STELLAR.operator.public_key
    call = member_registry.join(address) if what == "join" else member_registry.leave(operator, address)
    queue_call(house.community, f"{begun}{number}", call.at(house.contract("member_registry")))
    return 1
