"""What every statement file is read into, before anything is stored."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS, parse_scaled

# Nothing a bank books is finer, and nothing a co-op holds is more.
LARGEST = 10**17
# What banks write where there is no reference.
NO_REFERENCE = ("", "NOTPROVIDED", "NONREF")


@dataclass(frozen=True)
class Line:
    """``stroops`` above zero came in. ``key`` is what the bank calls it: empty, or the same for many, as banks please.

    ``identity`` is what we know it by: its content, and how often that came before on its day.
    """

    key: str
    booked_on: date
    stroops: int
    name: str = ""
    iban: str = ""
    text: str = ""
    end_to_end: str = ""
    is_reversal: bool = False
    identity: str = ""


@dataclass(frozen=True)
class Statement:
    account: str
    # The bank's own, or of a file without one what it is.
    number: str
    currency: str
    begins: date
    ends: date
    opening: int
    closing: int
    lines: tuple[Line, ...]
    is_numbered: bool = True


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


def identified(lines: Iterable[Line], before: Mapping[str, int] | None = None) -> tuple[Line, ...]:
    """With an identity for each. ``before`` counts the lines of the same content that are known already."""
    seen = Counter(before or {})
    result = []
    for line in lines:
        content = content_of(line)
        seen[content] += 1
        result.append(replace(line, identity=f"{content}-{seen[content]}"))
    return tuple(result)


def content_of(line: Line) -> str:
    """A hash of all that the bank says of it. Its reference alone is not enough: banks write NONREF, or count anew."""
    said = (line.booked_on, line.key, line.stroops, line.name, line.iban, line.text, line.end_to_end)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:40]
