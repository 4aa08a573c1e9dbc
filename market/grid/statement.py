"""What the grid operator is owed: fees of settled trades by month and zone, against the journal's account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from devices.models import MeteringPoint
from stelltron.core.models import Community
from stelltron.ledger import journal
from stelltron.ledger.models import Asset

from ..models import Trade
from ..selectors import month_bounds
from .zones import GRID


@dataclass(frozen=True)
class ZoneFees:
    """Energy from one zone into another (or the same), and what its buyers paid the grid."""

    from_zone: int
    into_zone: int
    wh: int
    stroops: int


@dataclass(frozen=True)
class GridStatement:
    """``collected`` and ``booked`` are of all time and must be equal: trades settled, and the journal's account."""

    zones: list[ZoneFees]
    on_its_way: int
    collected: int
    booked: int

    @property
    def wh(self) -> int:
        return sum(zone.wh for zone in self.zones)

    @property
    def stroops(self) -> int:
        return sum(zone.stroops for zone in self.zones)


def grid_statement(community: Community, month: str) -> GridStatement:
    """The fees of one month of the community's calendar (``2026-06``). Raises ValueError."""
    start, end = month_bounds(community, month)
    trades = Trade.objects.filter(community=community)
    settled = trades.filter(state=Trade.State.SETTLED)
    waiting = trades.filter(state=Trade.State.MATCHED, slot__gte=start, slot__lt=end)
    return GridStatement(
        list(_by_zone(settled.filter(slot__gte=start, slot__lt=end))),
        _fees(waiting),
        _fees(settled),
        journal.balances(community).get((GRID, Asset.WATT), 0),
    )


def _by_zone(trades: QuerySet[Trade]) -> Iterator[ZoneFees]:
    rows = (
        trades.annotate(from_zone=_zone_of("seller"), into_zone=_zone_of("buyer"))
        .order_by("into_zone", "from_zone")
        .values_list("from_zone", "into_zone")
        .annotate(Sum("wh"), Sum("fee_amount"))
    )
    for from_zone, into_zone, wh, stroops in rows:
        yield ZoneFees(from_zone, into_zone, wh, stroops)


def _zone_of(side: str) -> Subquery:
    """The zone of the member's first metering point, as clearing counts it."""
    points = MeteringPoint.objects.filter(member=OuterRef(side)).order_by("code")
    return Subquery(points.values("zone")[:1])


def _fees(trades: QuerySet[Trade]) -> int:
    return trades.aggregate(total=Sum("fee_amount"))["total"] or 0
