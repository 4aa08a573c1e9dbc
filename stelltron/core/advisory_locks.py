"""Advisory locks of a community: clearing and matching never run side by side in it, nor do two that write its days or refunds."""

from __future__ import annotations

from . import prepared


def lock_market(community_id: object) -> None:
    """Hold the community's market until the transaction ends."""
    _lock(f"market:{community_id}")


def lock_refunds(community_id: object) -> None:
    """What is owed to members is reckoned, put forward and paid by one at a time, until the transaction ends."""
    _lock(f"refunds:{community_id}")


def lock_rollups(community_id: object) -> None:
    _lock(f"rollups:{community_id}")


def _lock(name: str) -> None:
    prepared.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
