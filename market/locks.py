"""One lock a community: clearing and matching never run side by side in it."""

from __future__ import annotations

from django.db import connection


def lock_market(community_id: object) -> None:
    """Hold the community's market until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"market:{community_id}"])
