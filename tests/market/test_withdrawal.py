"""Members take their money and energy out of the contract without asking us, and we stop using it in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.models import Order
from market.spot import desk
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger import deployment, reconciliation, withdrawals
from stelltron.ledger.clients import marketplace
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, WithdrawalRequest
from stelltron.members.models import Member
from tests.conftest import CENT, Chain


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are ready at once: the contract's own tests wait."""
    monkeypatch.setattr(deployment, "WITHDRAW_DELAY_SECONDS", 0)


def request(chain: Chain, member: Member, stroops: int, wh: int) -> None:
    address = member.wallet.address
    chain.send(member.wallet.keypair(), marketplace.request_withdrawal(address, stroops, wh))
    chain.settle()


def withdraw(chain: Chain, member: Member) -> None:
    chain.send(member.wallet.keypair(), marketplace.withdraw(member.wallet.address))
    chain.settle()


def energy(member: Member) -> tuple[int, int]:
    holding = balance(member, Asset.KWH)
    return holding.available, holding.held


def test_what_is_requested_is_held_and_leaves_when_it_is_withdrawn(
    seller: Member, community: Community, chain: Chain
) -> None:
    chain.settle()
    request(chain, seller, 1000 * CENT, 5000)
    assert energy(seller) == (3000, 5000)
    assert balance(seller, Asset.WATT).available == 9000 * CENT
    assert reconciliation.reconcile(community).equal
    with pytest.raises(Refused, match="are free"):
        desk.place_order(seller, side=Order.Side.SELL, wh=3001, price=10 * CENT)
    withdraw(chain, seller)
    assert energy(seller) == (3000, 0)
    assert (balance(seller, Asset.WATT).available, balance(seller, Asset.WATT).held) == (9000 * CENT, 0)
    assert not WithdrawalRequest.objects.exists()
    assert reconciliation.reconcile(community).equal


def test_orders_give_way_to_a_request(seller: Member, community: Community, chain: Chain) -> None:
    chain.settle()
    desk.place_order(seller, side=Order.Side.SELL, wh=8000, price=10 * CENT)
    request(chain, seller, 0, 5000)
    assert Order.objects.get().state == Order.State.CANCELLED
    assert energy(seller) == (3000, 5000)
    assert reconciliation.reconcile(community).equal


def test_an_order_that_leaves_enough_stays(seller: Member, chain: Chain) -> None:
    chain.settle()
    desk.place_order(seller, side=Order.Side.SELL, wh=3000, price=10 * CENT)
    request(chain, seller, 0, 5000)
    assert Order.objects.get().state in Order.LIVE
    assert energy(seller) == (0, 8000)


def test_a_new_request_replaces_the_one_before(seller: Member, chain: Chain) -> None:
    chain.settle()
    request(chain, seller, 1000 * CENT, 5000)
    request(chain, seller, 0, 2000)
    assert energy(seller) == (6000, 2000)
    assert balance(seller, Asset.WATT).held == 0


def test_what_comes_in_is_held_for_what_a_request_still_lacks(
    seller: Member, community: Community, chain: Chain
) -> None:
    chain.settle()
    request(chain, seller, 0, 5000)
    withdraw(chain, seller)
    request(chain, seller, 0, 6000)
    assert energy(seller) == (0, 3000)
    chain.send(seller.wallet.keypair(), marketplace.deposit_energy(seller.wallet.address, 5000))
    chain.settle()
    withdrawals.top_up([seller.pk])
    assert energy(seller) == (2000, 6000)
    assert reconciliation.reconcile(community).equal


def test_a_request_that_is_over_gives_back_what_it_held(seller: Member, chain: Chain) -> None:
    chain.settle()
    request(chain, seller, 1000 * CENT, 5000)
    ready_at = WithdrawalRequest.objects.get().ready_at
    week = timedelta(days=7)
    assert withdrawals.end_expired(ready_at + week) == 0
    assert withdrawals.end_expired(ready_at + week + timedelta(hours=1)) == 1
    assert energy(seller) == (8000, 0)
    assert balance(seller, Asset.WATT).available == 10_000 * CENT


def test_energy_brought_back_can_be_sold(seller: Member, trader: Callable, community: Community, chain: Chain) -> None:
    chain.settle()
    request(chain, seller, 0, 5000)
    withdraw(chain, seller)
    chain.send(seller.wallet.keypair(), marketplace.deposit_energy(seller.wallet.address, 5000))
    chain.settle()
    assert balance(seller, Asset.KWH).available == 8000
    desk.place_order(seller, side=Order.Side.SELL, wh=8000, price=10 * CENT)
    desk.place_order(trader("mike"), side=Order.Side.BUY, wh=8000, price=10 * CENT)
    chain.settle()
    assert reconciliation.reconcile(community).equal
