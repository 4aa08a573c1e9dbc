"""How long the books take to be read again: a month of a million journal entries from the first hash to the last."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from stelltron.core.chains import GENESIS
from stelltron.core.errors import Refused
from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.core.rows import copy_values
from stelltron.ledger import journal, journal_walk
from stelltron.ledger.models import Account, Asset, JournalEntry, JournalLine

from .crowd import SEED, START, crowd, scratch_database

ENTRIES, MEMBERS, CHUNK = 1_000_000, 1_000, 50_000
LIMIT_SECONDS = 60
ENTRY_COLUMNS = (
    "id", "community_id", "number", "kind", "reference", "transaction_hash", "posted_at", "previous_hash", "hash",
)  # fmt: skip
LINE_COLUMNS = ("entry_id", "account_id", "asset", "amount")
Line = tuple[UUID, int, str, int]


def measure() -> dict[str, Any]:
    """In a scratch database. Raises Refused when the books it wrote do not verify."""
    with scratch_database():
        community, members = crowd("bench", MEMBERS)
        codes = [journal.member_account(member.pk) for member in members]
        accounts = Account.objects.bulk_create(
            Account(community=community, code=code, member=member) for code, member in zip(codes, members, strict=True)
        )
        _write(community, accounts)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        began = time.perf_counter()
        done = journal_walk.verify(community)
        seconds = time.perf_counter() - began
        if done.fault or done.rows != ENTRIES:
            raise Refused("not_verified", f"the books do not verify: {done}")
        return {
            "entries": done.rows,
            "lines": JournalLine.objects.count(),
            "seconds": round(seconds, 1),
            "limit_seconds": LIMIT_SECONDS,
            "entries_per_s": round(done.rows / seconds),
        }


def _write(community: Community, accounts: list[Account]) -> None:
    """Sealed as the journal seals: trades between two members, of money and of energy."""
    entries = _entries(community, accounts)
    while chunk := list(islice(entries, CHUNK)):
        copy_values(JournalEntry, ENTRY_COLUMNS, (row for row, _ in chunk))
        copy_values(JournalLine, LINE_COLUMNS, (line for _, lines in chunk for line in lines))


def _entries(community: Community, accounts: list[Account]) -> Iterator[tuple[tuple[Any, ...], list[Line]]]:
    draw = random.Random(SEED)
    previous = GENESIS
    for number in range(1, ENTRIES + 1):
        seller, buyer = draw.sample(accounts, 2)
        wh, stroops = draw.randrange(1, 2_000), draw.randrange(1, 10**6)
        entry = JournalEntry(
            id=uuid7(),
            community=community,
            number=number,
            kind="settle",
            reference=f"settle:bench:{number}",
            transaction_hash=hashlib.sha256(str(number).encode()).hexdigest(),
            posted_at=START + timedelta(seconds=2.6 * number),
            previous_hash=previous,
        )
        moves = [
            (buyer, Asset.WATT.value, -stroops),
            (seller, Asset.WATT.value, stroops),
            (seller, Asset.KWH.value, -wh),
            (buyer, Asset.KWH.value, wh),
        ]
        previous = journal.seal(entry, [(account.code, asset, amount) for account, asset, amount in moves])
        entry.hash = previous
        yield (
            tuple(getattr(entry, column) for column in ENTRY_COLUMNS),
            [(entry.pk, account.pk, asset, amount) for account, asset, amount in moves],
        )
