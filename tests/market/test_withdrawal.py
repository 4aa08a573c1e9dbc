"""Members take their money and energy out of the contract without asking us."""

from __future__ import annotations

from collections.abc import Callable

from market import orders
from market.models import Order
from stelltron.core.models import Community
from stelltron.ledger import reconciliation
from stelltron.ledger.clients import marketplace
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.conftest import CENT, Chain


def call(chain: Chain, member: Member, function: str, amount: int) -> None:
    chain.send(member.wallet.keypair(), getattr(marketplace, function)(member.wallet.address, amount))


def test_energy_withdrawn_on_the_chain_leaves_the_books_and_the_book(
    seller: Member, community: Community, chain: Chain
) -> None:
    chain.settle()
    orders.place_order(seller, side=Order.Side.SELL, wh=8000, price=10 * CENT)
    call(chain, seller, "withdraw_energy", 5000)
    chain.settle()
    assert Order.objects.get().state == Order.State.CANCELLED
    assert (balance(seller, Asset.KWH).available, balance(seller, Asset.KWH).held) == (3000, 0)
    assert reconciliation.reconcile(community).equal


def test_energy_brought_back_can_be_sold(seller: Member, trader: Callable, community: Community, chain: Chain) -> None:
    chain.settle()
    call(chain, seller, "withdraw_energy", 5000)
    call(chain, seller, "deposit_energy", 5000)
    chain.settle()
    assert balance(seller, Asset.KWH).available == 8000
    orders.place_order(seller, side=Order.Side.SELL, wh=8000, price=10 * CENT)
    orders.place_order(trader("mike"), side=Order.Side.BUY, wh=8000, price=10 * CENT)
    chain.settle()
    assert reconciliation.reconcile(community).equal
