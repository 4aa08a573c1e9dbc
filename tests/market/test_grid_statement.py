"""What the grid operator's statement says is what the journal's grid account holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from devices.models import MeteringPoint
from market.grid.statement import ZoneFees, grid_statement
from market.models import GridFee, StatementLine
from stelltron.core.models import Community
from stelltron.ledger import journal
from stelltron.ledger.models import Asset
from tests.conftest import CENT, START, Chain
from tests.market.test_clearing import close, reading


def test_the_statement_sums_to_the_journal_and_the_bills(trader: Callable, community: Community, chain: Chain) -> None:
    """Two zones; half past midnight in Tokyo the next month has begun."""
    Community.objects.update(time_zone="Asia/Tokyo")
    community.refresh_from_db()
    for zone in (0, 1):
        GridFee.objects.create(
            community=community, zone=zone, name=f"feeder {zone}", inside=CENT, out=CENT, into=2 * CENT,
            valid_from=START - timedelta(days=1),
        )  # fmt: skip
    sun, near, far = trader("sun"), trader("near"), trader("far")
    MeteringPoint.objects.filter(code="far").update(zone=1)
    next_month = timedelta(days=29, hours=4)
    for after in (timedelta(0), next_month):
        reading(sun, exported=2001, slot=START + after)
        reading(near, imported=1000, slot=START + after)
    reading(far, imported=1001)
    close(community)
    chain.settle()
    close(community, hours=29 * 24 + 5)
    june = grid_statement(community, "2026-06")
    assert june.zones == [ZoneFees(0, 0, 1000, CENT), ZoneFees(0, 1, 1001, 1001 * 3 * CENT // 1000)]
    july = grid_statement(community, "2026-07")
    assert (july.zones, july.on_its_way) == ([], CENT)
    assert june.collected == june.booked == june.stroops
    chain.settle()
    july = grid_statement(community, "2026-07")
    assert july.zones == [ZoneFees(0, 0, 1000, CENT)]
    booked = journal.balances(community)["grid", Asset.WATT]
    assert july.collected == july.booked == booked == june.stroops + july.stroops
    billed = StatementLine.objects.filter(kind=StatementLine.Kind.GRID_FEE).values_list("amount", flat=True)
    assert -sum(billed) == booked
