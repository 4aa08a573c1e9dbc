"""Recorded households from a CSV: generation and consumption per home and interval. Pure.

Columns ``home_id,start_utc,minutes,generation_kwh,consumption_kwh``, plain or gzip. A file with any bad row
is refused whole, with the rows named: nothing is half replayed.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from stelltron.core.slots import ALLOWED_MINUTES

COLUMNS = ("home_id", "start_utc", "minutes", "generation_kwh", "consumption_kwh")
MWH_PER_KWH = 1_000_000
MOST_KWH = 10_000
SHOWN_PROBLEMS = 10
FIRST_YEAR, LAST_YEAR = 1970, 2100
LONGEST_MINUTES = max(len(str(minutes)) for minutes in ALLOWED_MINUTES)


class BadProfile(Exception):
    """The file cannot be replayed; ``problems`` names the rows."""

    def __init__(self, code: str, problems: list[str]) -> None:
        shown = problems[:SHOWN_PROBLEMS]
        if len(problems) > len(shown):
            shown.append(f"… and {len(problems) - len(shown)} more")
        super().__init__("\n".join(shown))
        self.code = code
        self.problems = problems


@dataclass(frozen=True)
class Interval:
    """Energy of one home over [start, start + minutes), in mWh."""

    start: datetime
    generation_mwh: int
    consumption_mwh: int


@dataclass(frozen=True)
class Profile:
    """``homes``: home id -> its intervals in order of time."""

    minutes: int
    homes: dict[str, list[Interval]] = field(default_factory=dict)

    @property
    def slots(self) -> list[datetime]:
        return sorted({interval.start for intervals in self.homes.values() for interval in intervals})

    def mixed(self) -> Profile:
        """Every second home by sorted id becomes a pure consumer."""
        homes = {}
        for number, home in enumerate(sorted(self.homes)):
            intervals = self.homes[home]
            if number % 2:
                intervals = [replace(interval, generation_mwh=0) for interval in intervals]
            homes[home] = intervals
        return Profile(self.minutes, homes)

    def first_slots(self, count: int) -> Profile:
        """Only the first ``count`` slots."""
        kept = set(self.slots[:count])
        return Profile(
            self.minutes,
            {home: [i for i in intervals if i.start in kept] for home, intervals in self.homes.items()},
        )


def read_profile(path: Path) -> Profile:
    """The households in ``path``. Raises BadProfile with everything that is wrong."""
    rows = _rows(_text(path))
    header = [name.strip() for _, name_row in itertools.islice(rows, 1) for name in name_row]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise BadProfile("missing_column", [f"{path.name} lacks the column {', '.join(missing)}"])
    at = {name: header.index(name) for name in COLUMNS}
    problems: list[tuple[str, str]] = []
    lengths: set[int] = set()
    seen: set[tuple[str, datetime]] = set()
    homes: dict[str, list[Interval]] = {}
    for number, row in rows:
        if not row:
            continue
        try:
            home, minutes, interval = _interval([row[at[name]] for name in COLUMNS])
        except IndexError:
            problems.append(("short_row", f"row {number}: {len(row)} of {len(header)} columns"))
            continue
        except _BadRow as problem:
            problems.append((problem.code, f"row {number}: {problem}"))
            continue
        if (home, interval.start) in seen:
            problems.append(("duplicate_interval", f"row {number}: {home} has {interval.start:%Y-%m-%dT%H:%MZ} twice"))
            continue
        seen.add((home, interval.start))
        lengths.add(minutes)
        homes.setdefault(home, []).append(interval)
    if len(lengths) > 1:
        problems.append(("mixed_lengths", f"intervals of {sorted(lengths)} minutes in one file: use one length"))
    if not seen and not problems:
        problems.append(("empty", f"{path.name} has no rows"))
    if problems:
        raise BadProfile(problems[0][0], [text for _, text in problems])
    for intervals in homes.values():
        intervals.sort(key=lambda interval: interval.start)
    return Profile(lengths.pop(), dict(sorted(homes.items())))


class _BadRow(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise BadProfile("no_such_file", [f"there is no file {path}"]) from None
    except (OSError, EOFError, zlib.error) as problem:
        raise BadProfile("broken_gzip", [f"{path.name} cannot be read: {problem}"]) from None
    except UnicodeDecodeError:
        raise BadProfile("not_text", [f"{path.name} is not UTF-8 text"]) from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows, numbered from 1. Raises BadProfile where the text is no CSV, as with a quote that never ends."""
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
            yield number, row
    except csv.Error as problem:
        raise BadProfile("not_csv", [f"row {number + 1}: {problem}"]) from None


def _interval(cells: list[str]) -> tuple[str, int, Interval]:
    home, start_text, minutes_text, generation, consumption = (cell.strip() for cell in cells)
    if not home or len(home) > 40 or not all(c.isalnum() or c in "-_." for c in home):
        raise _BadRow("unknown_home", f"{home!r} is not a home id (letters, digits, dots, dashes)")
    start, minutes = _start(start_text), _minutes(minutes_text)
    if start.timestamp() % (minutes * 60):
        raise _BadRow("off_grid", f"{start_text} is not a multiple of {minutes} minutes")
    return home, minutes, Interval(start, _mwh("generation_kwh", generation), _mwh("consumption_kwh", consumption))


def _start(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
        start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _BadRow("bad_time", f"{text[:40]!r} is not an ISO 8601 time") from None
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise _BadRow("bad_time", f"{text} does not lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return start


def _minutes(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_MINUTES
    if not is_number or int(text) not in ALLOWED_MINUTES:
        raise _BadRow("bad_length", f"{text[:40]!r} minutes: slots last {', '.join(map(str, ALLOWED_MINUTES))}")
    return int(text)


def _mwh(column: str, text: str) -> int:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _BadRow("not_a_number", f"{column} {text!r} is not a number") from None
    if not value.is_finite():
        raise _BadRow("not_a_number", f"{column} {text!r} is not a number")
    if value < 0:
        raise _BadRow("negative_energy", f"{column} {text} is negative")
    if value > MOST_KWH:
        raise _BadRow("implausible_energy", f"{column} {text} is more than {MOST_KWH} kWh")
    return round(value * MWH_PER_KWH)


@dataclass(frozen=True)
class MeterState:
    """What a home's meter shows at ``at``: registers in mWh, mean power in W since the state before."""

    at: datetime
    boot: int
    exported_mwh: int
    imported_mwh: int
    power_w: int


def meter_states(intervals: list[Interval], minutes: int, steps: int = 1) -> Iterator[MeterState]:
    """One state at the start and ``steps`` in each interval, the last at its end; after a gap the meter has started anew.

    Within an interval the power is even, so that the registers rise in equal steps.
    """
    exported = imported = boot = 0
    end: datetime | None = None
    for interval in intervals:
        if interval.start != end:
            boot += 1
            yield MeterState(interval.start, boot, exported, imported, 0)
        net = interval.generation_mwh - interval.consumption_mwh
        power_w = round(net * 60 / minutes / 1000)
        for step in range(1, steps + 1):
            at = interval.start + timedelta(minutes=minutes) * step / steps
            yield MeterState(
                at, boot, exported + max(net, 0) * step // steps, imported + max(-net, 0) * step // steps, power_w
            )
        exported += max(net, 0)
        imported += max(-net, 0)
        end = interval.start + timedelta(minutes=minutes)
