"""The whole action log read again, from the first row on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from stelltron.core.chains import Fault, Link, Walk, walk
from stelltron.core.rows import read_ahead

from .models import NO_DETAILS, TOMBSTONE, Erasure
from .sealing import LONGEST_OPEN, seal, words

CHUNK = 5_000
SEALED = """
SELECT s.number, s.previous_hash, s.hash, s.salt, s.words, s.action_id, e.state,
       l.community_id, l.at, l.actor_id, l.action, l.target, l.reason, l.details::text
FROM audit_seal s LEFT JOIN core_actionlog l ON l.id = s.action_id LEFT JOIN audit_erasure e ON e.id = s.erasure_id
WHERE s.community_id IS NOT DISTINCT FROM %s ORDER BY s.number
"""
# Neither sealed nor waiting: written past the trigger, or its seal is gone.
UNBOUND = """
SELECT l.id FROM core_actionlog l WHERE l.community_id IS NOT DISTINCT FROM %s
AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.action_id = l.id)
AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.action_id = l.id) ORDER BY l.id LIMIT 1
"""
OPEN = """
SELECT u.action_id, u.since, l.id IS NULL FROM audit_unsealed u LEFT JOIN core_actionlog l ON l.id = u.action_id
WHERE u.community_id IS NOT DISTINCT FROM %s AND (l.id IS NULL OR u.since < %s) ORDER BY u.action_id LIMIT 1
"""


def verify(community_id: UUID | None, anchors: Mapping[int, str] | None = None) -> Walk:
    """Every action of a chain against its seal, the one before, and the ``anchors`` (hashes by number)."""
    with transaction.atomic():
        done = walk(_links(community_id), "action", anchors or {})
        if done.fault is None:
            done.fault = _not_bound(community_id, done.rows + 1)
    return done


def _links(community_id: UUID | None) -> Iterator[Link]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(SEALED, [community_id])
        for rows in read_ahead(cursor, CHUNK):
            for row in rows:
                yield _link(row)


def _link(row: tuple[Any, ...]) -> Link:
    number, previous, sealed, salt, bound, action_id, erasure, community_id, at, actor_id, action, target, *text = row
    if at is None:
        return Link(number, previous, sealed, "")
    said = _erased(erasure, bound, *text) if salt is None else words(bytes(salt), *text)
    return Link(
        number,
        previous,
        sealed,
        seal(previous, community_id, number, action_id, at, actor_id, action, target, said),
    )


def _erased(erasure: str | None, bound: str, reason: str, details: str) -> str:
    """Words may be missing only where two people have erased them, and nothing else may stand there instead."""
    if erasure == Erasure.State.DONE and reason == TOMBSTONE and details == NO_DETAILS:
        return bound
    return "words are gone that nobody erased"


def _not_bound(community_id: UUID | None, number: int) -> Fault | None:
    with connection.cursor() as cursor:
        cursor.execute(UNBOUND, [community_id])
        for (action_id,) in cursor.fetchall():
            return Fault(
                number, f"action with id {action_id} has no seal: it was written past the log, or its seal is gone"
            )
        cursor.execute(OPEN, [community_id, datetime.now(UTC) - LONGEST_OPEN])
        for action_id, since, gone in cursor.fetchall():
            if gone:
                return Fault(number, f"action with id {action_id} was removed before it was sealed")
            return Fault(
                number, f"action with id {action_id} waits for its seal since {since:%Y-%m-%d %H:%M}: is the worker up?"
            )
    return None
