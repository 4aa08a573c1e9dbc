"""Stored energy sold ahead: reserved, locked by the device, delivered by the meter, burned; or given back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from stellar_sdk import Keypair

from devices.models import Device, Quarantined, SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from market.models import BankedEnergy, LockedTrade, SlotRun, StatementLine, Trade
from market.price import quotes, reliability
from market.resettlement import recompute
from market.stored import locking, sales
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.states import change_state
from stelltron.ledger import deployment, journal, journal_walk, reconciliation
from stelltron.ledger.clients import marketplace
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent, EnergyLock
from stelltron.members.models import Member, Notice
from tests.conftest import CENT, FEED_IN, START, Chain, meter_of

from .battery import Battery, until
from .conftest import bank

HOUR = timedelta(hours=1)
DELIVER_BY = START + 4 * HOUR
PRICE = 10 * CENT
State = Trade.State


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Withdrawals are ready at once: the contract's own tests wait."""
    monkeypatch.setattr(deployment, "WITHDRAW_DELAY_SECONDS", 0)


@pytest.fixture
def seller(trader: Callable[..., Member], community: Community) -> Member:
    """Sarah, holding 12 kWh that her meter exported, and a battery."""
    schedule(community, parameters.BANKING_SLOTS, 24, START - timedelta(days=1), "test")
    member = trader("sarah")
    bank(community, member, 12_000)
    return member


@pytest.fixture
def battery(seller: Member) -> Iterator[Battery]:
    device = meter_of(seller)
    Device.objects.filter(pk=device.pk).update(state=Device.State.ACTIVE)
    made = Battery(device)
    yield made
    made.close()


@pytest.fixture
def buyer(trader: Callable) -> Member:
    return trader("mike")


class Driver:
    """The chain process and beat's passes over the locks, turned by hand."""

    def __init__(self, community: Community, chain: Chain, on_commit: Callable) -> None:
        self.community, self.chain, self.on_commit = community, chain, on_commit

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            with self.on_commit(execute=True):
                locking.drive_locks(self.community)
            self.chain.settle()

    def until(self, trade: Trade, state: str) -> None:
        for _ in range(12):
            trade.refresh_from_db()
            if trade.state == state:
                return
            self.turn()
        raise AssertionError(f"the trade is {trade.state}, not {state}: {LockedTrade.objects.get(pk=trade.pk).problem}")


@pytest.fixture
def driver(community: Community, chain: Chain, django_capture_on_commit_callbacks: Callable) -> Driver:
    return Driver(community, chain, django_capture_on_commit_callbacks)


def agree(seller: Member, buyer: Member, *parts: int) -> list[Trade]:
    offer = sales.offer_stored(seller, wh=sum(parts), price=PRICE, deliver_by=DELIVER_BY)
    return [sales.buy_stored(offer.pk, buyer, wh).trade for wh in parts]


def lock(driver: Driver, battery: Battery, *trades: Trade) -> None:
    for trade in trades:
        driver.until(trade, State.RESERVED)
    driver.turn()
    battery.hear(len(trades))
    for trade in trades:
        driver.until(trade, State.SETTLED)


def reading(community: Community, member: Member, slot, exported: int = 0, imported: int = 0) -> None:
    SlotReading.objects.create(
        community=community,
        point=member.metering_points.get(),
        slot=slot,
        exported_wh=exported,
        imported_wh=imported,
        exported_from_mwh=0,
        exported_to_mwh=exported * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported * 1000,
    )


def deliver(driver: Driver, seller: Member, buyer: Member, slots: list[tuple[int, int]]) -> None:
    """(exported by the seller, drawn by the buyer) for each slot from the first on that counts."""
    for number, (exported, drawn) in enumerate(slots):
        slot = START + number * HOUR
        reading(driver.community, seller, slot, exported=exported)
        reading(driver.community, buyer, slot, imported=drawn)
    Community.objects.update(data_time=DELIVER_BY)
    driver.community.refresh_from_db()
    close_due_slots(driver.community)
    driver.chain.settle()


def prove(driver: Driver, battery: Battery, *trades: Trade) -> None:
    driver.turn()
    battery.hear(len(trades))
    for trade in trades:
        driver.until(trade, State.DELIVERED)
    driver.turn(2)


def watt(member: Member) -> int:
    return balance(member, Asset.WATT).available


def lines(member: Member) -> dict[str, tuple[int, int]]:
    """Wh and stroops per kind, of what was written after the first hour's banking."""
    sums: dict[str, tuple[int, int]] = {}
    for line in StatementLine.objects.filter(member=member, slot__gte=START):
        wh, stroops = sums.get(line.kind, (0, 0))
        sums[line.kind] = (wh + line.wh, stroops + line.amount)
    return sums


def test_of_five_and_four_contracted_eight_delivered_are_five_and_three(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    before = watt(seller), watt(buyer)
    first, second = agree(seller, buyer, 5000, 4000)
    lock(driver, battery, first, second)
    assert reconciliation.reconcile(community).equal
    assert journal.balances(community)["locks", "WATT"] == 90 * CENT
    assert set(LockedTrade.objects.values_list("counts_from", flat=True)) == {START}
    deliver(driver, seller, buyer, [(2000, 2000), (4000, 3000), (2000, 4000)])
    assert list(LockedTrade.objects.order_by("pk").values_list("delivered_wh", flat=True)) == [5000, 3000]
    prove(driver, battery, first, second)
    assert [(lock.delivered_wh, lock.paid_stroops) for lock in EnergyLock.objects.order_by("-wh")] == [
        (5000, 50 * CENT),
        (3000, 30 * CENT),
    ]
    assert (watt(seller), watt(buyer)) == (before[0] + 80 * CENT, before[1] - 80 * CENT)
    # Of the 12 kWh she held 8 are burned and 1 came back; what her meter exported is minted to her as ever.
    assert balance(seller, Asset.KWH).available == 12_000 - 8000 + 8000
    lots = BankedEnergy.objects.filter(member=seller).aggregate(wh=Sum("wh"))["wh"]
    assert lots == balance(seller, Asset.KWH).available
    booked = journal.balances(community)
    assert booked.get(("locks", "WATT"), 0) == booked.get(("locks", "KWH"), 0) == 0
    assert booked["wallets", "WATT"] == -20_000 * CENT
    assert reconciliation.reconcile(community).equal
    assert journal_walk.verify(community).fault is None
    assert not LockedTrade.objects.filter(closed=False).exists()


def test_the_buyer_pays_for_what_is_delivered_once_and_the_statement_recomputes(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    deliver(driver, seller, buyer, [(3000, 1000), (2000, 6000)])
    prove(driver, battery, trade)
    # Of 7 kWh drawn 3 came by the lock; 2 of the 5 delivered were not drawn and went on to the utility.
    assert lines(buyer) == {
        "STORED_PURCHASE": (5000, -50 * CENT),
        "UTILITY_EXPORT": (2000, 2 * FEED_IN),
        "UTILITY_IMPORT": (4000, -4 * 28 * CENT),
    }
    assert lines(seller)["STORED_SALE"] == (5000, 50 * CENT)
    for run in SlotRun.objects.all():
        assert recompute.differences(run) == []
    for line in StatementLine.objects.filter(run=None):
        assert list(recompute.single_difference(line)) == []


def test_both_sides_are_told_and_the_sellers_reliability_counts_wh(
    seller: Member, buyer: Member, battery: Battery, driver: Driver
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    deliver(driver, seller, buyer, [(2000, 2000), (2000, 2000)])
    prove(driver, battery, trade)
    kept = reliability.of(seller)
    assert (kept.contracted_wh, kept.delivered_wh, kept.percent) == (5000, 4000, 80)
    assert quotes.conditions_of(driver.community, SlotRun.objects.first(), seller).agreed == 5000
    assert quotes.conditions_of(driver.community, SlotRun.objects.first(), buyer).agreed == 1
    told = dict(Notice.objects.filter(key=f"delivered:{trade.pk}").values_list("member__code", "text"))
    assert told == {
        "sarah": "You delivered 4.000 of 5.000 kWh of stored energy: 0.40 WATT",
        "mike": "4.000 of 5.000 kWh of stored energy were delivered to you for 0.40 WATT, 0.10 WATT came back",
    }


def test_a_device_that_says_nothing_gives_the_buyers_money_back_once(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community, monkeypatch
) -> None:
    monkeypatch.setattr(locking, "LOCK_WITHIN", timedelta(seconds=4))
    monkeypatch.setattr(locking, "CLOCK_MARGIN", timedelta(seconds=1))
    battery.willing = False
    before = watt(buyer)
    (trade,) = agree(seller, buyer, 5000)
    driver.until(trade, State.RESERVED)
    assert watt(buyer) == before - 50 * CENT
    due = EnergyLock.objects.get().lock_by + timedelta(seconds=2)
    until(lambda: datetime.now(UTC) > due)
    driver.until(trade, State.FAILED)
    driver.turn(3)
    assert watt(buyer) == before
    assert balance(seller, Asset.KWH).available == 12_000
    assert EnergyLock.objects.get().state == EnergyLock.State.RELEASED
    assert ChainIntent.objects.filter(key__startswith=f"lock:{trade.pk}:back").count() == 2
    assert reliability.of(seller).percent == 0
    until(lambda: battery.commands[-1]["do"] == "unlock")
    assert "were not delivered" in Notice.objects.get(member=buyer, key=f"released:{trade.pk}").text
    assert reconciliation.reconcile(community).equal


def test_a_lock_counts_only_with_the_devices_own_signature(
    seller: Member, buyer: Member, battery: Battery, driver: Driver
) -> None:
    battery.willing = False
    (trade,) = agree(seller, buyer, 5000)
    driver.until(trade, State.RESERVED)
    driver.turn()
    until(lambda: bool(battery.commands))
    command = battery.commands[-1]
    battery.say("lock", command["id"], 5000, battery.signed({**command, "wh": 4000}))
    stranger = Keypair.random()
    battery.say("lock", command["id"], 5000, stranger.sign(b"anything"), key=stranger.raw_public_key())
    battery.hear(2)
    trade.refresh_from_db()
    assert trade.state == State.RESERVED
    reasons = Quarantined.objects.order_by("id").values_list("reason", flat=True)
    assert list(reasons) == ["WRONG_SIGNATURE", "OTHER_KEY"]
    battery.say("refused", command["id"], 2500)
    battery.hear()
    assert LockedTrade.objects.get().problem == "the device holds only 2.500 kWh for this"
    battery.say("lock", command["id"], 5000, battery.signed(command))
    battery.hear()
    driver.until(trade, State.SETTLED)


def test_a_trade_takes_no_other_way(seller: Member, buyer: Member, battery: Battery) -> None:
    (trade,) = agree(seller, buyer, 5000)
    for state in (State.SETTLING, State.SETTLED, State.DELIVERED):
        with pytest.raises(IllegalTransition):
            change_state(trade, Trade.STORED_TRANSITIONS, state)
    stale = Trade.objects.get(pk=trade.pk)
    change_state(trade, Trade.STORED_TRANSITIONS, State.RESERVED)
    with pytest.raises(IllegalTransition, match="meanwhile"):
        change_state(stale, Trade.STORED_TRANSITIONS, State.FAILED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Trade.objects.filter(pk=trade.pk).update(venue=Trade.Venue.SPOT)


def test_what_is_agreed_on_is_set_aside_at_once(seller: Member, buyer: Member, battery: Battery) -> None:
    offer = sales.offer_stored(seller, wh=10_000, price=PRICE, deliver_by=DELIVER_BY)
    sales.buy_stored(offer.pk, buyer, 6000)
    assert balance(buyer, Asset.WATT).held == 60 * CENT
    assert balance(seller, Asset.KWH).held == 6000
    for member, wh, code in (
        (buyer, 4001, "energy_out_of_range"),
        (buyer, 0, "energy_out_of_range"),
        (seller, 1000, "own_offer"),
    ):
        with pytest.raises(Refused) as refused:
            sales.buy_stored(offer.pk, member, wh)
        assert refused.value.code == code
    with pytest.raises(Refused) as refused:
        sales.offer_stored(seller, wh=6001, price=PRICE, deliver_by=DELIVER_BY)
    assert refused.value.code == "not_enough_energy"
    with pytest.raises(Refused) as refused:
        sales.offer_stored(buyer, wh=1000, price=PRICE, deliver_by=DELIVER_BY)
    assert refused.value.code == "no_battery"
    sales.end_offer(offer, seller)
    with pytest.raises(Refused, match="not open"):
        sales.buy_stored(offer.pk, buyer, 1000)


def test_money_that_leaves_the_market_otherwise_ends_the_sale_before_it_is_reserved(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    driver.turn(0)
    address = buyer.wallet.address
    driver.chain.send(buyer.wallet.keypair(), marketplace.request_withdrawal(address, 10_000 * CENT, 0))
    driver.chain.settle()
    # The member's own request comes first: the lock waits for its turn, then finds too little.
    driver.chain.send(buyer.wallet.keypair(), marketplace.withdraw(address))
    driver.until(trade, State.FAILED)
    driver.turn(4)
    assert balance(seller, Asset.KWH).available == 12_000
    assert not LockedTrade.objects.filter(closed=False).exists()
    assert reconciliation.reconcile(community).equal
