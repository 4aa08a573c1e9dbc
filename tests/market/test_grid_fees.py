"""Zones, their fees and friends' contracts, from the readings to the chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings

from devices.models import MeteringPoint, SlotReading
from market.clearing.closing import close_due_slots
from market.friends.agreements import accept_contract, end_contract, offer_contract
from market.models import FriendContract, GridFee, Order, SlotRun, StatementLine, Trade
from market.spot import desk, orders
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger import contracts, journal, reconciliation
from stelltron.ledger.clients import marketplace
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START

Kind = StatementLine.Kind
SLOT = START - timedelta(hours=1)


@pytest.fixture
def zones(community: Community) -> None:
    """Two zones: one cent among neighbours, four across."""
    for zone, name in enumerate(("hill", "valley")):
        GridFee.objects.create(
            community=community,
            zone=zone,
            name=name,
            inside=CENT,
            out=2 * CENT,
            into=2 * CENT,
            valid_from=START - timedelta(days=1),
        )


def meter(member: Member, *, exported: int = 0, imported: int = 0, zone: int = 0) -> None:
    point = member.metering_points.get()
    MeteringPoint.objects.filter(pk=point.pk).update(zone=zone)
    SlotReading.objects.create(
        community=member.community,
        point=point,
        slot=SLOT,
        exported_wh=exported,
        imported_wh=imported,
        exported_from_mwh=0,
        exported_to_mwh=exported * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported * 1000,
    )


def operator_balance(chain) -> int:
    account = contracts.ask(chain.gateway, marketplace.account(settings.STELLAR.operator.public_key))
    return account.quote


def test_each_way_pays_its_fee_and_the_grid_gets_the_sum(
    zones: None, trader: Callable[..., Member], community: Community, chain
) -> None:
    seller, near, far = trader("sun"), trader("near"), trader("far")
    meter(seller, exported=3000)
    meter(near, imported=1000)
    meter(far, imported=1000, zone=1)
    before = operator_balance(chain)
    assert close_due_slots(community) == 1
    chain.settle()
    assert ChainIntent.objects.get(slot__isnull=False).sections == 2
    fees = {trade.buyer.code: (trade.fee, trade.fee_amount) for trade in Trade.objects.all()}
    assert fees == {"near": (CENT, CENT), "far": (4 * CENT, 4 * CENT)}
    assert set(Trade.objects.values_list("state", flat=True)) == {Trade.State.SETTLED}
    assert SlotRun.objects.get().state == SlotRun.State.SETTLED
    assert operator_balance(chain) - before == 5 * CENT
    assert journal.balances(community)["grid", Asset.WATT] == 5 * CENT
    lines = StatementLine.objects.filter(kind=Kind.GRID_FEE)
    assert sum(line.amount for line in lines) == -5 * CENT
    assert reconciliation.reconcile(community).equal


def test_spot_trades_pay_the_fee_out_of_the_buyers_limit(
    zones: None, seller: Member, trader: Callable[..., Member], community: Community, chain
) -> None:
    buyer = trader("mike")
    MeteringPoint.objects.filter(member=buyer).update(zone=1)
    desk.place_order(seller, side=Order.Side.SELL, wh=5000, price=10 * CENT)
    tight = desk.place_order(buyer, side=Order.Side.BUY, wh=1000, price=13 * CENT)
    assert tight.state == Order.State.OPEN
    bid = desk.place_order(buyer, side=Order.Side.BUY, wh=2000, price=15 * CENT)
    assert bid.state == Order.State.FILLED
    chain.settle()
    trade = Trade.objects.get(venue=Trade.Venue.SPOT)
    assert (trade.price, trade.fee, trade.state) == (10 * CENT, 4 * CENT, Trade.State.SETTLED)
    orders.cancel_order(tight, buyer)
    assert buyer.holdings.get(asset=Asset.WATT).held == 0
    assert reconciliation.reconcile(community).equal


def test_a_friends_contract_is_served_first_and_billed_as_such(
    trader: Callable[..., Member], community: Community, chain
) -> None:
    seller, friend, other = trader("sun"), trader("friend"), trader("other")
    contract = offer_contract(
        seller,
        seller=seller,
        buyer=friend,
        price=5 * CENT,
        slot_wh=600,
        valid_from=START - timedelta(days=1),
        valid_until=START + timedelta(days=30),
    )
    with pytest.raises(Refused, match="only the member it was offered to"):
        accept_contract(contract, seller)
    Community.objects.update(data_time=SLOT)
    friend.community.refresh_from_db()
    accept_contract(contract, friend)
    Community.objects.update(data_time=START)
    community.refresh_from_db()
    meter(seller, exported=1000)
    meter(friend, imported=1000)
    meter(other, imported=1000)
    assert close_due_slots(community) == 1
    chain.settle()
    among_friends = Trade.objects.get(venue=Trade.Venue.FRIENDS)
    assert (among_friends.wh, among_friends.price) == (600, 5 * CENT)
    assert StatementLine.objects.get(kind=Kind.FRIEND_PURCHASE).amount == -3 * CENT
    auctioned = {trade.buyer.code: trade.wh for trade in Trade.objects.filter(venue=Trade.Venue.AUCTION)}
    # 400 Wh left for 400 Wh and 1000 Wh of deficit, pro rata.
    assert auctioned == {"friend": 114, "other": 286}
    assert Trade.objects.filter(venue=Trade.Venue.AUCTION).first().price == (FEED_IN + RETAIL) // 2
    assert reconciliation.reconcile(community).equal
    end_contract(contract, friend)
    contract.refresh_from_db()
    assert contract.state == FriendContract.State.ENDED
