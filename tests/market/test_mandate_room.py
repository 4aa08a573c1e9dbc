"""Nothing is traded that the contract would not settle: every trade here must end up settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from devices.models import SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from market.models import Order, SlotRun, Tariff, Trade
from market.spot import desk
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.ledger import reconciliation
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member
from tests.conftest import CENT, START, Chain, mandate

BUY, SELL = Order.Side.BUY, Order.Side.SELL


def read(member: Member, exported: int = 0, imported: int = 0, hour: int = 0) -> None:
    SlotReading.objects.create(
        community=member.community,
        point=member.metering_points.get(),
        slot=START + timedelta(hours=hour),
        exported_wh=exported,
        imported_wh=imported,
        exported_from_mwh=0,
        exported_to_mwh=exported * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported * 1000,
    )


def move_clock(community: Community, **ahead: int) -> None:
    community.data_time = START + timedelta(**ahead)
    community.save()


@pytest.fixture
def settled(chain: Chain, community: Community) -> Callable[[], None]:
    def check() -> None:
        chain.settle()
        assert not Trade.objects.exclude(state=Trade.State.SETTLED).exists()
        assert not SlotRun.objects.exclude(state=SlotRun.State.SETTLED).exists()
        assert reconciliation.reconcile(community).equal

    return check


def test_a_mandate_given_within_a_slot_covers_that_slot(
    seller: Member, trader: Callable, community: Community, chain: Chain, settled: Callable
) -> None:
    buyer = trader("mike")
    move_clock(community, minutes=7)
    mandate(buyer, valid_from=community.now())
    chain.settle()
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(Member.objects.get(pk=buyer.pk), side=BUY, wh=1000, price=10 * CENT)
    assert Trade.objects.exists()
    settled()


def test_two_orders_share_one_slot_limit(
    seller: Member, trader: Callable, community: Community, settled: Callable
) -> None:
    buyer = trader("mike", slot_wh=5000)
    desk.place_order(seller, side=SELL, wh=8000, price=10 * CENT)
    for _ in range(2):
        desk.place_order(buyer, side=BUY, wh=4000, price=10 * CENT)
    assert sum(Trade.objects.values_list("wh", flat=True)) == 5000
    settled()


def test_the_auction_counts_what_the_spot_book_traded_in_its_slot(
    seller: Member, trader: Callable, community: Community, settled: Callable
) -> None:
    buyer = trader("mike", slot_wh=5000)
    desk.place_order(seller, side=SELL, wh=4000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=4000, price=10 * CENT)
    read(seller, exported=9000)
    read(buyer, imported=9000)
    move_clock(community, minutes=61)
    assert close_due_slots(community) == 1
    assert SlotRun.objects.get(slot=START).traded_wh == 1000
    settled()


def test_what_was_cleared_under_a_mandate_settles_before_a_new_one(
    seller: Member, trader: Callable, community: Community, settled: Callable
) -> None:
    buyer = trader("mike")
    read(seller, exported=9000)
    read(buyer, imported=9000)
    move_clock(community, minutes=61)
    close_due_slots(community)
    mandate(buyer, valid_from=community.now(), buy_at_most=3 * CENT)
    settled()


def test_an_order_outside_a_new_mandate_comes_off_the_book(
    seller: Member, trader: Callable, chain: Chain, settled: Callable
) -> None:
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    mandate(seller, sell_at_least=20 * CENT)
    chain.settle()
    assert Order.objects.get().state == Order.State.CANCELLED
    desk.place_order(trader("mike"), side=BUY, wh=1000, price=10 * CENT)
    assert not Trade.objects.exists()
    settled()


def test_an_auction_older_than_the_contract_counts_trades_nothing(
    seller: Member, trader: Callable, community: Community, settled: Callable
) -> None:
    buyer = trader("mike")
    move_clock(community, hours=6)
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    assert Trade.objects.count() == 1
    read(seller, exported=1000)
    read(buyer, imported=1000)
    close_due_slots(community)
    assert SlotRun.objects.get(slot=START).traded_wh == 0
    settled()


def test_the_spot_book_waits_while_clearing_is_far_behind(
    seller: Member, trader: Callable, community: Community
) -> None:
    buyer = trader("mike")
    schedule(community, parameters.GRACE_SECONDS, 86_000, START, "test")
    read(buyer, imported=1000)
    move_clock(community, hours=6)
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    assert not Trade.objects.exists()
    Community.objects.update(data_time=START + timedelta(hours=48))


def test_a_full_slot_takes_no_more_spot_trades(seller: Member, trader: Callable, community: Community) -> None:
    buyer = trader("mike")
    for number in range(200):
        ChainIntent.objects.create(
            community=community, kind="SETTLE", key=f"x{number}", slot=slots.to_chain(START), state="CONFIRMED"
        )
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    assert not Trade.objects.exists()


def test_readings_before_the_first_tariff_do_not_stop_the_others(trader: Callable, community: Community) -> None:
    home = trader("home")
    read(home, imported=10, hour=-72)
    read(home, imported=10)
    assert Tariff.objects.get().valid_from > START - timedelta(hours=72)
    move_clock(community, hours=2)
    assert close_due_slots(community) == 1
    assert SlotRun.objects.get().slot == START


def test_a_bid_that_cannot_trade_takes_no_room_from_its_owners_others(
    seller: Member, trader: Callable, settled: Callable
) -> None:
    """The waiting stop has matching see the whole book."""
    omar, zara = trader("omar", slot_wh=10_000), trader("zara")
    desk.place_order(omar, side=BUY, wh=10_000, price=3 * CENT)
    desk.place_order(zara, side=BUY, kind=Order.Kind.STOP, wh=100, price=25 * CENT, trigger=25 * CENT)
    desk.place_order(seller, side=SELL, wh=6000, price=10 * CENT)
    assert desk.place_order(omar, side=BUY, wh=5000, price=11 * CENT).state == Order.State.FILLED
    at_once = desk.place_order(omar, side=BUY, wh=1000, price=11 * CENT, force=Order.Force.FOK)
    assert at_once.state == Order.State.FILLED
    settled()
