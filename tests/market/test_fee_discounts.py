"""What staked GRID takes off the grid fee: from the next slot on, in the books and on the chain alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from market.billing import bill_files
from market.billing.bills import preview_month
from market.grid import discounts
from market.grid.discounts import Reduction, change_discount, reductions, saved_in_month
from market.grid.statement import ZoneFees, grid_statement
from market.models import Bill, FeeDiscount, GridFee, Order, StatementLine, Trade, WorseOff
from market.resettlement.late import settle_late
from market.resettlement.recompute import recompute_month
from market.spot import desk
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community
from stelltron.core.paper import Paper
from stelltron.ledger import journal, reconciliation
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member, User
from tests.conftest import CENT, START, Chain
from tests.market.test_clearing import close, reading
from tests.market.test_event_takes_the_market_first import wait_until_somebody_waits_for_a_lock
from tests.market.test_failed_settlement import cancel_on_chain
from tests.market.test_grid_fees import operator_balance
from tests.market.test_late_readings import late

HOUR = timedelta(hours=1)
FEE = CENT + 7
LESS = FEE * 75 // 100


@pytest.fixture
def charged(community: Community) -> Community:
    """Neighbours pay the grid a cent and seven stroops a kWh."""
    GridFee.objects.create(
        community=community, name="hill", inside=FEE, out=FEE, into=FEE, valid_from=START - timedelta(days=1)
    )
    return community


def fees() -> dict[tuple[str, datetime], tuple[int, int]]:
    """(paid, by tariff) of each trade."""
    trades = Trade.objects.select_related("buyer")
    return {(trade.buyer.code, trade.slot): (trade.fee, trade.tariff_fee) for trade in trades}


def test_a_discount_begins_with_the_slot_after_it_and_ends_alike(
    trader: Callable, charged: Community, chain: Chain
) -> None:
    sun, home = trader("sun"), trader("home")
    for hour in range(4):
        reading(sun, exported=1001, slot=START + hour * HOUR)
        reading(home, imported=1001, slot=START + hour * HOUR)
    change_discount(home, 25)
    Community.objects.update(data_time=START + HOUR + timedelta(minutes=1))
    change_discount(home, 25)
    change_discount(home, 50)
    change_discount(home, 100)
    Community.objects.update(data_time=START + 2 * HOUR)
    change_discount(home, 0)
    close(charged, hours=4)
    assert list(FeeDiscount.objects.order_by("id").values_list("percent", "valid_from")) == [
        (25, START + HOUR), (50, START + 2 * HOUR), (100, START + 2 * HOUR), (0, START + 3 * HOUR),
    ]  # fmt: skip
    assert fees() == {
        ("home", START): (FEE, FEE),
        ("home", START + HOUR): (LESS, FEE),
        ("home", START + 2 * HOUR): (0, FEE),
        ("home", START + 3 * HOUR): (FEE, FEE),
    }
    chain.settle()
    assert set(Trade.objects.values_list("state", flat=True)) == {Trade.State.SETTLED}
    assert reconciliation.reconcile(charged).equal


def test_the_spot_book_compares_full_fees_and_charges_what_is_left(
    trader: Callable, seller: Member, charged: Community, chain: Chain
) -> None:
    buyer = trader("mike")
    desk.place_order(seller, side=Order.Side.SELL, wh=5000, price=10 * CENT)
    change_discount(buyer, 25)
    desk.place_order(buyer, side=Order.Side.BUY, wh=1003, price=12 * CENT)
    Community.objects.update(data_time=START + HOUR)
    charged.refresh_from_db()
    tight = desk.place_order(buyer, side=Order.Side.BUY, wh=1003, price=10 * CENT + LESS, force=Order.Force.IOC)
    assert tight.state == Order.State.CANCELLED
    buyer.refresh_from_db()
    desk.place_order(buyer, side=Order.Side.BUY, wh=1003, price=12 * CENT)
    assert fees() == {("mike", START): (FEE, FEE), ("mike", START + HOUR): (LESS, FEE)}
    watt = balance(buyer, Asset.WATT)
    spent = sum(trade.amount + trade.fee_amount for trade in Trade.objects.all())
    assert (watt.available, watt.held) == (10_000 * CENT - spent, 0)
    chain.settle()
    assert reconciliation.reconcile(charged).equal


def test_buyers_of_different_tiers_pay_on_chain_what_the_books_say(
    trader: Callable, charged: Community, chain: Chain
) -> None:
    sun, plain, some, much = (trader(code) for code in ("sun", "plain", "some", "much"))
    change_discount(some, 25)
    change_discount(much, 100)
    before = operator_balance(chain)
    slot = START + HOUR
    reading(sun, exported=4004, slot=slot)
    for member in (plain, some, much):
        reading(member, imported=1001, slot=slot)
    close(charged, hours=2)
    chain.settle()
    assert fees() == {("plain", slot): (FEE, FEE), ("some", slot): (LESS, FEE), ("much", slot): (0, FEE)}
    assert ChainIntent.objects.get(slot__isnull=False).sections == 3
    # The contract's own balances, member by member.
    assert reconciliation.reconcile(charged).equal
    paid, whole = 1001 * FEE // 1000 + 1001 * LESS // 1000, 3 * (1001 * FEE // 1000)
    assert journal.balances(charged)["grid", Asset.WATT] == operator_balance(chain) - before == paid
    statement = grid_statement(charged, "2026-06")
    assert statement.zones == [ZoneFees(0, 0, 3003, whole, paid)]
    assert (statement.discounts, statement.discounted) == (whole - paid, whole - paid)
    assert statement.collected == statement.booked == paid
    assert not WorseOff.objects.exists()
    assert [saved_in_month(member, "2026-06") for member in (plain, some, much)] == [
        0, 1001 * FEE // 1000 - 1001 * LESS // 1000, 1001 * FEE // 1000,
    ]  # fmt: skip
    assert saved_in_month(much, "2026-07") == 0


def test_bill_and_statement_say_what_the_fee_is_instead_of(
    trader: Callable, charged: Community, chain: Chain, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sun, home = trader("sun"), trader("home")
    change_discount(home, 25)
    reading(sun, exported=1001, slot=START + HOUR)
    reading(home, imported=1001, slot=START + HOUR)
    close(charged, hours=2)
    chain.settle()
    Community.objects.update(data_time=START + 2 * HOUR)
    change_discount(home, 0)
    assert reductions(home.pk, StatementLine.objects.filter(member=home)) == [Reduction(LESS, FEE, 25)]
    assert reductions(sun.pk, StatementLine.objects.filter(member=sun)) == []
    charged.refresh_from_db()
    preview_month(charged, "2026-06")
    drawn: list[str] = []
    monkeypatch.setattr(Paper, "write_line", lambda page, text="", **_: drawn.append(text))
    bill = Bill.objects.get(member=home)
    bill.issued_at = START
    bill_files.pdf(bill)
    assert "Grid fee 0.0075005 instead of 0.0100007 USD a kWh (25 % for staked GRID)." in drawn
    home.user = User.objects.create_user("home@test.example", "a long password")
    home.save(update_fields=["user"])
    client.force_login(home.user)
    line = home.statement_lines.get(kind=StatementLine.Kind.GRID_FEE)
    page = unescape(client.get(f"/statement/{line.pk}").content.decode())
    assert "Grid fee 0.0075005 instead of 0.0100007 USD/kWh (25 % for staked GRID)." in page


def test_lines_follow_again_with_the_slots_own_discount(trader: Callable, charged: Community, chain: Chain) -> None:
    sun, home = trader("sun"), trader("home")
    Community.objects.update(data_time=START - HOUR)
    change_discount(home, 25)
    reading(sun, exported=3003)
    reading(home, imported=1001)
    close(charged)
    chain.settle()
    change_discount(home, 100)
    reading_in_time = home.statement_lines.get(kind=StatementLine.Kind.GRID_FEE)
    late(home, imported=41)
    assert settle_late(charged) == 1
    chain.settle()
    assert home.statement_lines.get(kind=StatementLine.Kind.GRID_FEE) == reading_in_time
    assert reading_in_time.amount == -(1001 * LESS // 1000)
    assert list(recompute_month(charged, "2026-06")) == []
    assert reconciliation.reconcile(charged).equal


def test_a_refused_settlement_gives_back_what_was_paid(trader: Callable, charged: Community, chain: Chain) -> None:
    sun, home = trader("sun"), trader("home")
    change_discount(home, 25)
    cancel_on_chain(chain, home)
    reading(sun, exported=1001, slot=START + HOUR)
    reading(home, imported=1001, slot=START + HOUR)
    close(charged, hours=2)
    chain.settle()
    trade = Trade.objects.get()
    assert (trade.fee, trade.state) == (LESS, Trade.State.FAILED)
    assert balance(home, Asset.WATT).available == 10_000 * CENT
    billed = home.statement_lines.filter(kind=StatementLine.Kind.GRID_FEE)
    assert sorted(billed.values_list("amount", flat=True)) == [-trade.fee_amount, trade.fee_amount]
    assert list(recompute_month(charged, "2026-06")) == []
    assert saved_in_month(home, "2026-06") == 0
    assert reconciliation.reconcile(charged).equal


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False])
def test_a_discount_waits_for_what_trades_already(
    new_member: Callable[..., Member], community: Community, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    """Without the lock it begins with a slot in which somebody has traded without it."""
    if not waits:
        monkeypatch.setattr(discounts, "lock_market", lambda community_id: None)
    home = new_member("home")

    def change() -> None:
        try:
            change_discount(home, 25)
        finally:
            connection.close()

    changing = threading.Thread(target=change)
    with transaction.atomic():
        lock_market(community.pk)
        Community.objects.update(data_time=START + HOUR)
        changing.start()
        if waits:
            wait_until_somebody_waits_for_a_lock()
        else:
            changing.join(timeout=20)
    changing.join(timeout=20)
    assert FeeDiscount.objects.get().valid_from == START + (2 if waits else 1) * HOUR


def test_no_fee_is_above_its_tariff_and_no_discount_is_rewritten(
    trader: Callable, charged: Community, chain: Chain
) -> None:
    sun, home = trader("sun"), trader("home")
    reading(sun, exported=1000)
    reading(home, imported=1000)
    close(charged)
    with pytest.raises(IntegrityError, match="trade_fee_within_the_tariff"), transaction.atomic():
        Trade.objects.update(tariff_fee=FEE - 1)
    change_discount(home, 25)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FeeDiscount.objects.update(percent=100)
    with pytest.raises(IntegrityError, match="fee_discount_within_the_fee"), transaction.atomic():
        change_discount(home, 101)
