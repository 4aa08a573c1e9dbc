"""Seals the action log in batches: each row is bound to the one before it in its community's chain.

Acting takes no lock for it. The price is that a row is open until the next batch; :data:`LONGEST_OPEN` says how long
that may last before ``verify`` calls it a fault.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from stelltron.core.chains import GENESIS

from .models import Seal, Unsealed

BATCH = 1_000
SALT_BYTES = 16
LONGEST_OPEN = timedelta(minutes=10)
OPEN_ROWS = """
SELECT l.id, l.at, l.actor_id, l.action, l.target, l.reason, l.details::text
FROM audit_unsealed u JOIN core_actionlog l ON l.id = u.action_id
WHERE u.community_id IS NOT DISTINCT FROM %s ORDER BY l.id LIMIT %s
"""


def seal_all() -> int:
    """Seal what waits in every chain. Returns how many rows that was."""
    waiting = list(Unsealed.objects.order_by().values_list("community_id", flat=True).distinct())
    return sum(seal_chain(community_id) for community_id in waiting)


def seal_chain(community_id: UUID | None) -> int:
    """Seal what waits in one chain, batch by batch."""
    done = 0
    while sealed := _seal_batch(community_id):
        done += sealed
    return done


@transaction.atomic
def _seal_batch(community_id: UUID | None) -> int:
    with connection.cursor() as cursor:
        # One sealer per chain: it has no forks.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"seals:{community_id}"])
        cursor.execute(OPEN_ROWS, [community_id, BATCH])
        rows = cursor.fetchall()
    last = Seal.objects.filter(community=community_id).order_by("-number").first()
    number, previous = (last.number, last.hash) if last else (0, GENESIS)
    seals = []
    for action_id, at, actor_id, action, target, reason, details in rows:
        salt = secrets.token_bytes(SALT_BYTES)
        bound = words(salt, reason, details)
        number += 1
        sealed = seal(previous, community_id, number, action_id, at, actor_id, action, target, bound)
        seals.append(
            Seal(
                community_id=community_id,
                number=number,
                action_id=action_id,
                salt=salt,
                words=bound,
                previous_hash=previous,
                hash=sealed,
            )
        )
        previous = sealed
    Seal.objects.bulk_create(seals)
    Unsealed.objects.filter(action_id__in=[row[0] for row in rows]).delete()
    return len(rows)


def words(salt: bytes, reason: str, details: str) -> str:
    """What binds the words of an action without giving them away; ``details`` as the database writes them."""
    return hashlib.sha256(salt + _canonical([reason, details])).hexdigest()


def seal(
    previous: str,
    community_id: UUID | None,
    number: int,
    action_id: int,
    at: datetime,
    actor_id: int | None,
    action: str,
    target: str,
    words: str,
) -> str:
    """SHA-256 over an action, its place, its words' hash and the seal before."""
    community = str(community_id) if community_id else None
    content = [previous, community, number, action_id, at.isoformat(), actor_id, action, target, words]
    return hashlib.sha256(_canonical(content)).hexdigest()


def _canonical(content: list[Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
