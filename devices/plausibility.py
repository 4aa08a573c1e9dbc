"""What a reading must look like beside the one before it. Pure but for the rows it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stelltron.core.models import Community

from .models import MeteringPoint, Quarantined, Register
from .wire import Reading

Reason = Quarantined.Reason
CLOCK_TOLERANCE = timedelta(minutes=5)
# A meter may be off by a fifth before we call its energy impossible.
POWER_TOLERANCE_PERCENT = 120


@dataclass(frozen=True)
class Verdict:
    reason: str = ""
    detail: str = ""
    repeated: bool = False
    early: bool = False


def judge(
    reading: Reading, before: Register | None, point: MeteringPoint | None, community: Community
) -> Verdict | None:
    """None when the reading fits; else why not, or that it was seen before, or that one before it is missing."""
    if before is not None and reading.seq <= before.sequence:
        return Verdict(repeated=True)
    if reading.seq > max(before.sequence + 1 if before else 0, reading.low):
        return Verdict(early=True)
    at = datetime.fromtimestamp(reading.t, UTC)
    # A data clock follows the readings; only the wall clock can be ahead of itself.
    on_wall_clock = community.clock == Community.Clock.WALL
    if on_wall_clock and at > datetime.now(UTC) + CLOCK_TOLERANCE:
        return Verdict(Reason.CLOCK_AHEAD, f"the device says {at:%Y-%m-%d %H:%M:%S} UTC")
    if before is None:
        return None
    if at < before.at:
        return Verdict(Reason.OUT_OF_ORDER, f"its time is before that of reading {before.sequence}")
    exported, imported = reading.exp - before.exported_mwh, reading.imp - before.imported_mwh
    if exported < 0 or imported < 0:
        return Verdict(Reason.REGISTER_BACKWARDS, f"by {max(-exported, -imported)} mWh since reading {before.sequence}")
    most_w = point.most_power_w if point else 1_000_000
    seconds = int((at - before.at).total_seconds())
    # mWh a connection of most_w carries in that time, with one second of clock granularity.
    most_mwh = most_w * 1000 * (seconds + 1) // 3600 * POWER_TOLERANCE_PERCENT // 100
    if max(exported, imported) > most_mwh:
        return Verdict(
            Reason.IMPLAUSIBLE_POWER,
            f"{max(exported, imported) // 1000} Wh in {seconds} s, the connection carries {most_mwh // 1000} Wh",
        )
    return None
