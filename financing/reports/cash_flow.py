"""A portfolio month by month: what was put in, what came back, what was claimed, and what was earned when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Case, F, IntegerField, Sum, Value, When
from django.db.models.functions import TruncMonth

from ..income import BASIS_POINTS, UNITS
from ..models import Payment, Stake
from .stake_history import CLAIMS, FUNDING, GOT_BACK, PUT_IN, Kind, Line, lines_of

# A generator, how many changes of a stake's units came before, and the shares its payments of each month left.
Shares = list[tuple[int, date, int]]
PAID = (*PUT_IN, Kind.INCOME_BOUGHT)
CAME_BACK = (*GOT_BACK, Kind.INCOME_SOLD)


@dataclass
class Month:
    """Stroops; nothing here is below zero."""

    month: date
    put_in: int = 0
    got_back: int = 0
    claimed: int = 0
    earned: int = 0


@dataclass(frozen=True)
class CashFlow:
    """``undated`` was earned otherwise than from payments: at a retirement, with income sold ahead."""

    months: list[Month]
    undated: int


def cash_flow(stakes: list[Stake], zone: ZoneInfo, now: datetime | None = None) -> CashFlow:
    """From the first month with a movement to the present one. Earned and undated are all that was and can be claimed."""
    lines = lines_of(stakes)
    months: dict[date, Month] = {}

    def month(day: date) -> Month:
        return months.setdefault(day, Month(day))

    for line in (line for one in lines.values() for line in one):
        found = month(_month(line.at, zone))
        if line.kind in PAID:
            found.put_in -= line.amount
        elif line.kind in CAME_BACK:
            found.got_back += line.amount
        elif line.kind in CLAIMS:
            found.claimed += line.amount
    dated = 0
    for day, amount in _earned(stakes, lines, zone):
        month(day).earned += amount
        dated += amount
    books = sum(stake.claimed + stake.claimable(stake.generator.index) for stake in stakes)
    return CashFlow(_filled(months, _month(now or datetime.now(UTC), zone)), books - dated)


def _earned(stakes: list[Stake], lines: dict[int, list[Line]], zone: ZoneInfo) -> Iterable[tuple[date, int]]:
    """Stakes whose units never changed hands share one query; each of the others has its own."""
    changes = {stake.pk: [x for x in lines[stake.pk] if x.units and x.kind not in FUNDING] for stake in stakes}
    shares = _shares([stake.generator_id for stake in stakes if not changes[stake.pk]], [], zone)
    for stake in stakes:
        changed = changes[stake.pk]
        found = _shares([stake.generator_id], changed, zone) if changed else shares
        yield from _of_one(found[stake.generator_id], _units(lines[stake.pk]))


def _of_one(shares: Shares, units: list[int]) -> Iterable[tuple[date, int]]:
    """The index grows by whole stroops a unit, what is left is carried on: so it is a sum, cut once."""
    total = 0
    for segment, month, share in shares:
        before, total = total // UNITS, total + share
        yield month, units[segment] * (total // UNITS - before)


def _units(lines: list[Line]) -> list[int]:
    """Owned after the funding, and after each change since."""
    units = [sum(line.units for line in lines if line.kind in FUNDING)]
    for line in lines:
        if line.units and line.kind not in FUNDING:
            units.append(units[-1] + line.units)
    return units


def _shares(generators: list[int], changes: list[Line], zone: ZoneInfo) -> dict[int, Shares]:
    """What payments left for the owners, by month and by how many of ``changes`` came before, in order."""
    # The last change that came before counts.
    cases = [When(event__gt=line.event, then=Value(at)) for at, line in reversed(list(enumerate(changes, start=1)))]
    to_owners = F("amount") - F("amount") * F("generator__offering__maintenance_bps") / BASIS_POINTS
    rows = (
        Payment.objects.filter(generator__in=generators, state=Payment.State.PAID)
        .annotate(
            segment=Case(*cases, default=Value(0), output_field=IntegerField()), month=TruncMonth("at", tzinfo=zone)
        )
        .values("generator_id", "segment", "month")
        .annotate(share=Sum(to_owners))
        .order_by("generator_id", "segment", "month")
    )
    found: dict[int, Shares] = defaultdict(list)
    for row in rows:
        found[row["generator_id"]].append((row["segment"], row["month"].date(), int(row["share"])))
    return found


def _month(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date().replace(day=1)


def _filled(months: dict[date, Month], present: date) -> list[Month]:
    """Without gaps."""
    if not months:
        return []
    found, day = [], min(months)
    while day <= max(present, *months):
        found.append(months.get(day, Month(day)))
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return found
