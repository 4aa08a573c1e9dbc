"""Writing the action log and the heartbeats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .models import ActionLog, Community, Heartbeat


def log_action(
    action: str,
    *,
    actor: Any = None,
    target: object = "",
    reason: str = "",
    community: Community | None = None,
    **details: Any,
) -> ActionLog:
    """One line: who (None: the system), what, on what, why."""
    return ActionLog.objects.create(
        action=action, actor=actor, target=str(target)[:120], reason=reason[:300], community=community, details=details
    )


def beat(process: str, note: str = "") -> None:
    Heartbeat.objects.update_or_create(process=process, defaults={"at": datetime.now(UTC), "note": note[:200]})
