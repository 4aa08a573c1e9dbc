"""What the market tells its members, and how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.friends.agreements import accept_contract, end_contract, offer_contract
from market.models import Mandate, Order, Trade
from market.spot.desk import place_order
from market.spot.orders import expire_orders
from market.telling import tell_expiring_mandates
from stelltron.core.models import Community
from stelltron.members.models import Member, Notice
from tests.conftest import CENT, START


def texts(member: Member, kind: str) -> list[str]:
    return list(Notice.objects.filter(member=member, kind=kind).order_by("id").values_list("text", flat=True))


def test_both_parties_are_told_once_per_settlement(seller: Member, trader: Callable[..., Member], chain) -> None:
    buyer = trader("mike")
    Notice.objects.all().delete()
    for price in (10, 12):
        place_order(seller, side="SELL", wh=1000, price=price * CENT)
    place_order(buyer, side="BUY", wh=2000, price=12 * CENT)
    assert Trade.objects.count() == 2
    chain.settle()
    intents = set(Trade.objects.values_list("intent_id", "intent__transaction_id"))
    assert len(intents) == 1
    told = {notice.member: notice for notice in Notice.objects.filter(kind=Notice.Kind.TRADES_SETTLED)}
    assert Notice.objects.filter(kind=Notice.Kind.TRADES_SETTLED).count() == 2
    assert told[seller].text == "Sold 2.000 kWh for 0.2200 WATT, 0.1100 a kWh"
    assert told[buyer].text == "Bought 2.000 kWh for 0.2200 WATT, 0.1100 a kWh"
    assert {notice.transaction_hash for notice in told.values()} == {sent for _, sent in intents}


def test_an_order_past_its_date_is_told(trader: Callable[..., Member], community: Community) -> None:
    buyer = trader("mike")
    place_order(buyer, side="BUY", wh=2000, price=CENT, expires_at=START + timedelta(hours=1))
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=2))
    assert expire_orders() == 1
    assert texts(buyer, Notice.Kind.ORDER_ENDED) == [
        "Your order to buy 2.000 kWh ended: its date came; 2.000 kWh were left"
    ]
    assert Order.objects.get().ended_because == "its date came", "staff read it on the order, too"


def test_a_mandate_is_warned_of_a_week_ahead_and_once(trader: Callable[..., Member], community: Community) -> None:
    member = trader("mike")
    assert tell_expiring_mandates(community) == 0
    Mandate.objects.update(valid_until=START + timedelta(days=6))
    tell_expiring_mandates(community)
    tell_expiring_mandates(community)
    assert len(texts(member, Notice.Kind.MANDATE_EXPIRING)) == 1


def test_each_side_hears_what_the_other_did_with_their_contract(new_member: Callable[..., Member]) -> None:
    sarah, mike = new_member("sarah"), new_member("mike")
    contract = offer_contract(
        sarah,
        seller=sarah,
        buyer=mike,
        price=10 * CENT,
        slot_wh=1500,
        valid_from=START,
        valid_until=START + timedelta(days=9),
    )
    accept_contract(contract, mike)
    end_contract(contract, mike)
    terms = "1.500 kWh a slot at 0.1000 WATT a kWh"
    assert texts(mike, Notice.Kind.CONTRACT) == [f"Member sarah offers you a contract: {terms}"]
    assert texts(sarah, Notice.Kind.CONTRACT) == [
        f"Member mike accepted your contract: {terms}",
        f"Member mike ended your contract: {terms}",
    ]


@pytest.mark.parametrize("page", ["/messages", "/"])
def test_the_badge_counts_what_is_unread(new_member: Callable[..., Member], client, page: str) -> None:
    member = new_member("mike", email="mike@co-op.example")
    client.force_login(member.user)
    Notice.objects.create(member=member, kind=Notice.Kind.CONTRACT, key="k", text="Sarah offers you a contract")
    assert "<b>1</b>" in client.get("/messages/badge").content.decode()
    assert "Sarah offers" in client.get("/messages").content.decode()
    assert "<b>" not in client.get("/messages/badge").content.decode()
    assert client.get(page).status_code == 200
    assert client.post("/messages/choice", {"mail": "NEVER", "phone": "123"}).status_code == 422
    assert client.post("/messages/choice", {"mail": "NEVER", "phone": "+14155550123"}).status_code == 302
