"""Stored energy from offer to burn: the firmware, the broker, the books and the chain, nothing replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from devices.answers import take_answer
from devices.ingest import Message
from devices.models import Device, Quarantined, SlotReading
from market import parameters
from market.models import EnergyProof, LockedTrade, Trade
from market.proof import prove_due_days
from market.stored import sales
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.ledger import journal, journal_walk, reconciliation
from stelltron.members.models import Member
from tests.conftest import CENT, START, meter_of
from tests.firmware.test_meter_firmware import Desk, Flash
from tests.market.battery import subscribed, until
from tests.market.conftest import bank
from tests.market.test_stored_energy import Driver, deliver, driver, no_delay, watt  # noqa: F401

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.client.disconnect()
    made.client.loop_stop()


@pytest.fixture
def answers(db: None) -> Iterator[list[Message]]:
    messages: list[Message] = []
    ear = subscribed("st/v1/+/answer", messages.append)
    yield messages
    ear.disconnect()
    ear.loop_stop()


def hear(answers: list[Message]) -> None:
    until(lambda: bool(answers))
    heard, answers[:] = list(answers), []
    for message in heard:
        take_answer(message)


def test_a_battery_sells_ahead_delivers_less_and_is_paid_for_that(
    tmp_path: Path,
    trader: Callable[..., Member],
    community: Community,
    driver: Driver,  # noqa: F811
    desk: Desk,
    answers: list[Message],
) -> None:
    schedule(community, parameters.BANKING_SLOTS, 24, START - timedelta(days=1), "test")
    seller, buyer = trader("sarah"), trader("mike")
    bank(community, seller, 8000)
    driver.chain.settle()
    before = watt(seller), watt(buyer)
    flash = Flash(
        tmp_path, meter_of(seller), urlsplit(settings.MQTT_URL).port, rate=1, start=START - timedelta(minutes=5)
    )
    (tmp_path / "battery.json").write_text(json.dumps({"mwh": 10_000_000}))
    with flash.running():
        hear(answers)
        desk.take_until(lambda: Device.objects.filter(owner=seller, state=Device.State.ACTIVE).exists())
        offer = sales.offer_stored(seller, wh=5000, price=10 * CENT, deliver_by=START + 4 * HOUR)
        trade = sales.buy_stored(offer.pk, buyer, 5000).trade
        driver.until(trade, Trade.State.RESERVED)
        driver.turn()
        hear(answers)
        driver.until(trade, Trade.State.SETTLED)
        # It exports 2 kW from noon until two o'clock.
        flash.rate = 2400
        flash.set_clock(START - timedelta(minutes=1))
        desk.take_until(lambda: SlotReading.objects.filter(slot__gte=START + 3 * HOUR).exists())
        deliver(driver, seller, buyer, [])
        assert LockedTrade.objects.get().delivered_wh in (3999, 4000)
        driver.turn()
        hear(answers)
        driver.until(trade, Trade.State.DELIVERED)
    driver.turn(2)
    delivered = LockedTrade.objects.get().delivered_wh
    paid = delivered * 10 * CENT // 1000
    assert (watt(seller), watt(buyer)) == (before[0] + paid, before[1] - paid)
    assert journal.balances(community)["consumed", "KWH"] >= delivered
    assert reconciliation.reconcile(community).equal
    assert journal_walk.verify(community).fault is None
    assert not Quarantined.objects.exists()
    Community.objects.update(data_time=START + timedelta(days=2))
    community.refresh_from_db()
    prove_due_days(community)
    assert EnergyProof.objects.get(member=seller, day=START.date()).equal
