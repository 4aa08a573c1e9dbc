"""Settlement slots: half-open [start, end) intervals on a fixed grid, labelled by their start.

On the chain a slot is the number of minutes from the Unix epoch to its start.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

ALLOWED_MINUTES = (5, 10, 15, 20, 30, 60)


def slot_of(moment: datetime, minutes: int) -> datetime:
    """The start of the slot that holds ``moment``."""
    return from_chain(to_chain(moment) // minutes * minutes)


def next_slot(start: datetime, minutes: int) -> datetime:
    return start + timedelta(minutes=minutes)


def boundaries_between(after: datetime, until: datetime, minutes: int) -> list[datetime]:
    """Slot starts b with after < b <= until, in order."""
    step = timedelta(minutes=minutes)
    first = slot_of(after, minutes) + step
    count = (until - first) // step + 1
    return [first + step * n for n in range(max(count, 0))]


def to_chain(start: datetime) -> int:
    """Whole minutes since the epoch."""
    return int(start.timestamp()) // 60


def from_chain(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
