"""Spot orders through the service, the books and the real chain."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from market import mandates
from market.models import BankedEnergy, Order, Trade
from market.spot import book_rows, desk, matching, orders
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger import journal_walk, reconciliation
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, Holding
from stelltron.members.models import Member
from tests.conftest import CENT, START

BUY, SELL = Order.Side.BUY, Order.Side.SELL


def test_a_sale_moves_money_and_energy_at_the_resting_price(seller: Member, trader: Callable, chain, community) -> None:
    buyer = trader("mike")
    desk.place_order(seller, side=SELL, wh=8000, price=10 * CENT)
    order = desk.place_order(buyer, side=BUY, wh=5000, price=11 * CENT)
    trade = Trade.objects.get()
    assert (trade.wh, trade.price, trade.amount) == (5000, 10 * CENT, 50 * CENT)
    assert order.state == Order.State.FILLED
    assert Order.objects.get(side=SELL).state == Order.State.PARTLY_FILLED
    chain.settle()
    trade.refresh_from_db()
    assert trade.state == Trade.State.SETTLED
    assert len(trade.intent.transaction.hash) == 64
    assert balance(buyer, Asset.WATT).available == 10_000 * CENT - 50 * CENT
    assert balance(buyer, Asset.WATT).held == 0
    assert balance(seller, Asset.WATT).available == 10_000 * CENT + 50 * CENT
    assert balance(buyer, Asset.KWH).available == 5000
    assert balance(seller, Asset.KWH).held == 3000
    assert reconciliation.reconcile(community).equal
    assert journal_walk.verify(community).fault is None


def test_bought_energy_keeps_its_expiry(seller: Member, trader: Callable) -> None:
    desk.place_order(seller, side=SELL, wh=8000, price=10 * CENT)
    buyer = trader("mike")
    desk.place_order(buyer, side=BUY, wh=5000, price=11 * CENT)
    lots = dict(BankedEnergy.objects.values_list("member__code", "wh"))
    assert lots == {"sarah": 3000, "mike": 5000}
    assert len(set(BankedEnergy.objects.values_list("expires_at", flat=True))) == 1


def test_what_is_bought_in_one_slot_keeps_each_its_own_expiry(seller: Member, trader: Callable) -> None:
    lot = BankedEnergy.objects.get(member=seller)
    soon, later = lot.expires_at, lot.expires_at + timedelta(hours=3)
    BankedEnergy.objects.filter(pk=lot.pk).update(wh=3000)
    BankedEnergy.objects.create(member=seller, slot=START, expires_at=later, wh=5000)
    buyer = trader("mike")
    desk.place_order(seller, side=SELL, wh=8000, price=10 * CENT)
    for wh in (2000, 3000):
        desk.place_order(buyer, side=BUY, wh=wh, price=10 * CENT)
    left = BankedEnergy.objects.filter(wh__gt=0).values_list("member__code", "expires_at", "wh")
    assert set(left) == {("mike", soon, 3000), ("mike", later, 2000), ("sarah", later, 3000)}


@pytest.mark.parametrize(
    ("wh", "price", "code"),
    [
        (0, 10 * CENT, "energy_out_of_range"),
        (-5, 10 * CENT, "energy_out_of_range"),
        (10**15, 10 * CENT, "energy_out_of_range"),
        (1.5, 10 * CENT, "not_an_integer"),
        (True, 10 * CENT, "not_an_integer"),
        ("5", 10 * CENT, "not_an_integer"),
        (1000, 0, "price_out_of_range"),
        (1000, -1, "price_out_of_range"),
        (1000, 2**40, "price_out_of_range"),
        (1000, 29 * CENT, "outside_mandate"),
        (2_000_000, 10 * CENT, "outside_mandate"),
    ],
)
def test_orders_outside_the_rules_are_refused_and_hold_nothing(trader: Callable, wh, price, code: str) -> None:
    buyer = trader("mike")
    with pytest.raises(Refused) as refused:
        desk.place_order(buyer, side=BUY, wh=wh, price=price)
    assert refused.value.code == code
    assert not Order.objects.exists()
    assert balance(buyer, Asset.WATT).held == 0


def test_an_order_needs_a_mandate_an_approved_identity_and_money(trader: Callable, new_member: Callable) -> None:
    stranger = new_member("stranger")
    with pytest.raises(Refused, match="mandate"):
        desk.place_order(stranger, side=BUY, wh=1000, price=10 * CENT)
    Member.objects.filter(pk=stranger.pk).update(kyc=Member.Kyc.PENDING)
    stranger.refresh_from_db()
    with pytest.raises(Refused, match="identity"):
        desk.place_order(stranger, side=BUY, wh=1000, price=10 * CENT)
    poor = trader("poor", watt=1)
    with pytest.raises(Refused, match="deposit first"):
        desk.place_order(poor, side=BUY, wh=900_000, price=10 * CENT)
    with pytest.raises(Refused, match="kWh are free"):
        desk.place_order(poor, side=SELL, wh=1000, price=10 * CENT)


def test_only_the_owner_cancels_and_only_once(seller: Member, trader: Callable) -> None:
    order = desk.place_order(seller, side=SELL, wh=8000, price=10 * CENT)
    assert balance(seller, Asset.KWH).held == 8000
    with pytest.raises(Refused, match="only the member"):
        orders.cancel_order(order, trader("mike"))
    orders.cancel_order(order, seller)
    assert balance(seller, Asset.KWH).held == 0
    assert balance(seller, Asset.KWH).available == 8000
    with pytest.raises(Refused, match="already"):
        orders.cancel_order(order, seller)


def test_an_expired_order_releases_what_it_held(trader: Callable, community: Community) -> None:
    buyer = trader("mike")
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT, expires_at=START + timedelta(hours=1))
    assert orders.expire_orders() == 0
    Community.objects.update(data_time=START + timedelta(hours=2))
    assert orders.expire_orders() == 1
    assert Order.objects.get().state == Order.State.EXPIRED
    assert balance(buyer, Asset.WATT).held == 0


def test_a_member_never_trades_with_themselves(seller: Member) -> None:
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(seller, side=BUY, wh=1000, price=12 * CENT)
    assert not Trade.objects.exists()


def test_ending_a_mandate_takes_its_orders_off_the_book(seller: Member, chain) -> None:
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    mandates.end_mandate(seller.mandates.get())
    chain.settle()
    assert Order.objects.get().state == Order.State.CANCELLED
    assert balance(seller, Asset.KWH).held == 0


def take_in(community: Community, newcomers: list[book_rows.Newcomer], moves: book_rows.Moves) -> None:
    """Write orders without matching them."""
    book_rows.write_newcomers(newcomers)
    book_rows.write_moves(moves)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_matchers_at_once_trade_once(
    seller: Member, trader: Callable, community: Community, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """With the community's lock one of two racing matchers finds nothing left; without it the second one fails."""
    buyer = trader("mike")
    with monkeypatch.context() as quiet:
        quiet.setattr(orders, "match_new", take_in)
        desk.place_order(seller, side=SELL, wh=5000, price=10 * CENT)
        desk.place_order(buyer, side=BUY, wh=5000, price=11 * CENT)
    both_looked = threading.Barrier(2)
    real_fill = matching.fill_orders

    def look_together(*matched):
        if not locked:
            both_looked.wait(timeout=10)
        return real_fill(*matched)

    monkeypatch.setattr(matching, "fill_orders", look_together)
    if not locked:
        monkeypatch.setattr(matching, "lock_market", lambda community_id: None)
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(matching.match_community(community))
        except Exception as problem:
            outcomes.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Even without the lock the states' compare-and-swap keeps the books right: the loser is rolled back.
    assert Trade.objects.count() == 1
    problems = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert bool(problems) is not locked
    assert Holding.objects.get(member=buyer, asset=Asset.KWH).available == 5000
