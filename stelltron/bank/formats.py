"""What every statement file is read into, before anything is stored."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS, parse_scaled

# Nothing a bank books is finer, and nothing a co-op holds is more.
LARGEST = 10**17


@dataclass(frozen=True)
class Line:
    """``stroops`` above zero came in. ``key`` is what the bank calls it, empty when it has no name for it."""

    key: str
    booked_on: date
    stroops: int
    name: str = ""
    iban: str = ""
    text: str = ""
    end_to_end: str = ""
    is_reversal: bool = False


@dataclass(frozen=True)
class Statement:
    account: str
    number: str
    currency: str
    begins: date
    ends: date
    opening: int
    closing: int
    lines: tuple[Line, ...]


def bad(why: str) -> Refused:
    return Refused("bad_statement", f"{why}. Nothing was imported: download the file from the bank again")


def amount(text: str | None) -> int:
    """Stroops. Raises Refused."""
    try:
        value = parse_scaled(text or "", STROOPS)
    except ValueError:
        raise bad(f"“{(text or '')[:40]}” is not an amount") from None
    if abs(value) > LARGEST:
        raise bad(f"“{(text or '')[:40]}” is not an amount of a bank account")
    return value


def day(text: str | None) -> date:
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        raise bad(f"“{(text or '')[:40]}” is not a date (2026-03-31)") from None


def named(lines: Iterable[Line]) -> tuple[Line, ...]:
    """With a key for each: of lines that the bank does not name, the content and how often it came before."""
    seen: Counter[str] = Counter()
    result = []
    for line in lines:
        if not line.key:
            content = repr((line.booked_on, line.stroops, line.name, line.iban, line.text, line.end_to_end))
            digest = hashlib.sha256(content.encode()).hexdigest()[:40]
            seen[digest] += 1
            line = replace(line, key=f"{digest}-{seen[digest]}")
        result.append(line)
    keys = Counter(line.key for line in result)
    doubled = [key for key, count in keys.items() if count > 1]
    if doubled:
        raise bad(f"the file has {doubled[0]} twice")
    return tuple(result)
