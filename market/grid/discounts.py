"""What members get off the grid fee for the GRID they have at stake: from a slot on, until a later row.

The grid is owed its whole tariff; what is taken off is the co-op's. A row begins with a slot that has not begun, so that
every trade of a slot, whenever it is matched, cleared or computed again, finds the same discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from stelltron.core import prepared, slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community
from stelltron.core.units import WH_PER_KWH
from stelltron.members.models import Member

from ..models import FeeDiscount, StatementLine, Trade
from ..selectors import month_bounds

# What the grid's tariff asks for a trade, in stroops.
OWED = F("wh") * F("tariff_fee") / WH_PER_KWH
# Plain SQL: every order that trades across a fee asks it.
IN_FORCE = """
SELECT member_id, percent FROM (
  SELECT DISTINCT ON (d.member_id) d.member_id, d.percent
  FROM market_feediscount d JOIN members_member m ON m.id = d.member_id
  WHERE m.community_id = %s AND d.valid_from <= %s
  ORDER BY d.member_id, d.valid_from DESC, d.id DESC
) newest WHERE percent > 0
"""


def discounts_at(community: Community, start: datetime) -> dict[object, int]:
    """Percent per member who has a discount in the slot that begins at ``start``."""
    return dict(prepared.run(IN_FORCE, [community.pk, start]).fetchall())


def newest(member: Member) -> FeeDiscount | None:
    """What holds for the member, or will from the next slot on; none before the first."""
    return FeeDiscount.objects.filter(member=member).first()


def newest_percents() -> dict[object, int]:
    """What ``newest`` says, of everybody who ever had a discount."""
    rows = FeeDiscount.objects.order_by("member_id", "-valid_from", "-id").distinct("member_id")
    return dict(rows.values_list("member_id", "percent"))


@transaction.atomic
def change_discount(member: Member, percent: int) -> None:
    """``percent`` off the member's grid fee from the next slot on."""
    # Orders and clearing hold it too: none of them is in the next slot before this is written.
    lock_market(member.community_id)
    last = newest(member)
    if percent == (last.percent if last else 0):
        return
    community = Community.objects.get(pk=member.community_id)
    running = slots.slot_of(community.now(), community.slot_minutes)
    start = slots.next_slot(running, community.slot_minutes)
    FeeDiscount.objects.create(member=member, percent=percent, valid_from=start)


def taken_off(trades: QuerySet[Trade]) -> int:
    """Stroops of the grid's tariff that the trades' buyers did not pay."""
    return trades.aggregate(sum=Sum(OWED - F("fee_amount")))["sum"] or 0


def saved_in_month(member: Member, month: str) -> int:
    """What the discount has taken off the member's grid fees in a month of their community's calendar (``2026-06``)."""
    start, end = month_bounds(member.community, month)
    bought = Trade.objects.filter(buyer=member, slot__gte=start, slot__lt=end)
    return taken_off(bought.exclude(state=Trade.State.FAILED))


@dataclass(frozen=True)
class Reduction:
    """A grid fee that a member paid, what it is by tariff (both stroops per kWh), and the discount in percent."""

    fee: int
    tariff_fee: int
    percent: int


def reductions(member_id: object, lines: QuerySet[StatementLine]) -> list[Reduction]:
    """What a discount made of the grid fees among the member's statement lines, each way once."""
    fees = lines.filter(kind=StatementLine.Kind.GRID_FEE).order_by()
    cleared = fees.filter(run=OuterRef("run"), price=OuterRef("fee"))
    bought = Trade.objects.filter(buyer=member_id, fee__lt=F("tariff_fee"))
    trades = bought.filter(Q(pk__in=fees.values("trade")) | Exists(cleared))
    in_force = FeeDiscount.objects.filter(member=member_id, valid_from__lte=OuterRef("slot"))
    found = trades.annotate(percent=Subquery(in_force.values("percent")[:1])).order_by("tariff_fee", "fee", "percent")
    return [Reduction(*row) for row in found.values_list("fee", "tariff_fee", "percent").distinct()]
