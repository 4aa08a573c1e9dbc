"""Writing the action log and the heartbeats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from .models import ActionLog, Community, Heartbeat
from .rows import copy_rows


def action(
    name: str,
    *,
    actor: Any = None,
    target: object = "",
    reason: str = "",
    community: Community | None = None,
    **details: Any,
) -> ActionLog:
    """A line not yet written: who (None: the system), what, on what, why."""
    return ActionLog(
        action=name, actor=actor, target=str(target)[:120], reason=reason[:300], community=community, details=details
    )


def log_action(name: str, **said: Any) -> ActionLog:
    """Write one line; see ``action``."""
    line = action(name, **said)
    line.save(force_insert=True)
    return line


def log_actions(lines: Iterable[ActionLog]) -> None:
    copy_rows(ActionLog, list(lines))


def beat(process: str, note: str = "") -> None:
    Heartbeat.objects.update_or_create(process=process, defaults={"at": datetime.now(UTC), "note": note[:200]})
