from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.models import Order, Trade
from market.spot import desk, matching, orders
from stelltron.core import slots
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger import reconciliation
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member
from tests.conftest import CENT, START

SELL, BUY = Order.Side.SELL, Order.Side.BUY
Kind, Force, State = Order.Kind, Order.Force, Order.State


def test_a_market_order_takes_the_best_and_gives_the_rest_back(seller: Member, trader: Callable[..., Member]) -> None:
    buyer = trader("mike")
    desk.place_order(seller, side=SELL, wh=3000, price=10 * CENT)
    bid = desk.place_order(buyer, side=BUY, wh=5000, kind=Kind.MARKET)
    assert (bid.state, bid.open_wh) == (State.CANCELLED, 2000)
    assert Trade.objects.get().amount == 30 * CENT
    assert balance(buyer, Asset.WATT).held == 0


def test_at_once_trades_what_it_can_and_never_rests(seller: Member, trader: Callable[..., Member]) -> None:
    buyer = trader("mike")
    bid = desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT, force=Force.IOC)
    assert bid.state == State.CANCELLED
    desk.place_order(seller, side=SELL, wh=400, price=10 * CENT)
    assert not Trade.objects.exists()
    assert balance(buyer, Asset.WATT).held == 0


def test_all_or_nothing(seller: Member, trader: Callable[..., Member]) -> None:
    buyer = trader("mike")
    desk.place_order(seller, side=SELL, wh=3000, price=10 * CENT)
    assert desk.place_order(buyer, side=BUY, wh=3001, price=10 * CENT, force=Force.FOK).state == State.CANCELLED
    assert not Trade.objects.exists()
    assert desk.place_order(buyer, side=BUY, wh=3000, price=10 * CENT, force=Force.FOK).state == State.FILLED


def test_a_stop_waits_for_the_last_price_and_then_trades(
    seller: Member, trader: Callable[..., Member], community: Community
) -> None:
    buyer, careful = trader("mike"), trader("careful")
    stop = desk.place_order(careful, side=BUY, wh=500, kind=Kind.STOP, price=12 * CENT, trigger=11 * CENT)
    assert stop.state == State.WAITING
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    stop.refresh_from_db()
    assert stop.state == State.WAITING
    desk.place_order(seller, side=SELL, wh=2000, price=11 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=11 * CENT)
    stop.refresh_from_db()
    assert stop.state == State.FILLED
    assert Trade.objects.get(buy_order=stop).price == 11 * CENT
    assert matching.match_community(community) == 0


def test_a_waiting_stop_can_be_cancelled_and_expires(trader: Callable[..., Member], community: Community) -> None:
    buyer = trader("mike")
    stop = desk.place_order(buyer, side=BUY, wh=500, kind=Kind.STOP, price=12 * CENT, trigger=11 * CENT)
    orders.cancel_order(stop, buyer)
    dated = desk.place_order(
        buyer,
        side=BUY,
        wh=500,
        kind=Kind.STOP,
        price=12 * CENT,
        trigger=11 * CENT,
        expires_at=START + timedelta(hours=1),
    )
    Community.objects.update(data_time=START + timedelta(hours=2))
    assert orders.expire_orders() == 1
    dated.refresh_from_db()
    assert dated.state == State.EXPIRED
    assert balance(buyer, Asset.WATT).held == 0


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"kind": Kind.LIMIT}, "limit_needs_a_price"),
        ({"kind": Kind.MARKET, "price": CENT}, "market_has_no_price"),
        ({"kind": Kind.STOP, "price": 5 * CENT}, "stop_needs_a_price"),
        ({"price": 5 * CENT, "trigger": CENT}, "stop_needs_a_price"),
        ({"kind": Kind.MARKET, "expires_at": START + timedelta(hours=1)}, "no_date_at_once"),
    ],
)
def test_kinds_that_contradict_themselves_are_refused(trader: Callable[..., Member], wish: dict, code: str) -> None:
    buyer = trader("mike")
    with pytest.raises(Refused) as refused:
        desk.place_order(buyer, side=BUY, wh=1000, **wish)
    assert refused.value.code == code
    assert not Order.objects.exists()


def test_many_orders_are_placed_in_one_stroke_and_each_is_answered(
    seller: Member, trader: Callable[..., Member], community: Community, chain
) -> None:
    buyer = trader("mike", watt=1)
    wishes = [
        orders.Wish(seller, SELL, 2000, 10 * CENT),
        orders.Wish(buyer, BUY, 5000, 10 * CENT),
        orders.Wish(buyer, BUY, 50_000, 10 * CENT),
        orders.Wish(buyer, BUY, 4000, 11 * CENT),
    ]
    first, second, third, fourth = orders.place_orders(community, wishes)
    assert isinstance(third, Refused)
    assert third.code == "not_enough_watt"
    states = dict(Order.objects.values_list("pk", "state"))
    assert [states[order.id] for order in (first, second, fourth)] == [State.FILLED, State.PARTLY_FILLED, State.OPEN]
    chain.settle()
    assert Trade.objects.get().state == Trade.State.SETTLED


def test_spot_trades_share_a_settlement_until_it_is_sent(
    seller: Member, trader: Callable[..., Member], community: Community, chain
) -> None:
    buyer = trader("mike")
    desk.place_order(seller, side=SELL, wh=5000, price=10 * CENT)
    chain.settle()
    for _ in range(3):
        desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    intent = ChainIntent.objects.get(state=ChainIntent.State.PENDING)
    assert intent.payload["trades"] == 3
    chain.settle()
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    chain.settle()
    assert set(Trade.objects.values_list("state", flat=True)) == {Trade.State.SETTLED}
    assert len(set(Trade.objects.values_list("intent", flat=True))) == 2


@pytest.mark.parametrize("checked", [True, False])
def test_a_trade_that_joins_while_its_settlement_is_signed_is_not_lost(
    seller: Member,
    trader: Callable[..., Member],
    community: Community,
    chain,
    monkeypatch: pytest.MonkeyPatch,
    checked: bool,
) -> None:
    """Without the look at what was signed the late trade would count as settled, and the chain would not have it."""
    buyer = trader("mike")
    desk.place_order(seller, side=SELL, wh=5000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    real_sign, late = chain.submitter._sign, []

    def sign_slowly(key, ready):
        signed = real_sign(key, ready)
        if not late:
            late.append(desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT))
            if not checked:
                for intent in ready:
                    intent.refresh_from_db()
        return signed

    monkeypatch.setattr(chain.submitter, "_sign", sign_slowly)
    chain.settle()
    assert set(Trade.objects.values_list("state", flat=True)) == {Trade.State.SETTLED}
    assert reconciliation.reconcile(community).equal is checked


def test_a_stop_for_now_or_never_outlives_a_slot_that_is_full(
    trader: Callable[..., Member], seller: Member, community: Community
) -> None:
    """Sections count, not intents: one settlement may take many of the slot's chunks."""
    buyer = trader("mike")
    stop = desk.place_order(
        buyer, side=BUY, wh=500, kind=Kind.STOP, price=12 * CENT, trigger=11 * CENT, force=Force.IOC
    )
    full = ChainIntent.objects.create(
        community=community,
        kind=ChainIntent.Kind.SETTLE,
        key="many chunks",
        slot=slots.to_chain(START),
        sections=200,
        state=ChainIntent.State.CONFIRMED,
    )
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    assert matching.match_community(community) == 0
    stop.refresh_from_db()
    assert stop.state == State.WAITING
    ChainIntent.objects.filter(pk=full.pk).update(sections=199)
    assert matching.match_community(community) == 1
