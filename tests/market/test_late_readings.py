"""Readings that come after their slot was cleared: a further version with the differences, and nothing else moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from devices.models import Device, MeteringPoint, SlotReading
from market import proof
from market.models import EnergyProof, SlotRun, StatementLine, Trade
from market.resettlement.late import settle_late
from stelltron.core.models import Community
from stelltron.ledger import journal, reconciliation
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START, Chain
from tests.market.test_clearing import close, reading

Kind = StatementLine.Kind


def late(member: Member, *, exported: int = 0, imported: int = 0, code: str = "") -> SlotReading:
    """A further metering point of the member that reports START's slot too late."""
    count = member.metering_points.count()
    point = MeteringPoint.objects.create(
        community=member.community, member=member, code=code or f"{member.code}-{count + 1}"
    )
    return SlotReading.objects.create(
        community=member.community,
        point=point,
        slot=START,
        exported_wh=exported,
        imported_wh=imported,
        exported_from_mwh=0,
        exported_to_mwh=exported * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported * 1000,
        state=SlotReading.State.LATE,
    )


def billed(member: Member) -> dict[str, tuple[int, int]]:
    """Wh and stroops per kind over all versions."""
    sums: dict[str, tuple[int, int]] = {}
    for line in member.statement_lines.all():
        wh, stroops = sums.get(line.kind, (0, 0))
        sums[line.kind] = wh + line.wh, stroops + line.amount
    return sums


@pytest.fixture
def cleared(trader: Callable, community: Community, chain: Chain) -> tuple[Member, Member]:
    """Sun sold 1 kWh at 15 cents and fed 2 kWh in; home bought that kWh and a half from the utility."""
    sun, home = trader("sun"), trader("home", slot_wh=1000)
    reading(sun, exported=3001)
    reading(home, imported=1503)
    close(community)
    chain.settle()
    return sun, home


def test_a_late_reading_in_a_closed_month_changes_exactly_the_lines_it_should(
    cleared: tuple[Member, Member], community: Community, chain: Chain
) -> None:
    """Six weeks and more than the contract's 64 slots later."""
    _sun, home = cleared
    for after in range(1000, 1003):
        reading(home, imported=10, slot=START + timedelta(hours=after))
    close(community, hours=1003)
    chain.settle()
    before = set(StatementLine.objects.values_list("pk", "wh", "amount"))
    trades = list(Trade.objects.values())
    late(home, exported=700)
    assert settle_late(community) == 1
    assert set(StatementLine.objects.values_list("pk", "wh", "amount")) >= before
    new = {(line.member_id, line.kind): (line.wh, line.amount) for line in StatementLine.objects.filter(run__version=2)}
    assert new == {
        (home.pk, Kind.OWN_USE): (503, 0),
        (home.pk, Kind.UTILITY_IMPORT): (-503, 503 * RETAIL // 1000),
        (home.pk, Kind.UTILITY_EXPORT): (197, 197 * FEED_IN // 1000),
    }
    assert list(Trade.objects.values()) == trades
    chain.settle()
    run = SlotRun.objects.get(version=2)
    assert (run.state, run.points, run.surplus_wh) == (SlotRun.State.SETTLED, 3, 3701)
    assert "home-2" in run.reason
    assert run.intent.slot > int(START.timestamp()) // 60
    assert reconciliation.reconcile(community).equal
    assert journal.balances(community)["meters", Asset.KWH] == -3701


def test_a_late_reading_within_reach_settles_in_its_own_slot(
    cleared: tuple[Member, Member], community: Community, chain: Chain
) -> None:
    _sun, home = cleared
    late(home, imported=97)
    assert settle_late(community) == 1
    chain.settle()
    run = SlotRun.objects.get(version=2)
    assert run.intent.slot == int(START.timestamp()) // 60
    assert run.state == SlotRun.State.SETTLED
    assert billed(home)[Kind.UTILITY_IMPORT] == (600, -(600 * RETAIL // 1000))


def test_late_need_is_met_from_what_its_owner_fed_in(
    cleared: tuple[Member, Member], community: Community, chain: Chain
) -> None:
    sun, _home = cleared
    late(sun, imported=2501)
    settle_late(community)
    chain.settle()
    assert billed(sun) == {
        Kind.COMMUNITY_SALE: (1000, 15 * CENT),
        Kind.OWN_USE: (2001, 0),
        Kind.UTILITY_EXPORT: (0, 0),
        Kind.UTILITY_IMPORT: (500, -(500 * RETAIL // 1000)),
    }
    balances = journal.balances(community)
    assert (balances.get(("exported", Asset.KWH), 0), balances["consumed", Asset.KWH]) == (0, 3001)
    assert reconciliation.reconcile(community).equal


def test_a_second_late_reading_makes_a_third_version(
    cleared: tuple[Member, Member], community: Community, chain: Chain
) -> None:
    _sun, home = cleared
    late(home, exported=300)
    settle_late(community)
    late(home, exported=300)
    assert settle_late(community) == 0, "version 2 is not settled yet"
    chain.settle()
    assert settle_late(community) == 1
    chain.settle()
    assert list(SlotRun.objects.order_by("version").values_list("version", "state")) == [
        (1, SlotRun.State.SETTLED),
        (2, SlotRun.State.SETTLED),
        (3, SlotRun.State.SETTLED),
    ]
    assert billed(home) == {
        Kind.COMMUNITY_PURCHASE: (1000, -15 * CENT),
        Kind.OWN_USE: (503, 0),
        Kind.UTILITY_IMPORT: (0, 0),
        Kind.UTILITY_EXPORT: (97, 97 * FEED_IN // 1000),
    }
    assert reconciliation.reconcile(community).equal


def test_settling_late_twice_settles_once(cleared: tuple[Member, Member], community: Community, chain: Chain) -> None:
    late(cleared[1], imported=5)
    assert [settle_late(community), settle_late(community)] == [1, 0]
    assert SlotReading.objects.filter(state=SlotReading.State.LATE).count() == 0
    assert ChainIntent.objects.filter(run__version=2).count() == 1


def test_a_proved_day_is_proved_again_with_its_late_readings(
    cleared: tuple[Member, Member], community: Community, chain: Chain
) -> None:
    sun, _home = cleared
    close(community, hours=24)
    community.refresh_from_db()
    assert proof.prove_due_days(community) == 0
    late(sun, exported=444)
    settle_late(community)
    assert proof.prove_due_days(community) == 0
    assert EnergyProof.objects.get(member=sun).minted_wh == 3001, "not settled yet"
    chain.settle()
    assert proof.prove_due_days(community) == 0
    proved = EnergyProof.objects.get(member=sun)
    assert (proved.metered_wh, proved.minted_wh, proved.equal) == (3445, 3445, True)
    assert not Device.objects.filter(state=Device.State.BLOCKED).exists()
