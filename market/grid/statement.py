"""What the grid operator is owed: the tariff's fees of settled trades by month and zone, whoever bears them.

Members pay less where they have GRID at stake; the rest is the co-op's. What members paid is the journal's account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable

from devices.models import MeteringPoint
from stelltron.core.models import Community
from stelltron.ledger import journal
from stelltron.ledger.models import Asset

from ..models import Trade
from ..selectors import month_bounds
from .discounts import OWED, taken_off
from .zones import GRID


@dataclass(frozen=True)
class ZoneFees:
    """Energy from one zone into another (or the same), what it owes the grid, and what its buyers paid of that."""

    from_zone: int
    into_zone: int
    wh: int
    stroops: int
    paid: int

    @property
    def discounts(self) -> int:
        return self.stroops - self.paid


@dataclass(frozen=True)
class GridStatement:
    """``collected`` and ``booked`` are of all time and must be equal: what buyers paid, and the journal's account.

    ``discounted``, of all time too, is what the co-op adds so that the grid has its whole tariff.
    """

    zones: list[ZoneFees]
    on_its_way: int
    collected: int
    discounted: int
    booked: int

    @property
    def wh(self) -> int:
        return sum(zone.wh for zone in self.zones)

    @property
    def stroops(self) -> int:
        return sum(zone.stroops for zone in self.zones)

    @property
    def paid(self) -> int:
        return sum(zone.paid for zone in self.zones)

    @property
    def discounts(self) -> int:
        return self.stroops - self.paid


def grid_statement(community: Community, month: str) -> GridStatement:
    """The fees of one month of the community's calendar (``2026-06``). Raises ValueError."""
    start, end = month_bounds(community, month)
    trades = Trade.objects.filter(community=community)
    settled = trades.filter(state=Trade.State.SETTLED)
    waiting = trades.filter(state=Trade.State.MATCHED, slot__gte=start, slot__lt=end)
    return GridStatement(
        list(_by_zone(settled.filter(slot__gte=start, slot__lt=end))),
        _sum(waiting, OWED),
        _sum(settled, F("fee_amount")),
        taken_off(settled),
        journal.balances(community).get((GRID, Asset.WATT), 0),
    )


def _by_zone(trades: QuerySet[Trade]) -> Iterator[ZoneFees]:
    rows = (
        trades.annotate(from_zone=_zone_of("seller"), into_zone=_zone_of("buyer"))
        .order_by("into_zone", "from_zone")
        .values_list("from_zone", "into_zone")
        .annotate(Sum("wh"), owed=Sum(OWED), paid=Sum("fee_amount"))
    )
    for from_zone, into_zone, wh, stroops, paid in rows:
        yield ZoneFees(from_zone, into_zone, wh, stroops, paid)


def _zone_of(side: str) -> Subquery:
    """The zone of the member's first metering point, as clearing counts it."""
    points = MeteringPoint.objects.filter(member=OuterRef(side)).order_by("code")
    return Subquery(points.values("zone")[:1])


def _sum(trades: QuerySet[Trade], of: Combinable) -> int:
    return trades.aggregate(total=Sum(of))["total"] or 0
