"""The drawing of a portfolio's cash flow: bars above and below a line, in units of the picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from financing.models import Stake
from financing.reports import statements
from financing.reports.cash_flow import CashFlow, Month, cash_flow
from stelltron.members.models import Member

MONTHS_SHOWN = 36
HALF, MONTH_WIDTH, BAR_WIDTH, LABELS_EVERY = 100, 28, 10, 6


@dataclass(frozen=True)
class Bar:
    kind: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Label:
    x: int
    text: str


@dataclass(frozen=True)
class Chart:
    """``zero`` is where nothing moves. Above it is income, below it what units cost and brought.

    Each half has a scale of its own, up to ``most`` and down to ``least``: a month's income is a hundredth of a stake.
    """

    currency: str
    flow: CashFlow
    bars: list[Bar] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    most: int = 0
    least: int = 0
    width: int = 0
    bar_width: int = BAR_WIDTH
    zero: int = HALF
    label_y: int = 2 * HALF + 14
    height: int = 2 * HALF + 20
    left_out: int = 0

    @property
    def claimed(self) -> int:
        return sum(month.claimed for month in self.flow.months)

    @property
    def put_in(self) -> int:
        return sum(month.put_in for month in self.flow.months)

    @property
    def got_back(self) -> int:
        return sum(month.got_back for month in self.flow.months)

    @property
    def earned(self) -> int:
        return sum(month.earned for month in self.flow.months) + self.flow.undated


def charts_of(member: Member) -> list[Chart]:
    """One for each currency, in the order of their names; with no stakes an empty one in the member's own."""
    stakes: dict[str, list[Stake]] = defaultdict(list)
    for stake in statements.stakes_of(member):
        stakes[stake.generator.community.currency].append(stake)
    zone = ZoneInfo(member.community.time_zone)
    return [_chart(currency, stakes[currency], zone) for currency in sorted(stakes) or [member.community.currency]]


def _chart(currency: str, stakes: list[Stake], zone: ZoneInfo) -> Chart:
    flow = cash_flow(stakes, zone)
    shown = flow.months[-MONTHS_SHOWN:]
    above = max((max(one.earned, one.claimed) for one in shown), default=0)
    below = max((max(one.put_in, one.got_back) for one in shown), default=0)
    if not above + below:
        return Chart(currency, flow)
    return Chart(
        currency,
        flow,
        [bar for at, month in enumerate(shown) for bar in _bars(at, month, max(above, 1), max(below, 1))],
        [Label(at * MONTH_WIDTH, f"{month.month:%b %Y}") for at, month in enumerate(shown) if at % LABELS_EVERY == 0],
        above,
        below,
        max(len(shown), LABELS_EVERY) * MONTH_WIDTH,
        left_out=len(flow.months) - len(shown),
    )


def _bars(at: int, month: Month, most: int, least: int) -> Iterator[Bar]:
    above = [("earned", month.earned), ("claimed", month.claimed)]
    below = [("put-in", month.put_in), ("back", month.got_back)]
    for place in range(2):
        left = at * MONTH_WIDTH + place * (BAR_WIDTH + 1)
        kind, amount = above[place]
        height = round(HALF * max(amount, 0) / most, 2)
        if height:
            yield Bar(kind, left, HALF - height, height)
        kind, amount = below[place]
        if amount:
            yield Bar(kind, left, HALF, round(HALF * amount / least, 2))
