"""One line of what the office should look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Risk:
    """One thing staff should look at; ``stroops`` is what hangs on it, 0 where it has no amount of its own."""

    kind: str
    what: str
    detail: str
    stroops: int
    currency: str
    since: datetime | None
    url: str
    urgent: bool = False
