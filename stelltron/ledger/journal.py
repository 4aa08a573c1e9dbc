"""The double-entry journal: append-only, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Sum

from stelltron.core.chains import GENESIS
from stelltron.core.models import Community

from .models import Account, JournalEntry, JournalLine

Posting = tuple[str, str, int]


def member_account(member_id: object) -> str:
    return f"member:{member_id}"


def post(
    community: Community, kind: str, reference: str, postings: Iterable[Posting], *, transaction_hash: str = ""
) -> JournalEntry | None:
    """Book ``postings`` (account code, asset, amount) as one entry, netted per account.

    Booking the same reference again changes nothing and returns None. Raises ValueError when an
    asset does not sum to zero. Call inside a transaction.
    """
    if JournalEntry.objects.filter(community=community, reference=reference).exists():
        return None
    lines = _netted(postings)
    # One writer per community: the chain of hashes has no forks.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"journal:{community.pk}"])
    last = JournalEntry.objects.filter(community=community).order_by("-number").first()
    entry = JournalEntry(
        community=community,
        number=last.number + 1 if last else 1,
        kind=kind,
        reference=reference,
        transaction_hash=transaction_hash,
        posted_at=datetime.now(UTC),
        previous_hash=last.hash if last else GENESIS,
    )
    entry.hash = seal(entry, lines)
    entry.save(force_insert=True)
    accounts = _accounts(community, {code for code, _, _ in lines})
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=accounts[code], asset=asset, amount=amount) for code, asset, amount in lines
    )
    return entry


def seal(entry: JournalEntry, lines: list[Posting]) -> str:
    """SHA-256 over the entry, its lines and the previous hash."""
    content = [
        entry.previous_hash,
        str(entry.community_id),
        entry.number,
        entry.kind,
        entry.reference,
        entry.transaction_hash,
        entry.posted_at.isoformat(),
        sorted(lines),
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def balances(community: Community) -> dict[tuple[str, str], int]:
    """Account code and asset -> balance."""
    rows = (
        JournalLine.objects.filter(entry__community=community)
        .values_list("account__code", "asset")
        .annotate(total=Sum("amount"))
    )
    return {(code, asset): total for code, asset, total in rows}


def _netted(postings: Iterable[Posting]) -> list[Posting]:
    net: dict[tuple[str, str], int] = defaultdict(int)
    sums: dict[str, int] = defaultdict(int)
    for code, asset, amount in postings:
        net[code, asset] += amount
        sums[asset] += amount
    if any(sums.values()):
        raise ValueError(f"an entry must balance, this one is off by {dict(sums)}")
    return sorted((code, asset, amount) for (code, asset), amount in net.items() if amount)


def _accounts(community: Community, codes: set[str]) -> dict[str, Account]:
    known = {account.code: account for account in Account.objects.filter(community=community, code__in=codes)}
    for code in sorted(codes - known.keys()):
        member_id = code.partition("member:")[2] or None
        known[code] = Account.objects.create(community=community, code=code, member_id=member_id)
    return known
