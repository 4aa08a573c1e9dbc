"""Live frames to the portals: at most one coalesced frame a second and group, from ingest."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from stelltron.core.live import member_group, office_group, send

from .ingest import Outcome

FRAME_SECONDS = 1.0


class LiveFrames:
    """Collects what changed and sends it at most once a second."""

    def __init__(self) -> None:
        self._pending: dict[str, dict[str, Any]] = defaultdict(dict)
        self._sent_at = 0.0

    def add(self, outcome: Outcome, owners: dict[str, tuple[object, object]]) -> None:
        """``owners``: device id -> (community, member or None)."""
        for register in outcome.registers:
            community, member = owners[register.device_id]
            shown = {
                "device": register.device_id,
                "power_w": register.power_w,
                "exported_wh": register.exported_mwh // 1000,
                "imported_wh": register.imported_mwh // 1000,
                "at": register.at.isoformat(),
            }
            self._pending[office_group(community)][register.device_id] = shown
            if member:
                self._pending[member_group(member)][register.device_id] = shown

    def wait_seconds(self, most: float) -> float:
        """How long to wait for more before the next frame is due."""
        if not self._pending:
            return most
        return min(max(self._sent_at + FRAME_SECONDS - time.monotonic(), 0), most)

    def due(self) -> bool:
        return bool(self._pending) and time.monotonic() - self._sent_at >= FRAME_SECONDS

    def flush(self) -> None:
        """Send and forget: a portal that missed a frame asks for a snapshot."""
        for group, meters in self._pending.items():
            send(group, kind="meters", meters=list(meters.values()))
        self._pending.clear()
        self._sent_at = time.monotonic()
