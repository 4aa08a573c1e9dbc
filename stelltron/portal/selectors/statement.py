"""Statements: lines newest first, by keyset, and everything behind one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from devices.models import SlotReading
from market.clearing.lines import PURCHASE, SALE
from market.models import Dispute, StatementLine, Trade
from stelltron.core.units import WH_PER_KWH
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

PAGE_LINES = 60
FIRST_YEAR, LAST_YEAR = 1970, 2100


@dataclass(frozen=True)
class Filter:
    """A month of the community's calendar and a kind; empty: all."""

    month: date | None = None
    kind: str = ""

    @classmethod
    def read(cls, month: str, kind: str) -> Filter:
        """From the address; what does not fit is left out."""
        return cls(_read_month(month), kind if kind in StatementLine.Kind.values else "")


@dataclass
class Page:
    days: list[tuple[date, list[StatementLine]]] = field(default_factory=list)
    following: str = ""


def lines(member: Member, chosen: Filter) -> QuerySet[StatementLine]:
    found = StatementLine.objects.filter(member=member).select_related("run__intent", "trade__intent")
    if chosen.month:
        start, end = _month_bounds(member, chosen.month)
        found = found.filter(slot__gte=start, slot__lt=end)
    if chosen.kind:
        found = found.filter(kind=chosen.kind)
    pending = Dispute.objects.filter(line=OuterRef("pk"), state__in=Dispute.PENDING)
    return found.annotate(is_disputed=Exists(pending)).order_by("-slot", "-id")


def frozen(member: Member, chosen: Filter) -> int:
    """Stroops of the lines shown that wait for the decision of a dispute."""
    disputed = lines(member, chosen).filter(is_disputed=True)
    return disputed.aggregate(total=Sum("amount"))["total"] or 0


def page(member: Member, chosen: Filter, cursor: str) -> Page:
    """One page from ``cursor`` (slot and id of the last line seen) on."""
    found = lines(member, chosen)
    after = _read_cursor(cursor)
    if after:
        slot, line_id = after
        found = found.filter(Q(slot__lt=slot) | Q(slot=slot, id__lt=line_id))
    rows = list(found[: PAGE_LINES + 1])
    following = ""
    if len(rows) > PAGE_LINES:
        rows = rows[:PAGE_LINES]
        following = f"{int(rows[-1].slot.timestamp())}-{rows[-1].pk}"
    return Page(_by_day(rows, ZoneInfo(member.community.time_zone)), following)


def totals(member: Member, chosen: Filter) -> list[dict]:
    """Energy and money per kind."""
    sums = {
        row["kind"]: row
        for row in lines(member, chosen)
        .select_related(None)
        .order_by()
        .values("kind")
        .annotate(wh=Sum("wh"), amount=Sum("amount"), count=Count("id"))
    }
    return [{**sums[kind], "label": label} for kind, label in StatementLine.Kind.choices if kind in sums]


def months(member: Member) -> list[date]:
    """The months with lines, newest first."""
    span = StatementLine.objects.filter(member=member).aggregate(first=Min("slot"), last=Max("slot"))
    if span["first"] is None:
        return []
    zone = ZoneInfo(member.community.time_zone)
    month, last = (span[key].astimezone(zone).date().replace(day=1) for key in ("first", "last"))
    found = []
    while month <= last:
        found.append(month)
        month = _next_month(month)
    return found[::-1]


@dataclass(frozen=True)
class Proof:
    """Everything behind one line, down to the transaction."""

    readings: list[SlotReading]
    trades: list[Trade]
    intent: ChainIntent | None

    @property
    def traded_amount(self) -> int:
        return sum(trade.amount for trade in self.trades)


def proof(line: StatementLine) -> Proof:
    readings = SlotReading.objects.filter(point__member=line.member_id, slot=line.slot).select_related("point")
    source = line.trade or line.run
    intent = ChainIntent.objects.select_related("transaction").filter(pk=source.intent_id).first() if source else None
    return Proof(list(readings.order_by("point__code")), _trades(line), intent)


def product(line: StatementLine) -> tuple[int, int]:
    """Wh x price, whole stroops and the thousandths that the rounding rule drops."""
    return divmod(line.wh * line.price, WH_PER_KWH)


def _trades(line: StatementLine) -> list[Trade]:
    if line.trade_id:
        return [line.trade]
    if line.run_id is None:
        return []
    sides = {
        **{kind: ("seller", venue) for venue, kind in SALE.items()},
        **{kind: ("buyer", venue) for venue, kind in PURCHASE.items()},
    }
    if line.kind == StatementLine.Kind.GRID_FEE:
        return list(line.run.trades.filter(buyer=line.member_id, fee=line.price).order_by("id"))
    if line.kind not in sides:
        return []
    side, venue = sides[line.kind]
    return list(line.run.trades.filter(venue=venue, price=line.price, **{side: line.member_id}).order_by("id"))


def _by_day(rows: Iterable[StatementLine], zone: ZoneInfo) -> list[tuple[date, list[StatementLine]]]:
    return [(day, list(group)) for day, group in groupby(rows, key=lambda row: row.slot.astimezone(zone).date())]


def _read_month(text: str) -> date | None:
    try:
        first = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None
    return first if FIRST_YEAR <= first.year <= LAST_YEAR else None


def _month_bounds(member: Member, month: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(member.community.time_zone)
    following = _next_month(month)
    return datetime(month.year, month.month, 1, tzinfo=zone), datetime(following.year, following.month, 1, tzinfo=zone)


def _next_month(month: date) -> date:
    return month.replace(year=month.year + 1, month=1) if month.month == 12 else month.replace(month=month.month + 1)


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    seconds, _, line_id = cursor.partition("-")
    try:
        return datetime.fromtimestamp(int(seconds), UTC), int(line_id)
    except (ValueError, OverflowError, OSError):
        return None
