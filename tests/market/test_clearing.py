"""Closing slots: from readings to trades, lines, journal and the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from devices.models import Device, Register, SlotReading
from market import parameters
from market.clearing.closing import close_due_slots, next_due_slot
from market.models import BankedEnergy, SlotRun, StatementLine, Trade
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.ledger import journal, reconciliation
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START

Kind = StatementLine.Kind


def reading(member: Member, exported: int = 0, imported: int = 0, slot: datetime = START) -> SlotReading:
    return SlotReading.objects.create(
        community=member.community,
        point=member.metering_points.get(),
        slot=slot,
        exported_wh=exported,
        imported_wh=imported,
        exported_from_mwh=0,
        exported_to_mwh=exported * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported * 1000,
    )


def close(community: Community, hours: int = 1) -> int:
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=hours))
    return close_due_slots(community)


def lines(member: Member) -> dict[str, tuple[int, int]]:
    return {line.kind: (line.wh, line.amount) for line in member.statement_lines.all()}


def test_surplus_goes_to_neighbours_at_the_midpoint_and_the_rest_to_the_utility(
    trader: Callable, community: Community, chain
) -> None:
    sun, one, two = trader("sun"), trader("one"), trader("two")
    reading(sun, exported=3000)
    reading(one, imported=1000)
    reading(two, imported=1000)
    assert close(community) == 1
    chain.settle()
    run = SlotRun.objects.get()
    assert (run.traded_wh, run.price, run.state) == (2000, 15 * CENT, SlotRun.State.SETTLED)
    assert lines(sun) == {Kind.COMMUNITY_SALE: (2000, 30 * CENT), Kind.UTILITY_EXPORT: (1000, FEED_IN)}
    assert lines(one) == {Kind.COMMUNITY_PURCHASE: (1000, -15 * CENT)}
    assert reconciliation.reconcile(community).equal
    balances = journal.balances(community)
    assert balances["meters", Asset.KWH] == -3000
    assert balances["consumed", Asset.KWH] == 2000
    assert balances["exported", Asset.KWH] == 1000
    assert balances.get((journal.member_account(sun.pk), Asset.KWH), 0) == 0


def test_scarce_surplus_is_shared_pro_rata_and_the_utility_fills_up(trader: Callable, community: Community) -> None:
    sun, one, two = trader("sun"), trader("one"), trader("two")
    reading(sun, exported=1000)
    reading(one, imported=1000)
    reading(two, imported=3000)
    close(community)
    assert lines(one)[Kind.COMMUNITY_PURCHASE][0] == 250
    assert lines(two)[Kind.COMMUNITY_PURCHASE][0] == 750
    assert lines(two)[Kind.UTILITY_IMPORT] == (2250, -(2250 * RETAIL // 1000))


def test_a_member_without_mandate_or_money_deals_with_the_utility_alone(
    trader: Callable, new_member: Callable, community: Community
) -> None:
    sun, outsider, broke = trader("sun"), new_member("outsider"), trader("broke", watt=1)
    reading(sun, exported=100_000)
    reading(outsider, imported=1000)
    reading(broke, imported=90_000)
    close(community)
    assert set(lines(outsider)) == {Kind.UTILITY_IMPORT}
    bought, paid = lines(broke)[Kind.COMMUNITY_PURCHASE]
    assert bought == 1 * 100 * CENT * 1000 // RETAIL
    assert -paid <= 100 * CENT


def test_mandate_limits_hold(trader: Callable, community: Community) -> None:
    dear, small = trader("dear", sell_at_least=27 * CENT), trader("small", slot_wh=300)
    modest = trader("modest", buy_at_most=20 * CENT)
    reading(dear, exported=5000)
    reading(small, imported=1000)
    reading(modest, imported=1000)
    close(community)
    trade = Trade.objects.get()
    assert trade.wh == 300
    assert 27 * CENT <= trade.price <= RETAIL
    assert set(lines(modest)) == {Kind.UTILITY_IMPORT}


def test_the_day_limit_counts_earlier_slots(trader: Callable, community: Community) -> None:
    sun, home = trader("sun"), trader("home", day_wh=1500)
    for hour in range(2):
        reading(sun, exported=5000, slot=START + timedelta(hours=hour))
        reading(home, imported=1000, slot=START + timedelta(hours=hour))
    assert close(community, hours=2) == 2
    assert sum(t.wh for t in Trade.objects.all()) == 1500


def test_banked_surplus_covers_the_owners_next_deficit_and_expires_to_the_utility(
    trader: Callable, community: Community, chain
) -> None:
    schedule(community, parameters.BANKING_SLOTS, 2, START - timedelta(hours=1), "test")
    home = trader("home")
    reading(home, exported=1000)
    reading(home, imported=400, slot=START + timedelta(hours=1))
    reading(home, imported=0, slot=START + timedelta(hours=2))
    close(community, hours=3)
    chain.settle()
    assert lines(home) == {Kind.OWN_USE: (400, 0), Kind.UTILITY_EXPORT: (600, 600 * FEED_IN // 1000)}
    assert BankedEnergy.objects.get().wh == 0
    assert reconciliation.reconcile(community).equal


def test_a_slot_waits_for_every_active_meter_or_its_grace(trader: Callable, community: Community) -> None:
    schedule(community, parameters.GRACE_SECONDS, 600, START - timedelta(hours=1), "test")
    quick, slow = trader("quick"), trader("slow")
    reading(quick, imported=1000)
    for member, minutes in ((quick, 60), (slow, 30)):
        device = Device.objects.get(owner=member)
        Device.objects.filter(pk=device.pk).update(state=Device.State.ACTIVE)
        at = START + timedelta(minutes=minutes)
        Register.objects.create(
            device=device, sequence=1, boot=1, at=at, received_at=at, exported_mwh=0, imported_mwh=0
        )
    assert close(community) == 0
    Register.objects.update(at=START + timedelta(minutes=60))
    assert next_due_slot(community) == START
    Register.objects.update(at=START)
    Community.objects.update(data_time=START + timedelta(minutes=69))
    assert next_due_slot(community) is None
    Community.objects.update(data_time=START + timedelta(minutes=70))
    assert close_due_slots(community) == 1


def test_closing_twice_clears_once(trader: Callable, community: Community) -> None:
    reading(trader("home"), imported=10)
    assert close(community) == 1
    assert close(community) == 0
    assert SlotRun.objects.count() == 1
    assert ChainIntent.objects.filter(kind=ChainIntent.Kind.SETTLE).count() == 1


def test_a_failing_step_leaves_the_slot_open(
    trader: Callable, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(trader("home"), imported=10)
    monkeypatch.setattr("market.clearing.settling.intents.queue_settlement", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        close(community)
    assert not SlotRun.objects.exists()
    assert SlotReading.objects.get().state == SlotReading.State.OPEN


def test_the_database_refuses_trades_beyond_the_bound_and_wrong_amounts(trader: Callable, community: Community) -> None:
    sun, home = trader("sun"), trader("home")
    reading(sun, exported=1000)
    reading(home, imported=1000)
    close(community)
    for broken in ({"traded_wh": 10_000},):
        with pytest.raises(IntegrityError), transaction.atomic():
            SlotRun.objects.update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        Trade.objects.update(amount=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Trade.objects.update(buyer=sun)
