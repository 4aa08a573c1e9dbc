"""The loop in the browser: ask, bid, choose, fund, build, use, claim, sell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from stellar_sdk import Keypair

from financing.metering import codes
from financing.models import (
    EnergyCode,
    ExitOrder,
    Generator,
    GeneratorRequest,
    Milestone,
    Offering,
    Pledge,
    Provider,
    Stake,
)
from financing.offering import offerings, requests
from financing.owning import exits
from financing.owning.twin import twin_of
from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.members.services import join
from tests.conftest import CENT

from .conftest import BID as TERMS
from .conftest import Village

ASK = {
    "title": "Power for Tengbeh",
    "place": "Tengbeh Town",
    "latitude": "8.48",
    "longitude": "-13.23",
    "power_w": "10",
    "people": "400",
    "reason": "a clinic without light",
    "measure": "kWh",
}
BID = {
    "unit_type": "10 kW solar",
    "power_w": "10",
    "cost": "20000",
    "year_quantity": "14600",
    "installation_days": "30",
    "warranty_months": "24",
}


@pytest.fixture
def browser(village: Village, signed_in: Callable) -> Callable[[str], Client]:
    return lambda code: signed_in(village[code])


def text(answer) -> str:
    return answer.content.decode()


def test_ask_bid_compare_choose(village: Village, browser: Callable[[str], Client]) -> None:
    requester, builder = browser("village"), browser("builder")
    page = text(requester.post("/generators/requests/ask", ASK, follow=True))
    assert "Your request is open" in page
    assert "None yet." in page
    wanted = GeneratorRequest.objects.get()
    assert (wanted.power_w, wanted.people) == (10_000, 400)
    address = f"/generators/requests/{wanted.reference}"
    assert "Place the bid" not in text(builder.get(address))
    assert "Only verified providers" in text(builder.post(f"{address}/bid", BID))
    builder.post("/generators/requests/provide", {"about": "nine villages"})
    requests.verify_provider(Provider.objects.get(), verified=True, actor=None, reason="seen")
    page = text(builder.post(f"{address}/bid", BID, follow=True))
    assert "Your bid is placed" in page
    # Others' bids are the requester's to see.
    assert "20,000.00" not in text(browser("ann").get(address))
    page = text(requester.get(address))
    assert "20,000.00" in page
    assert "no project yet" in page
    bid = wanted.bids.get()
    prices = {"min_price": "0.05", "max_price": "0.5"}
    refused = browser("ann").post(f"/generators/bids/{bid.reference}/accept", prices)
    assert refused.status_code == 422
    page = text(requester.post(f"/generators/bids/{bid.reference}/accept", prices, follow=True))
    assert "The co-op reviews the offering" in page
    offering = Offering.objects.get()
    assert (offering.min_price, offering.max_price) == (5 * CENT, 50 * CENT)
    assert "cannot go from ACCEPTED" in text(requester.post(f"/generators/bids/{bid.reference}/accept", prices))


def test_a_stake_is_confirmed_with_its_risks(village: Village, browser: Callable[[str], Client]) -> None:
    made = village.funding()
    ann, address = browser("ann"), f"/generators/{made.address}"
    assert made.name in text(ann.get("/generators"))
    page = text(ann.get(f"{address}/fund", {"units": "3000"}))
    assert "6,000.00" in page
    assert "money is at risk" in page
    unread = ann.post(f"{address}/fund", {"units": "3000"})
    assert unread.status_code == 422
    assert not Pledge.objects.exists()
    assert "on its way to the chain" in text(
        ann.post(f"{address}/fund", {"units": "3000", "risks_read": "on"}, follow=True)
    )
    village.chain.settle()
    progress = text(ann.get(f"{address}/funding"))
    assert "30.00 %" in progress
    assert 'hx-trigger="every 5s"' in progress
    many = ann.post(f"{address}/fund", {"units": "9000", "risks_read": "on"})
    assert many.status_code == 422
    assert "Only 7000 units are left" in text(many)


def test_build_start_use_and_claim(village: Village, browser: Callable[[str], Client]) -> None:
    made = village.funded(ann=5000, bob=5000)
    requester, builder, ann = browser("village"), browser("builder"), browser("ann")
    acts = f"/generators/{made.address}/acts"
    milestone = Milestone.objects.get(generator=made, number=0)
    builder.post(f"{acts}/report", {"milestone": milestone.number, "evidence": "delivery note 17"})
    assert "delivery note 17" in text(requester.get(f"/generators/{made.address}"))
    assert "Your answer is noted" in text(
        requester.post(f"{acts}/answer", {"milestone": milestone.number, "accepted": "yes"}, follow=True)
    )
    ann.post(f"{acts}/price", {"price": "0.2"})
    device = Keypair.random().raw_public_key().hex()
    assert "Only who asked" in text(ann.post(f"{acts}/install", {"device_key": device}))
    requester.post(f"{acts}/install", {"device_key": device})
    village.chain.settle()
    requester.post(f"{acts}/first-token", {"amount": "1"})
    village.chain.settle()
    village.next_slot()
    codes.register_meter(made, "SL-1", bytes.fromhex(device), actor=None, reason="test")
    user = browser("user")
    asked = {"quantity": "50", "phone": "", "max_price": str(20 * CENT)}
    assert "up to 10.00" in text(user.post(f"{acts}/energy", asked))
    assert not EnergyCode.objects.exists()
    user.post(f"{acts}/energy", {**asked, "confirmed": "yes"})
    village.chain.settle()
    assert EnergyCode.objects.get().code in text(user.get(f"/generators/{made.address}"))
    assert EnergyCode.objects.get().code not in text(ann.get(f"/generators/{made.address}"))
    page = text(ann.get("/generators/portfolio"))
    # Half of what came in, less maintenance.
    owed = (STROOPS + 50 * 20 * CENT) * 95 // 100 // 2
    assert f"{owed / STROOPS:.3f}" in page
    ann.post(f"{acts}/claim")
    village.chain.settle()
    assert Stake.objects.get(member=village["ann"]).claimed == owed
    assert "There is nothing to claim" in text(ann.post(f"{acts}/claim"))


def test_sell_buy_give_and_leave(village: Village, browser: Callable[[str], Client]) -> None:
    made = village.funded(ann=5000, bob=5000)
    ann, dan = browser("ann"), browser("dan")
    page, acts = f"/generators/{made.address}", f"/generators/{made.address}/acts"
    ann.post(f"{acts}/list", {"units": "100", "price": "2.5"})
    village.chain.settle()
    stake = Stake.objects.get(member=village["ann"])
    assert "100 units at 2.50" in text(dan.get(page))
    assert "above your limit" in text(
        dan.post(f"{acts}/buy", {"seller": stake.address, "units": "10", "max_price": "2"})
    )
    dan.post(f"{acts}/buy", {"seller": stake.address, "units": "10", "max_price": "2.5"})
    village.chain.settle()
    assert "yours already" in text(ann.post(f"{acts}/give", {"other": "ann", "units": "1"}))
    dan.post(f"{acts}/give", {"other": "bob", "units": "4"})
    village.chain.settle()
    assert Stake.objects.get(member=village["dan"]).units == 6
    assert "exit auction is open" in text(dan.post(f"{acts}/open-exit", follow=True))
    answer = dan.post(f"{acts}/exit", {"side": "SELL", "units": "6", "limit": "1"}, follow=True)
    assert "Your order is in the auction" in text(answer)
    order = ExitOrder.objects.get()
    assert (order.units, order.limit) == (6, STROOPS)
    exits.clear_due(order.auction.closes_at)
    assert "sell 0 of 6 units" not in text(dan.get(page))


def test_a_failed_funding_offers_the_stake_back(village: Village, browser: Callable[[str], Client]) -> None:
    made = village.funding()
    village.fund(made, "ann", 100)
    village.travel(days=31)
    offerings.end_funding(village.now)
    village.chain.settle()
    ann = browser("ann")
    assert "Take it back" in text(ann.get(f"/generators/{made.address}"))
    ann.post(f"/generators/{made.address}/acts/refund")
    village.chain.settle()
    assert "Take it back" not in text(ann.get(f"/generators/{made.address}"))


def test_the_twin_compares_promise_meter_and_money(village: Village) -> None:
    made = village.running(ann=5000, bob=5000)
    village.buy(made, "user", 40_000)
    Generator.objects.filter(pk=made.pk).update(dispensed=20_000)
    stake = made.stakes.select_related("generator__offering__bid").get(member=village["ann"])
    twin = twin_of(stake, stake.generator.active_since + timedelta(days=1))
    assert (twin.expected_quantity, twin.metered_quantity) == (14_600_000 // 365, 20_000)
    # 0.20 a kWh, 95 % of it to the owners, half of them hers.
    assert twin.expected == 40 * 20 * CENT * 95 // 100 // 2
    assert twin.metered == twin.expected // 2
    assert twin.paid == (STROOPS + 40 * 20 * CENT) * 95 // 100 // 2


def test_strangers_and_unknown_acts_find_nothing(village: Village, browser: Callable[[str], Client]) -> None:
    made = village.funding()
    assert Client().get(f"/generators/{made.address}").status_code == 302
    ann = browser("ann")
    assert ann.post(f"/generators/{made.address}/acts/retire").status_code == 404
    assert ann.get(f"/generators/{Keypair.random().public_key}").status_code == 404
    assert ann.get(f"/generators/{made.address}/acts/claim").status_code == 405


def test_the_portfolio_asks_the_database_the_same_however_many_stakes(
    village: Village, browser: Callable[[str], Client], django_assert_max_num_queries: Callable
) -> None:
    made, ann = village.funded(ann=5000, bob=5000), browser("ann")
    for number in range(20):
        another = clone(village.fresh(made), number)
        Stake.objects.create(generator=another, address=village["ann"].wallet.address, member=village["ann"], units=5)
    with django_assert_max_num_queries(12):
        page = text(ann.get("/generators/portfolio"))
    assert page.count("Expected by now") == 21


def clone(made: Generator, number: int) -> Generator:
    """One more like it, without a contract."""
    offering, bid, request = made.offering, made.offering.bid, made.offering.request
    for row in (request, bid, offering, made):
        row.pk = None
    request.reference, bid.reference = uuid7(), uuid7()
    request.save()
    bid.request = request
    bid.save()
    offering.request, offering.bid = request, bid
    offering.save()
    made.offering, made.address = offering, f"C{number:055}"
    made.save()
    return made


def test_other_communities_see_what_they_may_fund_and_bid_on(
    village: Village, browser: Callable[[str], Client], signed_in: Callable
) -> None:
    """What is open is for the world; a request that is being decided is its community's and its bidders'."""
    far = join(Community.objects.create(slug="far", name="Far Co-op"), name="Far", code="far")
    stranger, wanted = signed_in(far), village.request()
    address = f"/generators/requests/{wanted.reference}"
    assert stranger.get(address).status_code == 200
    bid = requests.place_bid(wanted, village.provider(), **TERMS, now=village.now)
    requests.end_bidding(wanted.bids_until)
    for path in (address, f"{address}/bid", f"{address}/withdraw", f"/generators/bids/{bid.reference}/accept"):
        answer = stranger.get(path) if path == address else stranger.post(path)
        assert answer.status_code == 404, path
    assert browser("ann").get(address).status_code == 200
    assert browser("builder").get(address).status_code == 200
    bid.request.refresh_from_db()
    offering = requests.accept_bid(bid, village["village"], min_price=0, max_price=CENT)
    made = offerings.approve_offering(offering, actor=None, reason="sound", now=village.now)
    assert stranger.get(f"/generators/{made.address}").status_code == 404
    village.chain.settle()
    assert stranger.get(f"/generators/{made.address}").status_code == 200
    assert made.name in text(stranger.get("/generators"))
