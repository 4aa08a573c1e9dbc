"""A settlement the contract refuses is undone: what the books say is what the chain says, to the stroop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from market import parameters
from market.clearing.closing import close_due_slots
from market.models import BankedEnergy, Order, SlotRun, StatementLine, Trade
from market.spot import desk
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.ledger import intents, reconciliation
from stelltron.ledger.clients import marketplace
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member, Notice, User
from tests.conftest import CENT, FEED_IN, RETAIL, START, Chain
from tests.market.test_mandate_room import move_clock, read

Kind = StatementLine.Kind


def cancel_on_chain(chain: Chain, member: Member) -> None:
    """The member tightens the mandate at the contract itself, where nobody of ours is asked, before the slot begins."""
    tight = marketplace.Mandate(
        sell_min=1, buy_max=1, slot_wh=1, day_wh=1, valid_from=1, valid_until=2**32 - 1, zone=0, sides=3
    )
    chain.send(member.wallet.keypair(), marketplace.set_mandate(member.wallet.address, tight))


def total(member: Member) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for line in member.statement_lines.all():
        wh, amount = sums.get(line.kind, (0, 0))
        sums[line.kind] = (wh + line.wh, amount + line.amount)
    return {kind: pair for kind, pair in sums.items() if pair != (0, 0)}


@pytest.mark.parametrize("banking", [0, 24])
def test_a_refused_auction_is_settled_again_without_its_trades(
    trader: Callable, community: Community, chain: Chain, banking: int
) -> None:
    schedule(community, parameters.BANKING_SLOTS, banking, START - timedelta(hours=1), "test")
    sun, home = trader("sun"), trader("home")
    cancel_on_chain(chain, home)
    read(sun, exported=3001)
    read(home, imported=1003)
    move_clock(community, minutes=61)
    close_due_slots(community)
    chain.settle()
    states = dict(SlotRun.objects.values_list("version", "state"))
    assert states == {1: SlotRun.State.REPLACED, 2: SlotRun.State.SETTLED}
    assert Trade.objects.get().state == Trade.State.FAILED
    assert total(home) == {Kind.UTILITY_IMPORT: (1003, -(1003 * RETAIL // 1000))}
    assert total(sun) == ({} if banking else {Kind.UTILITY_EXPORT: (3001, 3001 * FEED_IN // 1000)})
    assert balance(home, Asset.WATT).available == balance(sun, Asset.WATT).available == 10_000 * CENT
    assert balance(sun, Asset.KWH).available == (3001 if banking else 0)
    assert sum(BankedEnergy.objects.values_list("wh", flat=True)) == (3001 if banking else 0)
    assert reconciliation.reconcile(community).equal
    with pytest.raises(Exception, match="cannot go from"):
        intents.retry(ChainIntent.objects.get(state=ChainIntent.State.REPLACED))


def test_a_refused_spot_trade_is_reversed(seller: Member, trader: Callable, community: Community, chain: Chain) -> None:
    buyer = trader("mike")
    cancel_on_chain(chain, buyer)
    desk.place_order(seller, side=Order.Side.SELL, wh=8000, price=10 * CENT)
    desk.place_order(buyer, side=Order.Side.BUY, wh=5000, price=11 * CENT)
    chain.settle()
    assert Trade.objects.get().state == Trade.State.FAILED
    assert total(buyer) == total(seller) == {}
    assert (balance(buyer, Asset.WATT).available, balance(buyer, Asset.KWH).available) == (10_000 * CENT, 0)
    assert (balance(seller, Asset.KWH).available, balance(seller, Asset.KWH).held) == (5000, 3000)
    assert reconciliation.reconcile(community).equal


def test_both_sides_learn_why_a_trade_was_undone(
    seller: Member, trader: Callable, chain: Chain, client: Client
) -> None:
    buyer = trader("mike")
    cancel_on_chain(chain, buyer)
    desk.place_order(seller, side=Order.Side.SELL, wh=8000, price=10 * CENT)
    desk.place_order(buyer, side=Order.Side.BUY, wh=5000, price=11 * CENT)
    chain.settle()
    why = "the price and grid fee are above what the buyer's mandate allows (contract error 317)"
    undone = Notice.objects.filter(kind=Notice.Kind.TRADES_UNDONE)
    assert dict(undone.values_list("member__code", "text")) == {
        code: f"Your {what} of 5.000 kWh did not go through: {why}. It is taken back; your statement shows what took its"
        " place"
        for code, what in (("mike", "purchase"), ("sarah", "sale"))
    }
    buyer.user = User.objects.create_user("mike@test.example", "a long password")
    buyer.save(update_fields=["user"])
    client.force_login(buyer.user)
    for line in buyer.statement_lines.all():
        page = unescape(client.get(f"/statement/{line.pk}").content.decode())
        assert f"The contract refused these trades: {why}." in page
        assert "Not sent yet" not in page


def test_what_cannot_be_undone_any_more_shows_in_the_reconciliation(
    seller: Member, trader: Callable, community: Community, chain: Chain
) -> None:
    buyer = trader("mike")
    cancel_on_chain(chain, buyer)
    desk.place_order(seller, side=Order.Side.SELL, wh=5000, price=10 * CENT)
    desk.place_order(buyer, side=Order.Side.BUY, wh=5000, price=11 * CENT)
    # The buyer spends the energy before the chain has refused it.
    read(buyer, imported=5000)
    move_clock(community, minutes=61)
    close_due_slots(community)
    chain.settle()
    assert ChainIntent.objects.filter(state=ChainIntent.State.FAILED).exists()
    result = reconciliation.reconcile(community)
    assert not result.equal
    assert {difference["member"] for difference in result.differences} >= {"mike"}
