"""The member's own account: what moved in and out of the market."""

from __future__ import annotations

from stelltron.ledger.models import Asset, BankReceipt, ChainIntent, JournalLine
from stelltron.members.models import Member

SHOWN = 40
OF_SLOTS = ChainIntent.Kind.SETTLE.lower()


def movements(member: Member) -> list[JournalLine]:
    """Deposits and withdrawals as the journal booked them; slots are on the statement."""
    lines = JournalLine.objects.filter(account__member=member).exclude(entry__kind=OF_SLOTS).select_related("entry")
    found = list(lines.order_by("-entry__number", "asset")[:SHOWN])
    for line in found:
        line.is_energy = line.asset == Asset.KWH
        line.words = line.entry.kind.replace("_", " ").replace("-", " ")
    return found


def payments(member: Member) -> list[BankReceipt]:
    """Payments the bank has told the co-op about."""
    return list(BankReceipt.objects.filter(member=member).order_by("-id")[:SHOWN])
