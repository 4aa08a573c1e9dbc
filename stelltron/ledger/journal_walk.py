"""The whole journal read again, from the first entry on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from json.encoder import encode_basestring_ascii as quoted  # type: ignore[attr-defined]  # as seal writes text
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from stelltron.core.chains import Fault, Link, Walk, walk
from stelltron.core.models import Community
from stelltron.core.rows import read_ahead

from .models import JournalEntry, JournalLine

CHUNK = 5_000
# The lines as ``journal.seal`` writes them, put together where they lie: only what is not ASCII is written otherwise.
# Each account is looked up, never joined: an estimate a little off has PostgreSQL read all accounts for every entry.
ENTRIES = """
SELECT e.number, e.kind, e.reference, e.transaction_hash, e.posted_at, e.previous_hash, e.hash, l.lines
FROM ledger_journalentry e LEFT JOIN LATERAL (
    SELECT string_agg('[' || to_json(code)::text || ',' || to_json(asset)::text || ',' || amount || ']', ','
                      ORDER BY code COLLATE "C", asset COLLATE "C", amount) AS lines
    FROM (SELECT (SELECT code FROM ledger_account WHERE id = account_id) AS code, asset, amount
          FROM ledger_journalline WHERE entry_id = e.id OFFSET 0) one) l ON true
WHERE e.community_id = %s ORDER BY e.number
"""


def verify(community: Community, anchors: Mapping[int, str] | None = None) -> Walk:
    """Every entry of ``community`` against its seal, the entry before, and the ``anchors`` (hashes by number)."""
    # Rows come from the server as they are needed, all from one moment.
    with transaction.atomic():
        done = walk(_links(community), "entry", anchors or {})
    if done.fault:
        done.fault = _explained(community, done.fault)
    return done


def _links(community: Community) -> Iterator[Link]:
    community_id = str(community.pk)
    with connection.chunked_cursor() as cursor:
        cursor.execute(ENTRIES, [community.pk])
        for rows in read_ahead(cursor, CHUNK):
            for row in rows:
                yield _link(community_id, row)


def _link(community_id: str, row: tuple[Any, ...]) -> Link:
    number, kind, reference, transaction_hash, posted_at, previous, sealed, lines = row
    lines = lines or ""
    if not (lines.isascii() and lines.isprintable()):
        lines = "".join(character if " " <= character <= "~" else quoted(character)[1:-1] for character in lines)
    content = (
        f'[{quoted(previous)},"{community_id}",{number},{quoted(kind)},{quoted(reference)},{quoted(transaction_hash)},'
        f'"{posted_at.isoformat()}",[{lines}]]'
    )
    return Link(number, previous, sealed, hashlib.sha256(content.encode()).hexdigest())


def _explained(community: Community, fault: Fault) -> Fault:
    """With what can still be said about an entry whose content is another one now."""
    entry = JournalEntry.objects.filter(community=community, number=fault.number).first()
    if entry is None or not fault.what.endswith("sealed"):
        return fault
    sums = JournalLine.objects.filter(entry=entry).values_list("asset").annotate(off=Sum("amount")).exclude(off=0)
    off = ", ".join(f"{asset} by {amount:+,}" for asset, amount in sums.order_by("asset"))
    return replace(fault, what=f"{fault.what}: its lines no longer sum to zero ({off})") if off else fault
