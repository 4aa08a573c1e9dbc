"""Reads of the market that several rooms need."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum

from stelltron.core.models import Community
from stelltron.members.models import Member

from .models import Order, SlotRun, StatementLine, Trade

DEEPEST = 100


def book_levels(community: Community, side: str, deepest: int = DEEPEST) -> list[dict[str, Any]]:
    """Open energy per price, the best price first; nobody's name."""
    live = Order.objects.filter(community=community, side=side, state__in=Order.LIVE)
    best_first = "-price" if side == Order.Side.BUY else "price"
    levels = live.values("price").annotate(wh=Sum("open_wh"), orders=Count("id")).order_by(best_first)
    return list(levels[:deepest])


def trades_of(member: Member) -> QuerySet[Trade]:
    return Trade.objects.filter(Q(buyer=member) | Q(seller=member)).select_related("intent", "intent__transaction")


def newest_versions(community: Community) -> QuerySet[SlotRun]:
    """One run a slot: a later version counts the whole slot again."""
    newest = SlotRun.objects.filter(community=community).order_by("slot", "-version").distinct("slot")
    return SlotRun.objects.filter(pk__in=newest.values("pk"))


def month_bounds(community: Community, month: str) -> tuple[datetime, datetime]:
    """``2026-06`` from midnight to midnight where the community lives. Raises ValueError."""
    zone = ZoneInfo(community.time_zone)
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start, following


def month_of(community: Community, moment: datetime) -> str:
    """The month of the community's calendar that ``moment`` lies in, as ``2026-06``."""
    return f"{moment.astimezone(ZoneInfo(community.time_zone)):%Y-%m}"


def statement_of(member: Member, month: str | None = None, kind: str | None = None) -> QuerySet[StatementLine]:
    """The member's lines, of one month of their community's calendar. Raises ValueError."""
    lines = StatementLine.objects.filter(member=member).select_related("run__intent", "trade__intent")
    if month:
        start, end = month_bounds(member.community, month)
        lines = lines.filter(slot__gte=start, slot__lt=end)
    return lines.filter(kind=kind) if kind else lines


def months_between(community: Community, first: datetime, last: datetime) -> list[str]:
    """The months of the community's calendar from ``first`` to ``last``, as ``2026-06``."""
    zone = ZoneInfo(community.time_zone)
    month, end = first.astimezone(zone), last.astimezone(zone)
    count = (end.year - month.year) * 12 + end.month - month.month + 1
    months = (month.year * 12 + month.month - 1 + n for n in range(count))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in months]
