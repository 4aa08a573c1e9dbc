"""The days that an export is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from market.figures.rollups import day_bounds
from stelltron.core.errors import Refused
from stelltron.core.models import Community


@dataclass(frozen=True)
class Period:
    """Whole days of the community's calendar, the last one included."""

    community: Community
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Refused("period_backwards", "the period ends before it begins: give the earlier day first")

    @property
    def start(self) -> datetime:
        return day_bounds(self.community, self.first)[0]

    @property
    def end(self) -> datetime:
        return day_bounds(self.community, self.last)[1]
