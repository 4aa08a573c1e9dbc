"""What a member has sold ahead in many parts leaves the marketplace in one withdrawal, and none of it is lost."""

from __future__ import annotations

from collections.abc import Callable

from market.models import LockedTrade
from market.stored import sales
from stelltron.core.models import Community
from stelltron.ledger import reconciliation
from stelltron.ledger.clients import marketplace
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent, EnergyLock
from stelltron.members.models import Member

from . import test_stored_energy as stored
from .battery import Battery
from .test_stored_energy import DELIVER_BY, PRICE, Driver, State, agree

no_delay, seller, battery, buyer, driver = stored.no_delay, stored.seller, stored.battery, stored.buyer, stored.driver


def requests_of(member: Member) -> int:
    return ChainIntent.objects.filter(wallet=member.wallet, payload__function="request_withdrawal").count()


def test_a_sellers_parts_for_many_buyers_leave_in_one_withdrawal(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community, trader: Callable
) -> None:
    offer = sales.offer_stored(seller, wh=9000, price=PRICE, deliver_by=DELIVER_BY)
    trades = [
        sales.buy_stored(offer.pk, who, wh).trade
        for who, wh in ((buyer, 3000), (trader("anna"), 2000), (trader("tom"), 3500), (buyer, 500))
    ]
    for trade in trades:
        driver.until(trade, State.RESERVED)
    assert (requests_of(seller), requests_of(buyer)) == (1, 1)
    assert sorted(EnergyLock.objects.values_list("wh", flat=True)) == [500, 2000, 3000, 3500]
    assert (balance(seller, Asset.KWH).available, balance(seller, Asset.KWH).held) == (3000, 0)
    assert reconciliation.reconcile(community).equal


def test_what_is_agreed_while_a_withdrawal_is_on_its_way_leaves_in_the_next(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    offer = sales.offer_stored(seller, wh=9000, price=PRICE, deliver_by=DELIVER_BY)
    trades = [sales.buy_stored(offer.pk, buyer, 3000).trade]
    driver.turn()
    trades += [sales.buy_stored(offer.pk, buyer, wh).trade for wh in (2000, 1000)]
    for trade in trades:
        driver.until(trade, State.RESERVED)
    assert (requests_of(seller), requests_of(buyer)) == (2, 2)
    assert reconciliation.reconcile(community).equal


def test_where_less_leaves_than_was_sold_the_oldest_parts_are_served(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    first, second, third = agree(seller, buyer, 2000, 3000, 1000)
    driver.turn()
    # The member asks again, past the co-op, for less than the three together.
    driver.chain.send(seller.wallet.keypair(), marketplace.request_withdrawal(seller.wallet.address, 0, 4000))
    driver.chain.settle()
    driver.until(first, State.RESERVED)
    driver.until(second, State.FAILED)
    driver.until(third, State.FAILED)
    driver.turn(4)
    problems = dict(LockedTrade.objects.values_list("pk", "problem"))
    assert (problems[first.pk], problems[second.pk]) == ("", "the seller's part was not all there")
    assert balance(seller, Asset.KWH).available == 10_000
    assert balance(buyer, Asset.WATT).held == 0
    assert reconciliation.reconcile(community).equal
