"""Statements of stakes: what was bought, sold, given and received, what they earned, at a date or for a year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stelltron.core.errors import Refused
from stelltron.members.models import Member

from ..models import Stake
from .stake_history import CLAIMS, GOT_BACK, PUT_IN, Kind, Line, earned, lines_of

FIRST_YEAR, LAST_YEAR = 2020, 2100


@dataclass(frozen=True)
class Sums:
    """Of money in one currency; ``claimable`` is None where one part of it is not known."""

    currency: str
    put_in: int = 0
    got_back: int = 0
    ahead_paid: int = 0
    ahead_got: int = 0
    claimed: int = 0
    claimable: int | None = 0

    def __add__(self, other: Sums) -> Sums:
        assert self.currency == other.currency
        known = self.claimable is not None and other.claimable is not None
        return Sums(
            self.currency,
            self.put_in + other.put_in,
            self.got_back + other.got_back,
            self.ahead_paid + other.ahead_paid,
            self.ahead_got + other.ahead_got,
            self.claimed + other.claimed,
            (self.claimable or 0) + (other.claimable or 0) if known else None,
        )


@dataclass(frozen=True)
class StakeStatement:
    """``lines`` lie within [since, until); ``claimable`` is None where it is not known for a past date."""

    stake: Stake
    since: datetime | None
    until: datetime
    lines: list[Line]
    units_before: int
    units: int
    claimed: int
    claimable: int | None

    @property
    def put_in(self) -> int:
        return -sum(line.amount for line in self.lines if line.kind in PUT_IN)

    @property
    def got_back(self) -> int:
        return sum(line.amount for line in self.lines if line.kind in GOT_BACK)

    @property
    def sums(self) -> Sums:
        return Sums(
            self.stake.generator.community.currency,
            self.put_in,
            self.got_back,
            -_sum(self.lines, Kind.INCOME_BOUGHT),
            _sum(self.lines, Kind.INCOME_SOLD),
            self.claimed,
            self.claimable,
        )


@dataclass(frozen=True)
class PortfolioStatement:
    member: Member
    year: int
    since: datetime
    until: datetime
    stakes: list[StakeStatement]

    @property
    def sums(self) -> list[Sums]:
        """One for each currency of the generators; with none of them, nothing in the member's own."""
        found: dict[str, Sums] = {}
        for one in self.stakes:
            sums = one.sums
            found[sums.currency] = found[sums.currency] + sums if sums.currency in found else sums
        return [found[currency] for currency in sorted(found)] or [Sums(self.member.community.currency)]


def stake_statement(stake: Stake, day: date | None = None, now: datetime | None = None) -> StakeStatement:
    """Since the beginning, up to the end of ``day`` in the community's calendar. Raises Refused."""
    now = now or datetime.now(UTC)
    zone = ZoneInfo(stake.generator.community.time_zone)
    if day is None or day >= now.astimezone(zone).date():
        until = now
    else:
        until = datetime.combine(day + timedelta(days=1), time(), zone)
    return _statement(stake, lines_of([stake])[stake.pk], None, until, now)


def portfolio_statement(member: Member, year: int, now: datetime | None = None) -> PortfolioStatement:
    """All stakes that had units or income in a year of the member's calendar. Raises Refused."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused("no_such_year", f"name a year from {FIRST_YEAR} to {LAST_YEAR}")
    now = now or datetime.now(UTC)
    zone = ZoneInfo(member.community.time_zone)
    since, ends = (datetime(one, 1, 1, tzinfo=zone) for one in (year, year + 1))
    until = min(ends, now)
    stakes = stakes_of(member)
    lines = lines_of(stakes)
    found = (_statement(stake, lines[stake.pk], since, until, now) for stake in stakes if lines[stake.pk])
    return PortfolioStatement(
        member, year, since, until, [one for one in found if one.lines or one.units_before or one.claimable]
    )


def stakes_of(member: Member) -> list[Stake]:
    rows = Stake.objects.filter(member=member).order_by("pk")
    return list(
        rows.select_related(
            "member", "generator__community", "generator__offering__request", "generator__offering__bid"
        )
    )


def _statement(
    stake: Stake, lines: list[Line], since: datetime | None, until: datetime, now: datetime
) -> StakeStatement:
    _require_equal(stake, lines)
    # Up to now is up to the last event: the ledger's clock may be ahead of ours.
    before = lines if until >= now else [line for line in lines if line.at < until]
    shown = [line for line in before if since is None or line.at >= since]
    claimed_before = _sum(before, *CLAIMS)
    if until >= now:
        claimable: int | None = stake.claimable(stake.generator.index)
    else:
        by_then = earned(stake, lines, until)
        claimable = None if by_then is None else by_then - claimed_before
    units = sum(line.units for line in before)
    return StakeStatement(
        stake=stake,
        since=since,
        until=until,
        lines=shown,
        units_before=units - sum(line.units for line in shown),
        units=units,
        claimed=_sum(shown, *CLAIMS),
        claimable=claimable,
    )


def _require_equal(stake: Stake, lines: list[Line]) -> None:
    """A statement that does not add up to the books is not issued."""
    told = (sum(line.units for line in lines), _sum(lines, *CLAIMS))
    if told != (stake.units, stake.claimed):
        raise Refused(
            "statement_differs",
            f"the lines of this stake add up to {told[0]} units, the books have {stake.units}: the co-op has to look"
            " into it before it issues a statement",
        )


def _sum(lines: Iterable[Line], *kinds: Kind) -> int:
    return sum(line.amount for line in lines if line.kind in kinds)
