"""Time bands as staff write them: ``evening Mo-Fr 17:00-21:00 0.40 0.02``."""

from __future__ import annotations

from stelltron.core.units import STROOPS, parse_scaled

from .prices import Band

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


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
