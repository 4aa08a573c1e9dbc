"""The chain has the last word on stored energy: what it did not pay for was not sold, whatever the meter counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from devices.lock_wire import signed_message
from market.clearing.closing import close_due_slots
from market.figures import rollups
from market.models import BankedEnergy, LockedTrade, StatementLine
from market.price import reliability
from market.resettlement import recompute
from market.stored import locking
from stelltron.core.models import Community
from stelltron.ledger import contracts, reconciliation
from stelltron.ledger.clients import energy_locks
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainEvent, EnergyLock
from stelltron.members.models import Member, Notice
from tests.conftest import CENT, FEED_IN, RETAIL, START

from . import test_stored_energy as stored
from .battery import Battery, until
from .test_stored_energy import HOUR, Driver, State, agree, deliver, lines, lock, reading, watt
from .test_tariffs import announce

no_delay, seller, battery, buyer, driver = stored.no_delay, stored.seller, stored.battery, stored.buyer, stored.driver


def recomputes() -> bool:
    return not any(list(recompute.single_difference(line)) for line in StatementLine.objects.filter(run=None))


@pytest.mark.parametrize("tax", [0, 1900])
def test_what_was_drawn_under_a_lock_that_is_released_is_bought_from_the_utility(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community, monkeypatch, tax: int
) -> None:
    monkeypatch.setattr(locking, "LOCK_WITHIN", timedelta(seconds=5))
    monkeypatch.setattr(locking, "PROOF_TIME", -4 * HOUR + timedelta(seconds=9))
    monkeypatch.setattr(locking, "CLOCK_MARGIN", timedelta(seconds=1))
    if tax:
        announce(community, tax=tax)
    before = watt(seller), watt(buyer)
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    battery.willing = False
    deliver(driver, seller, buyer, [(3000, 2500), (2000, 6000)])
    assert LockedTrade.objects.get().delivered_wh == 5000
    due = EnergyLock.objects.get().deliver_by + timedelta(seconds=2)
    until(lambda: datetime.now(UTC) > due, 30)
    driver.until(trade, State.FAILED)
    driver.turn(4)
    assert (watt(seller), watt(buyer)) == before
    # 12 kWh held and 5 exported: none of it was sold.
    assert balance(seller, Asset.KWH).available == 17_000
    assert BankedEnergy.objects.filter(member=seller).aggregate(wh=Sum("wh"))["wh"] == 17_000
    assert lines(seller) == {}
    drawn = lines(buyer)
    assert drawn.pop("UTILITY_IMPORT") == (8500, -(8500 * RETAIL // 1000))
    assert drawn == ({"TAX": (8500, -(8500 * RETAIL * tax // 10_000 // 1000))} if tax else {})
    day = rollups.running_day(buyer)
    assert (day.drawn_wh, day.saved, day.bought_wh) == (8500, 0, 0)
    assert recomputes()
    told = Notice.objects.get(member=buyer, key=f"released:{trade.pk}").text
    assert "the 4.500 kWh that you drew of it are billed at the utility's price" in told
    assert reconciliation.reconcile(community).equal


def deliver_one_slot(driver: Driver, seller: Member, buyer: Member, *, exported: int, drawn: int) -> None:
    reading(driver.community, seller, START, exported=exported)
    reading(driver.community, buyer, START, imported=drawn)
    Community.objects.update(data_time=START + HOUR)
    driver.community.refresh_from_db()
    close_due_slots(driver.community)
    driver.chain.settle()


def prove_on_chain(driver: Driver, battery: Battery, seller: Member, wh: int) -> None:
    """The device's word straight to the contract, past the co-op."""
    lock_id = LockedTrade.objects.get().lock_id
    signature = battery.key.sign(signed_message("deliver", contracts.address("energy_locks"), lock_id, wh))
    driver.chain.send(seller.wallet.keypair(), energy_locks.deliver(bytes.fromhex(lock_id), wh, signature))
    driver.turn(4)


def test_more_signed_than_metered_follows_the_chain_and_shows_the_office(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    before = watt(seller), watt(buyer)
    (trade,) = agree(seller, buyer, 5001)
    lock(driver, battery, trade)
    # The agreement and the first slot that counts are the same hour here.
    deliver_one_slot(driver, seller, buyer, exported=2000, drawn=1500)
    prove_on_chain(driver, battery, seller, 5001)
    trade.refresh_from_db()
    locked = LockedTrade.objects.get()
    assert (trade.state, locked.closed) == (State.DELIVERED, True)
    assert locked.problem == (
        "the device has signed 5.001 kWh, which the chain has paid; its meter counted 2.000 kWh: look at the device"
    )
    paid = 5001 * 10 * CENT // 1000
    assert lines(seller) == {"STORED_SALE": (5001, paid)}
    assert lines(buyer) == {
        "STORED_PURCHASE": (5001, -paid),
        "UTILITY_EXPORT": (3501, 3501 * FEED_IN // 1000),
    }
    assert (watt(seller), watt(buyer)) == (before[0] + paid, before[1] - paid)
    assert balance(seller, Asset.KWH).available == 12_000 - 5001 + 2000
    kept = reliability.of(seller)
    assert (kept.contracted_wh, kept.delivered_wh) == (5001, 2000)
    assert recomputes()
    assert not ChainEvent.objects.filter(name="unbooked").exists()
    assert reconciliation.reconcile(community).equal


def test_less_signed_than_metered_leaves_the_rest_to_the_utility(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    battery.willing = False
    deliver(driver, seller, buyer, [(2000, 1500), (3000, 3000)])
    prove_on_chain(driver, battery, seller, 3000)
    trade.refresh_from_db()
    assert (trade.state, LockedTrade.objects.get().closed) == (State.DELIVERED, True)
    assert lines(seller) == {"STORED_SALE": (3000, 30 * CENT)}
    assert lines(buyer) == {
        "STORED_PURCHASE": (3000, -30 * CENT),
        "UTILITY_EXPORT": (500, FEED_IN // 2),
        "UTILITY_IMPORT": (2000, -2 * RETAIL),
    }
    assert reliability.of(seller).delivered_wh == 5000
    assert recomputes()
    assert reconciliation.reconcile(community).equal
