"""Readings that come late count towards stored energy that was sold ahead, as if they had come in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from devices.models import MeteringPoint, SlotReading
from market.clearing.closing import close_due_slots
from market.models import BankedEnergy, LockDelivery, LockedTrade, SlotRun, StatementLine
from market.resettlement import recompute
from market.resettlement.late import settle_late
from market.stored import locking
from stelltron.core.models import Community
from stelltron.ledger import journal_walk, reconciliation
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, EnergyLock
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START

from . import test_stored_energy as stored
from .battery import Battery, until
from .test_stored_energy import DELIVER_BY, HOUR, Driver, State, agree, lines, lock, prove, reading, watt

no_delay, seller, battery, buyer, driver = stored.no_delay, stored.seller, stored.battery, stored.buyer, stored.driver


def late(member: Member, slot: datetime, *, exported: int = 0, imported: int = 0, point: str = "") -> None:
    """A reading of the member's meter, or of a further ``point``, whose slot is cleared already."""
    if point:
        MeteringPoint.objects.create(community=member.community, member=member, code=point)
    SlotReading.objects.create(
        community=member.community,
        point=member.metering_points.get(code=point) if point else member.metering_points.get(),
        slot=slot,
        exported_wh=exported,
        imported_wh=imported,
        exported_from_mwh=0,
        exported_to_mwh=exported * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported * 1000,
        state=SlotReading.State.LATE,
    )


def draw(driver: Driver, buyer: Member, *hours: int, until: datetime = DELIVER_BY) -> None:
    """The buyer draws in the first hours that count, and the battery's meter is silent."""
    for number, wh in enumerate(hours):
        reading(driver.community, buyer, START + number * HOUR, imported=wh)
    Community.objects.update(data_time=until)
    driver.community.refresh_from_db()
    close_due_slots(driver.community)
    driver.chain.settle()


def settle(driver: Driver) -> int:
    settled = settle_late(driver.community)
    driver.chain.settle()
    return settled


def books_are_whole(community: Community, seller: Member) -> None:
    """Every line recomputes, every Wh of the seller's lies in a lot, journal and chain agree."""
    for run in SlotRun.objects.all():
        assert recompute.differences(run) == []
    for line in StatementLine.objects.filter(run=None):
        assert list(recompute.single_difference(line)) == []
    lots = BankedEnergy.objects.filter(member=seller).aggregate(wh=Sum("wh"))["wh"]
    assert lots == balance(seller, Asset.KWH).available
    assert reconciliation.reconcile(community).equal
    assert journal_walk.verify(community).fault is None


def test_a_late_export_is_delivered_and_the_buyer_pays_for_it_once(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    before = watt(seller), watt(buyer)
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    draw(driver, buyer, 4000)
    assert lines(buyer) == {"UTILITY_IMPORT": (4000, -4 * RETAIL)}
    late(seller, START, exported=3000)
    driver.turn()
    assert not LockedTrade.objects.get().proof_asked, "what is late and not settled yet is waited for"
    assert settle(driver) == 1
    assert LockedTrade.objects.get().delivered_wh == 3000
    assert [(row.run.version, row.wh, row.used_wh) for row in LockDelivery.objects.all()] == [(2, 3000, 3000)]
    prove(driver, battery, trade)
    assert EnergyLock.objects.get().delivered_wh == 3000
    assert lines(buyer) == {"STORED_PURCHASE": (3000, -30 * CENT), "UTILITY_IMPORT": (1000, -RETAIL)}
    assert lines(seller) == {"STORED_SALE": (3000, 30 * CENT)}
    assert (watt(seller), watt(buyer)) == (before[0] + 30 * CENT, before[1] - 30 * CENT)
    # Of the 12 kWh she held 3 are burned; the 3 that her meter exported late are minted in their place.
    assert balance(seller, Asset.KWH).available == 12_000
    books_are_whole(community, seller)


def test_late_exports_serve_the_oldest_lock_first_and_the_rest_nets_as_ever(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    first, second = agree(seller, buyer, 2001, 1000)
    lock(driver, battery, first, second)
    reading(community, seller, START + HOUR, exported=1500)
    draw(driver, buyer, 1000, 1000)
    assert list(LockedTrade.objects.order_by("pk").values_list("delivered_wh", flat=True)) == [1500, 0]
    late(seller, START, exported=2000)
    settle(driver)
    assert list(LockedTrade.objects.order_by("pk").values_list("delivered_wh", flat=True)) == [2001, 1000]
    prove(driver, battery, first, second)
    assert lines(seller) == {
        "STORED_SALE": (3001, 3001 * 10 * CENT // 1000),
        "UTILITY_EXPORT": (499, 499 * FEED_IN // 1000),
    }
    # 2 kWh drawn, each served by a lock; what she did not draw of 3.001 kWh went on to the utility.
    assert lines(buyer) == {
        "STORED_PURCHASE": (3001, -3001 * 10 * CENT // 1000),
        "UTILITY_EXPORT": (1001, 501 * FEED_IN // 1000 + 500 * FEED_IN // 1000),
        "UTILITY_IMPORT": (0, 0),
    }
    books_are_whole(community, seller)


def test_a_late_draw_uses_what_was_delivered_in_its_slot(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    reading(community, seller, START, exported=2000)
    draw(driver, buyer, 500)
    late(buyer, START, imported=1800, point="mike-2")
    settle(driver)
    assert [(row.run.version, row.wh, row.used_wh) for row in LockDelivery.objects.order_by("id")] == [
        (1, 2000, 500),
        (2, 0, 1500),
    ]
    prove(driver, battery, trade)
    assert lines(buyer) == {"STORED_PURCHASE": (2000, -20 * CENT), "UTILITY_IMPORT": (300, -300 * RETAIL // 1000)}
    books_are_whole(community, seller)


def test_each_version_adds_only_what_came_with_it(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    draw(driver, buyer, 4000)
    late(seller, START, exported=3000)
    settle(driver)
    late(buyer, START, imported=100, point="mike-2")
    assert settle(driver) == 1
    assert settle(driver) == 0
    assert LockedTrade.objects.get().delivered_wh == 3000
    assert SlotRun.objects.filter(slot=START).count() == 3
    prove(driver, battery, trade)
    assert lines(buyer)["UTILITY_IMPORT"] == (1100, -1100 * RETAIL // 1000)
    books_are_whole(community, seller)


def test_nothing_is_added_once_the_device_was_asked_to_sign(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    reading(community, seller, START, exported=2000)
    draw(driver, buyer, 2000, 1000)
    driver.turn()
    late(seller, START + HOUR, exported=1000)
    settle(driver)
    assert LockedTrade.objects.get().delivered_wh == 2000
    battery.hear()
    driver.until(trade, State.DELIVERED)
    driver.turn(2)
    assert lines(buyer) == {"STORED_PURCHASE": (2000, -20 * CENT), "UTILITY_IMPORT": (1000, -RETAIL)}
    assert lines(seller) == {"STORED_SALE": (2000, 20 * CENT), "UTILITY_EXPORT": (1000, FEED_IN)}
    books_are_whole(community, seller)


def test_a_late_export_after_the_refund_nets_as_normal_energy(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community, monkeypatch
) -> None:
    monkeypatch.setattr(locking, "LOCK_WITHIN", timedelta(seconds=5))
    monkeypatch.setattr(locking, "PROOF_TIME", -4 * HOUR + timedelta(seconds=7))
    monkeypatch.setattr(locking, "CLOCK_MARGIN", timedelta(seconds=1))
    before = watt(seller), watt(buyer)
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    battery.willing = False
    draw(driver, buyer, 4000, until=START + 2 * HOUR)
    due = EnergyLock.objects.get().deliver_by + timedelta(seconds=2)
    until(lambda: datetime.now(UTC) > due, 30)
    driver.until(trade, State.FAILED)
    driver.turn(4)
    late(seller, START, exported=3000)
    settle(driver)
    assert (LockedTrade.objects.get().delivered_wh, LockDelivery.objects.count()) == (0, 0)
    assert (watt(seller), watt(buyer)) == before
    assert lines(buyer) == {"UTILITY_IMPORT": (4000, -4 * RETAIL)}
    assert lines(seller) == {"UTILITY_EXPORT": (3000, 3 * FEED_IN)}
    books_are_whole(community, seller)
