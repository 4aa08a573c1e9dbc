"""From cumulative registers to slot readings. Pure.

A slot's energy is the difference of the registers at its two boundaries. A boundary between two samples is
interpolated by time; a restart without energy in between (the meter was off) leaves its slots without a reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from stelltron.core.slots import boundaries_between
from stelltron.core.units import MWH_PER_WH

# A month of quarter hours: spread over more, energy says nothing about a slot.
LONGEST_GAP_SLOTS = 96 * 31


@dataclass(frozen=True)
class Sample:
    """Registers in mWh at a moment of the device clock."""

    at: datetime
    boot: int
    exported_mwh: int
    imported_mwh: int


@dataclass(frozen=True)
class Mark:
    """Registers at a slot boundary."""

    at: datetime
    exported_mwh: int
    imported_mwh: int


@dataclass(frozen=True)
class SlotEnergy:
    """One slot between two marks; Wh are differences of whole registers, so that they never drift."""

    slot: datetime
    start: Mark
    end: Mark
    estimated: bool

    @property
    def exported_wh(self) -> int:
        return self.end.exported_mwh // MWH_PER_WH - self.start.exported_mwh // MWH_PER_WH

    @property
    def imported_wh(self) -> int:
        return self.end.imported_mwh // MWH_PER_WH - self.start.imported_mwh // MWH_PER_WH


def advance(
    before: Sample | None, mark: Mark | None, now: Sample, minutes: int
) -> tuple[Mark | None, list[SlotEnergy]]:
    """The mark after ``now``, and the slots that ``now`` completes.

    ``before`` is the last sample, ``mark`` the last boundary passed; both None for a new meter.
    """
    if before is None or gap_is_too_long(before, now, minutes):
        return _mark_on_grid(now, minutes), []
    crossed = boundaries_between(before.at, now.at, minutes)
    if mark is None:
        # New, or new to its point: a silence before the first mark is not known to be the point's.
        crossed = crossed[-1:]
    silent = len(crossed) > 1
    whole_slot = silent or (mark is not None and bool(crossed) and mark.at == before.at)
    asleep = whole_slot and _was_off(before, now)
    if asleep:
        # The slot it went off in counts, as does the one it came back in; those between had no meter.
        crossed = [crossed[0], crossed[-1]] if mark and before.at > mark.at else crossed[-1:]
    slots: list[SlotEnergy] = []
    for number, at in enumerate(crossed):
        passed = _interpolate(before, now, at)
        if mark is not None and not (asleep and number == len(crossed) - 1):
            slots.append(SlotEnergy(mark.at, mark, passed, estimated=silent))
        mark = passed
    return mark, slots


def gap_is_too_long(before: Sample, now: Sample, minutes: int) -> bool:
    """Whether ``advance`` starts anew at ``now`` instead of spreading the energy since ``before`` over slots."""
    return now.at - before.at > LONGEST_GAP_SLOTS * timedelta(minutes=minutes)


def _was_off(before: Sample, now: Sample) -> bool:
    same = (before.exported_mwh, before.imported_mwh) == (now.exported_mwh, now.imported_mwh)
    return now.boot != before.boot and same


def _mark_on_grid(sample: Sample, minutes: int) -> Mark | None:
    on_grid = int(sample.at.timestamp()) % (minutes * 60) == 0
    return Mark(sample.at, sample.exported_mwh, sample.imported_mwh) if on_grid else None


def _interpolate(before: Sample, now: Sample, at: datetime) -> Mark:
    whole = int((now.at - before.at).total_seconds())
    part = int((at - before.at).total_seconds())
    return Mark(
        at,
        before.exported_mwh + (now.exported_mwh - before.exported_mwh) * part // whole,
        before.imported_mwh + (now.imported_mwh - before.imported_mwh) * part // whole,
    )
