"""A member's day in one row: what the meters counted, what the lines say, and what the utility alone would have cost.

One statement sums it, for the table and for the portal's running day. Lines are only ever added, so a day is
out of date exactly when a line newer than its rows falls into it.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max, Min

from stelltron.core import slots
from stelltron.core.advisory_locks import lock_rollups
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.members.models import Member

from .. import parameters
from ..models import MemberDay, StatementLine, Tariff
from ..tariffs.prices import UtilityBook

FIGURES = (
    "exported_wh", "imported_wh", "imported_by_hour", "sold_wh", "earned", "bought_wh", "paid", "fees", "own_use_wh",
    "fed_in_wh", "fed_in", "drawn_wh", "drawn", "net", "utility_cost", "utility_income", "saved", "co2_mg", "last_line",
)  # fmt: skip

# Energy that is held counts at the feed-in tariff until it is used; all other kinds cost the same at the utility.
DAY = """
WITH usual AS (
    SELECT * FROM unnest(%(slots)s::timestamptz[], %(retail)s::bigint[], %(feed_in)s::bigint[]) AS u(slot, retail, feed_in)
), own AS (
    SELECT * FROM unnest(%(own_member)s::uuid[], %(own_slot)s::timestamptz[], %(own_retail)s::bigint[],
        %(own_feed_in)s::bigint[]) AS o(member_id, slot, retail, feed_in)
), of_day AS (
    SELECT id FROM members_member
    WHERE community_id = %(community)s AND (%(member)s::uuid IS NULL OR id = %(member)s)
), hours AS (
    SELECT p.member_id, extract(hour FROM r.slot AT TIME ZONE %(zone)s)::int AS hour,
        sum(exported_wh) AS exported_wh, sum(imported_wh) AS imported_wh,
        sum(imported_wh * coalesce(o.retail, u.retail) / 1000) AS utility_cost,
        sum(exported_wh * coalesce(o.feed_in, u.feed_in) / 1000) AS utility_income
    FROM devices_slotreading r JOIN devices_meteringpoint p ON p.id = r.point_id
    JOIN of_day ON of_day.id = p.member_id JOIN usual u ON u.slot = r.slot
    LEFT JOIN own o ON o.slot = r.slot AND o.member_id = p.member_id
    WHERE r.community_id = %(community)s AND r.state = 'CLEARED'
    GROUP BY 1, 2
), metered AS (
    SELECT member_id, sum(exported_wh) AS exported_wh, sum(imported_wh) AS imported_wh,
        sum(utility_cost) AS utility_cost, sum(utility_income) AS utility_income,
        jsonb_object_agg(hour, imported_wh) AS imported_by_hour
    FROM hours GROUP BY 1
), kinds AS (
    SELECT l.id, l.member_id, wh, amount, kind,
        kind IN ('COMMUNITY_SALE', 'FRIEND_SALE', 'STORED_SALE') AS sale,
        kind IN ('COMMUNITY_PURCHASE', 'FRIEND_PURCHASE', 'STORED_PURCHASE') AS purchase,
        wh * coalesce(o.feed_in, u.feed_in) / 1000 AS worth_fed_in,
        wh * coalesce(o.retail, u.retail) / 1000 AS worth_retail, trade_id IS NOT NULL AND kind = 'COMMUNITY_PURCHASE' AS to_hold,
        trade_id IS NOT NULL AND kind = 'UTILITY_EXPORT' AS passed_on
    FROM market_statementline l JOIN of_day ON of_day.id = l.member_id JOIN usual u ON u.slot = l.slot
    LEFT JOIN own o ON o.slot = l.slot AND o.member_id = l.member_id
), billed AS (
    SELECT member_id, max(id) AS last_line, sum(amount) AS net,
        sum(wh) FILTER (WHERE sale) AS sold_wh, sum(amount) FILTER (WHERE sale) AS earned,
        sum(wh) FILTER (WHERE purchase) AS bought_wh, -sum(amount) FILTER (WHERE purchase) AS paid,
        -sum(amount) FILTER (WHERE kind = 'GRID_FEE') AS fees,
        sum(wh) FILTER (WHERE kind = 'OWN_USE') AS own_use_wh,
        sum(wh) FILTER (WHERE kind = 'UTILITY_EXPORT') AS fed_in_wh,
        sum(amount) FILTER (WHERE kind = 'UTILITY_EXPORT') AS fed_in,
        sum(wh) FILTER (WHERE kind = 'UTILITY_IMPORT') AS drawn_wh,
        -sum(amount) FILTER (WHERE kind = 'UTILITY_IMPORT') AS drawn,
        sum(CASE WHEN sale THEN amount - worth_fed_in
            WHEN purchase THEN amount + CASE WHEN to_hold THEN worth_fed_in ELSE worth_retail END
            WHEN kind = 'OWN_USE' THEN worth_retail - worth_fed_in
            WHEN passed_on THEN amount - worth_retail
            WHEN kind = 'GRID_FEE' THEN amount ELSE 0 END) AS saved
    FROM kinds GROUP BY 1
)
SELECT coalesce(m.member_id, b.member_id) AS member_id, coalesce(imported_by_hour, '{}') AS imported_by_hour,
    greatest(coalesce(imported_wh, 0) - coalesce(drawn_wh, 0), 0)::bigint * %(co2)s::bigint AS co2_mg,
    coalesce(last_line, 0) AS last_line,
"""
SUMS = tuple(name for name in FIGURES if name not in ("imported_by_hour", "co2_mg", "last_line"))
DAY += ", ".join(f"coalesce({name}, 0)::bigint AS {name}" for name in SUMS)
DAY += " FROM metered m FULL JOIN billed b ON b.member_id = m.member_id"

REBUILD = (
    f"INSERT INTO market_memberday (community_id, day, member_id, {', '.join(FIGURES)}) "
    f"SELECT %(community)s, %(day)s, member_id, {', '.join(FIGURES)} FROM ({DAY}) AS figures "
    "ON CONFLICT (member_id, day) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in FIGURES)
)


@transaction.atomic
def rebuild_changed_days(community: Community) -> int:
    """Sum again every day with lines that its rows do not hold yet. Returns how many days.

    All of them or none: the newest line held says how far the community has come.
    """
    lock_rollups(community.pk)
    days = changed_days(community)
    for day in days:
        rebuild_day(community, day)
    return len(days)


def changed_days(community: Community) -> list[date]:
    newest = MemberDay.objects.filter(community=community).aggregate(line=Max("last_line"))["line"] or 0
    lines = StatementLine.objects.filter(member__community=community, id__gt=newest)
    zone = ZoneInfo(community.time_zone)
    slots_changed = lines.order_by("slot").values_list("slot", flat=True).distinct()
    return sorted({slot.astimezone(zone).date() for slot in slots_changed})


def rebuild_everything(community: Community) -> int:
    """Every day since the first line, after a repair or a change of the formulas."""
    first = StatementLine.objects.filter(member__community=community).aggregate(slot=Min("slot"))["slot"]
    if first is None:
        return 0
    zone = ZoneInfo(community.time_zone)
    start, today = first.astimezone(zone).date(), community.now().astimezone(zone).date()
    days = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    for day in days:
        rebuild_day(community, day)
    return len(days)


@transaction.atomic
def rebuild_day(community: Community, day: date) -> None:
    lock_rollups(community.pk)
    with connection.cursor() as cursor:
        cursor.execute(REBUILD, {**_terms(community, day), "member": None, "day": day})


def running_day(member: Member) -> MemberDay:
    """The member's day so far, summed on the spot; not saved."""
    community = member.community
    day = community.now().astimezone(ZoneInfo(community.time_zone)).date()
    with connection.cursor() as cursor:
        cursor.execute(DAY, {**_terms(community, day), "member": member.pk})
        names = [column.name for column in cursor.description]
        row = cursor.fetchone()
    figures = dict(zip(names, row, strict=True)) if row else {**dict.fromkeys(FIGURES, 0), "imported_by_hour": "{}"}
    # A bare cursor hands JSON over as text.
    figures["imported_by_hour"] = json.loads(figures["imported_by_hour"])
    return MemberDay(**{**figures, "member_id": member.pk, "community_id": community.pk, "day": day})


def day_bounds(community: Community, day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight where the community lives: 23, 24 or 25 hours."""
    zone = ZoneInfo(community.time_zone)
    following = day + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone), datetime(
        following.year, following.month, following.day, tzinfo=zone
    )


def _terms(community: Community, day: date) -> dict[str, Any]:
    """The utility's prices of each slot of the day, tax included, and what the statement needs besides."""
    start, end = day_bounds(community, day)
    starts = slots.boundaries_between(start - timedelta(seconds=1), end - timedelta(seconds=1), community.slot_minutes)
    book = UtilityBook(community)
    usual = [_prices(book, slot) for slot in starts]
    own = [(who, slot, *_prices(book, slot, who)) for slot in starts for who in book.on_own_plan(slot)]
    return {
        "community": community.pk,
        "zone": community.time_zone,
        "slots": starts,
        "retail": [retail for retail, _ in usual],
        "feed_in": [feed_in for _, feed_in in usual],
        "own_member": [who for who, *_ in own],
        "own_slot": [slot for _, slot, *_ in own],
        "own_retail": [retail for *_, retail, _ in own],
        "own_feed_in": [feed_in for *_, feed_in in own],
        "co2": value_at(community, parameters.CO2_G_PER_KWH, start),
    }


def _prices(book: UtilityBook, slot: datetime, who: object = None) -> tuple[int | None, int | None]:
    """(retail with tax, feed-in); None before the first tariff."""
    try:
        prices = book.prices(slot, who)
    except Tariff.DoesNotExist:
        return None, None
    return prices.retail + prices.tax, prices.feed_in
