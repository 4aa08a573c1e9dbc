"""Time bands of a tariff: what makes them sound, and how staff write them: ``evening Mo-Fr 17:00-21:00 0.40 0.02``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stelltron.core.errors import Refused
from stelltron.core.units import LARGEST_PRICE, STROOPS, parse_scaled

MINUTES_PER_DAY = 24 * 60
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@dataclass(frozen=True)
class Band:
    """One time band as it is announced; ``weekdays`` is a sum of 1 for Monday to 64 for Sunday."""

    name: str
    weekdays: int
    from_minute: int
    to_minute: int
    retail: int
    feed_in: int

    def overlaps(self, other: Band) -> bool:
        same_day = bool(self.weekdays & other.weekdays)
        return same_day and self.from_minute < other.to_minute and other.from_minute < self.to_minute


def require_prices(what: str, retail: int, feed_in: int) -> None:
    if not 0 <= feed_in <= retail <= LARGEST_PRICE:
        raise Refused(f"{what}_out_of_range", "the feed-in price must lie between zero and the retail price")


def require_bands(bands: Sequence[Band]) -> None:
    for at, band in enumerate(bands):
        require_prices("band", band.retail, band.feed_in)
        if not 1 <= band.weekdays < 128:
            raise Refused("band_without_days", f"{band.name}: name at least one weekday")
        if not 0 <= band.from_minute < band.to_minute <= MINUTES_PER_DAY:
            raise Refused(
                "band_not_in_a_day", f"{band.name}: a band ends after it starts; write one that passes midnight as two"
            )
        clash = next((other for other in bands[:at] if band.overlaps(other)), None)
        if clash:
            raise Refused("bands_overlap", f"{band.name} overlaps {clash.name}: each minute has one price")


def read_bands(text: str) -> list[Band]:
    """Bands separated by semicolons or lines. Raises ValueError saying how to write one."""
    return [_band(part.split()) for part in text.replace("\n", ";").split(";") if part.strip()]


def _band(words: list[str]) -> Band:
    if len(words) < 5:
        raise ValueError(f"{' '.join(words)!r}: write a name, days, hours, retail and feed-in price")
    *name, days, hours, retail, feed_in = words
    start, dash, end = hours.partition("-")
    if not dash:
        raise ValueError(f"{hours!r} are no hours: write 17:00-21:00")
    return Band(
        " ".join(name)[:40],
        read_days(days),
        _minute(start),
        _minute(end),
        parse_scaled(retail, STROOPS),
        parse_scaled(feed_in, STROOPS),
    )


def read_days(text: str) -> int:
    """``Mo-Fr,Su`` as a sum of 1 for Monday to 64 for Sunday."""
    mask = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            start, end = DAYS.index(first.capitalize()), DAYS.index((last or first).capitalize())
        except ValueError:
            raise ValueError(f"{part!r} are no weekdays: write them as Mo-Fr or Sa,Su") from None
        for day in range(start, (end if end >= start else end + 7) + 1):
            mask |= 1 << day % 7
    return mask


def written_days(mask: int) -> str:
    return " ".join(name for at, name in enumerate(DAYS) if mask >> at & 1)


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(minutes) < 60 and int(hours) * 60 + int(minutes) <= 1440):
        raise ValueError(f"{text!r} is no time of day: write 17:00")
    return int(hours) * 60 + int(minutes)


def written_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
