"""Units change hands: sold in part, given away, auctioned; income is cut off at that moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from stellar_sdk import Keypair

from financing.calls import call
from financing.models import ExitAuction, ExitFill, Payout, UnitTransfer
from financing.owning import exits, owning
from financing.proof import differences
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger.clients import generator

from .conftest import Village
from .test_funding import watt


def units(village: Village, made) -> dict[str, int]:
    return {stake.member.code: stake.units for stake in village.owners(made)}


def test_a_part_of_a_stake_is_sold_and_income_follows_the_units(village: Village) -> None:
    made = village.running(ann=5000, bob=5000)
    village.buy(made, "user", 50_000)
    owning.list_units(made, village["ann"], 1000, 3 * STROOPS)
    village.chain.settle()
    stake = made.stakes.get(member=village["ann"])
    before = watt(village, "ann")
    owning.buy_units(made, village["dan"], stake, 400, max_price=3 * STROOPS)
    village.chain.settle()
    assert watt(village, "ann") - before == 400 * 3 * STROOPS
    assert units(village, made) == {"bob": 5000, "ann": 4600, "dan": 400}
    stake.refresh_from_db()
    assert (stake.listed, stake.ask) == (600, 3 * STROOPS)
    dan = made.stakes.get(member=village["dan"])
    # What was earned before is the seller's.
    assert dan.claimable(village.fresh(made).index) == 0
    village.buy(made, "user", 50_000)
    assert dan.claimable(village.fresh(made).index) == 400 * (village.fresh(made).index - dan.index) > 0
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_units_are_given_but_not_while_listed_and_not_to_oneself(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    village["dan"]
    with pytest.raises(Refused, match="yours already"):
        owning.give_units(made, village["ann"], village["ann"], 1)
    owning.list_units(made, village["ann"], 4999, STROOPS)
    village.chain.settle()
    with pytest.raises(Refused, match="1 of your units are free"):
        owning.give_units(made, village["ann"], village["dan"], 2)
    owning.unlist_units(made, village["ann"])
    village.chain.settle()
    owning.give_units(made, village["ann"], village["dan"], 2)
    village.chain.settle()
    assert units(village, made) == {"bob": 5000, "ann": 4998, "dan": 2}
    assert UnitTransfer.objects.get().price == 0


def test_the_chain_lets_nobody_gain_by_a_transfer_to_oneself(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    ann = village["ann"].wallet
    village.chain.send(ann.keypair(), call(made, generator.transfer(ann.address, ann.address, 5000)))
    village.chain.settle()
    assert units(village, made) == {"ann": 5000, "bob": 5000}
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_what_is_not_for_sale_is_not_bought(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    stake = made.stakes.get(member=village["ann"])
    with pytest.raises(Refused, match="not for sale"):
        owning.buy_units(made, village["dan"], stake, 1, max_price=STROOPS)
    owning.list_units(made, village["ann"], 10, 2 * STROOPS)
    village.chain.settle()
    stake.refresh_from_db()
    for wanted, most, said in ((11, 9 * STROOPS, "10 units are for sale"), (1, STROOPS, "above your limit")):
        with pytest.raises(Refused, match=said):
            owning.buy_units(made, village["dan"], stake, wanted, max_price=most)
    with pytest.raises(Refused, match="yours already"):
        owning.buy_units(made, village["ann"], stake, 1, max_price=9 * STROOPS)
    with pytest.raises(Refused, match="no units for sale"):
        owning.unlist_units(made, village["bob"])


def test_an_exit_auction_clears_at_one_price(village: Village) -> None:
    made = village.funded(ann=5000, bob=3000, cy=2000)
    dan, eve = village["dan"], village["eve"]
    now, more = village.now, {"gateway": village.chain.gateway}
    auction = exits.open_exit(made, village["ann"], now=now)
    with pytest.raises(Refused, match="is open"):
        exits.open_exit(made, village["bob"], now=now)
    for member, side, wanted, limit in (
        (village["ann"], "SELL", 1000, 1 * STROOPS),
        (village["bob"], "SELL", 1000, 2 * STROOPS),
        (dan, "BUY", 1500, 3 * STROOPS),
        (eve, "BUY", 500, STROOPS // 2),
    ):
        exits.place_exit_order(auction, member, side=side, units=wanted, limit=limit, now=now, **more)
    assert exits.clear_due(auction.closes_at - timedelta(seconds=1)) == 0
    before = {code: watt(village, code) for code in ("ann", "bob", "dan", "eve")}
    assert exits.clear_due(auction.closes_at) == 1
    village.chain.settle()
    auction = ExitAuction.objects.get()
    price = 5 * STROOPS // 2
    assert (auction.state, auction.price, auction.units) == ("CLEARED", price, 1500)
    assert set(ExitFill.objects.values_list("state", flat=True)) == {"DONE"}
    moved = {code: watt(village, code) - before[code] for code in before}
    assert moved == {"ann": 1000 * price, "bob": 500 * price, "dan": -1500 * price, "eve": 0}
    assert units(village, made) == {"ann": 4000, "bob": 2500, "cy": 2000, "dan": 1500}
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_an_exit_order_needs_what_it_offers(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    auction = exits.open_exit(made, village["ann"], now=village.now)
    place = {"now": village.now, "gateway": village.chain.gateway}
    for member, side, wanted, said in (
        (village["ann"], "SELL", 5001, "you own 5000 units"),
        (village["dan"], "SELL", 1, "you own 0 units"),
        (village["dan"], "BUY", 10_000, "are there"),
        (village["dan"], "BUY", 0, "at least one unit"),
    ):
        with pytest.raises(Refused, match=said):
            exits.place_exit_order(auction, member, side=side, units=wanted, limit=40 * STROOPS, **place)
    with pytest.raises(Refused, match="no more orders"):
        exits.place_exit_order(
            auction, village["ann"], side="SELL", units=1, limit=1, **{**place, "now": auction.closes_at}
        )
    exits.clear_due(auction.closes_at)
    assert ExitAuction.objects.get().state == "EMPTY"


def test_many_stakes_are_compared_with_the_chain_in_few_requests(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = village.running(ann=4000, bob=3000, cy=1500, dan=1500)
    village.buy(made, "user", 50_000)
    village.claim(made, "bob")
    owning.list_units(made, village["ann"], 1000, 3 * STROOPS)
    village.chain.settle()
    gateway, asked = village.chain.gateway, []
    real = gateway.server._client.post
    monkeypatch.setattr(gateway.server._client, "post", lambda *args, **more: (asked.append(1), real(*args, **more))[1])
    assert differences(village.fresh(made), gateway) == []
    four = len(asked)
    # Each figure of each stake is looked at.
    made.stakes.filter(member=village["cy"]).update(units=1499, earned=F("earned") + 1)
    made.stakes.filter(member=village["ann"]).update(listed=999)
    found = {difference.what.split(" ")[0] for difference in differences(village.fresh(made), gateway)}
    assert {"units", "listed", "claimable"} <= found
    Payout.objects.all().delete()
    made.stakes.exclude(member=village["ann"]).delete()
    asked.clear()
    differences(village.fresh(made), gateway)
    assert len(asked) == four


def test_a_stake_of_nobody_on_the_chain_is_asked_for_and_told(village: Village) -> None:
    made = village.funded()
    stranger = Keypair.random().public_key
    made.stakes.create(address=stranger, units=0, listed=0, earned=7)
    found = {difference.what: difference.chain for difference in differences(made, village.chain.gateway)}
    assert found[f"claimable by {stranger}"] == 0
