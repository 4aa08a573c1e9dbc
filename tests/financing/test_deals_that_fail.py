"""What is refused on its way leaves nobody waiting, and nobody gets another deal than the one they saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from financing import tasks
from financing.building import building, lateness
from financing.cover import cover, cover_claims
from financing.metering import codes
from financing.models import BuyOutPart, CoverPayment, ExitFill, Insurer, Stake
from financing.offering import offerings
from financing.owning import buyouts, exits, futures, owning
from financing.using import upkeep
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import intents
from stelltron.ledger.clients import watt_token
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Notice, User
from stelltron.portal.selectors import generators as pages

from .conftest import Village
from .test_cover import DEFAULT, bought, granted, insurer, offer
from .test_funding import watt
from .test_lateness import community


def test_an_owner_sells_at_the_price_that_was_shown_or_not_at_all(village: Village, signed_in: Callable) -> None:
    made, bidder = village.funded(ann=5000, bob=5000), community(village)
    gateway = village.chain.gateway
    first = buyouts.offer_buyout(made, bidder, 2 * STROOPS, gateway=gateway)
    ann, acts = signed_in(village["ann"]), f"/generators/{made.address}/acts"
    shown = {"buyout": str(first.pk), "units": "5000"}
    assert "10,000.00" in ann.post(f"{acts}/accept-buyout", shown).content.decode()
    buyouts.withdraw_buyout(first, bidder)
    buyouts.offer_buyout(made, bidder, 1, gateway=gateway)
    answer = ann.post(f"{acts}/accept-buyout", {**shown, "confirmed": "yes"}).content.decode()
    assert "your units stay yours" in answer
    village.chain.settle()
    assert Stake.objects.get(member=village["ann"]).units == 5000


def test_a_purchase_falls_with_the_listing_it_waited_for(village: Village) -> None:
    made, bidder = village.funded(ann=5000, bob=4990, cy=10), community(village)
    gateway = village.chain.gateway
    buyout = buyouts.offer_buyout(made, bidder, STROOPS, gateway=gateway)
    # On their way to somebody else, which our mirror does not know yet.
    owning.give_units(made, village["ann"], village["cy"], 5000)
    part = buyouts.accept_buyout(buyout, village["ann"], 5000, gateway=gateway)
    village.chain.settle()
    part = BuyOutPart.objects.select_related("intent__after").get(pk=part.pk)
    assert (part.state, part.intent.state, part.intent.after.state) == ("FAILED", "FAILED", "FAILED")
    assert Notice.objects.filter(member=village["ann"], text__contains="could not buy your units").exists()
    for call in (part.intent, part.intent.after):
        with pytest.raises(Refused, match="ask anew"):
            intents.retry(call)


def test_who_trades_in_an_exit_auction_hears_when_it_comes_to_nothing(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    auction = exits.open_exit(made, village["ann"], now=village.now)
    order = {"units": 5000, "now": village.now, "gateway": village.chain.gateway}
    exits.place_exit_order(auction, village["ann"], side="SELL", limit=STROOPS, **order)
    exits.place_exit_order(auction, village["dan"], side="BUY", limit=2 * STROOPS, **order)
    owning.give_units(made, village["ann"], village["cy"], 1)
    exits.clear_exit(auction)
    village.chain.settle()
    assert ExitFill.objects.get().state == "FAILED"
    assert set(auction.orders.values_list("filled", flat=True)) == {0}
    told = Notice.objects.filter(text__contains="did not change hands").values_list("member__code", flat=True)
    assert set(told) == {"ann", "dan"}


def test_a_refund_that_was_refused_is_asked_for_again(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 500)
    village.travel(days=31)
    offerings.close_funding(made)
    village.chain.settle()
    asked = offerings.take_refund(village.fresh(made), village["ann"])
    intents.fail(ChainIntent.objects.get(pk=asked.pk), "not included before its time bound")
    had = watt(village, "ann")
    offerings.take_refund(village.fresh(made), village["ann"])
    village.chain.settle()
    assert watt(village, "ann") - had == 500 * made.unit_price


def test_a_failed_funding_is_compared_with_the_chain_as_well(village: Village) -> None:
    made = village.funding()
    for code in ("ann", "bob"):
        village.fund(made, code, 500)
    village.travel(days=31)
    offerings.close_funding(made)
    village.chain.settle()
    offerings.take_refund(village.fresh(made), village["ann"])
    village.chain.settle()
    made = village.fresh(made)
    assert made.held == 500 * made.unit_price
    tasks.compare_generators()
    made.refresh_from_db()
    assert made.compared_at
    assert made.differences == []


def test_milestones_come_in_turn_and_are_paid_before_the_end(village: Village, treasurers: tuple[User, User]) -> None:
    made = village.funded(ann=5000, bob=5000)
    with pytest.raises(Refused, match="one after the other"):
        building.report_milestone(village.milestone(made, 1), village["builder"], "installed")
    building.report_milestone(village.milestone(made, 0), village["builder"], "delivered")
    building.answer_milestone(village.milestone(made, 0), village["village"], accepted=True)
    building.report_milestone(village.milestone(made, 1), village["builder"], "installed")
    building.answer_milestone(village.milestone(made, 1), village["village"], accepted=True)
    with pytest.raises(Refused, match="once the generator runs"):
        building.report_milestone(village.milestone(made, 2), village["builder"], "runs, surely")
    with pytest.raises(Refused, match="pay it or send it back"):
        upkeep.propose_retirement(village.fresh(made), "flooded", actor=treasurers[0], reason="report")


def test_an_insurer_that_moves_its_money_does_not_escape_its_claims(
    village: Village, treasurers: tuple[User, User]
) -> None:
    made = village.funded(ann=5000, bob=5000)
    mutual = insurer(village)
    loss = offer(village, made)
    held = bought(village, loss, "ann", 3000)
    claim = cover.claim_cover(held, village["ann"], 3000 * STROOPS, "fire", now=village.now)
    cover_claims.propose_decision(claim, claim.claimed, actor=treasurers[0], reason="seen")
    with pytest.raises(Refused, match="look at the claim again"):
        cover_claims.approve_decision(claim, STROOPS, actor=treasurers[1], reason="as shown")
    cover_claims.approve_decision(
        claim, claim.claimed, actor=treasurers[1], reason="seen too", gateway=village.chain.gateway
    )
    wallet, left = village["mutual"].wallet, 1000 * STROOPS
    away = watt(village, "mutual") - left
    village.chain.send(wallet.keypair(), watt_token.transfer(wallet.address, village["village"].wallet.address, away))
    village.chain.settle()
    assert CoverPayment.objects.get().state == "FAILED"
    had = watt(village, "ann")
    cover_claims.pay_all_owed(village.now)
    village.chain.settle()
    assert watt(village, "ann") - had == left
    assert Insurer.objects.get(pk=mutual.pk).state == "INSOLVENT"


def test_cover_is_no_bet_on_what_has_begun_or_is_somebody_elses(
    village: Village, treasurers: tuple[User, User]
) -> None:
    made = village.funded(ann=5000, bob=5000)
    insurer(village)
    against = offer(village, made, DEFAULT)
    held = bought(village, against, "ann", 2000)
    owning.give_units(made, village["ann"], village["cy"], 4999)
    village.chain.settle()
    with pytest.raises(Refused, match="of what you own"):
        cover.claim_cover(held, village["ann"], 2000 * STROOPS, "default", now=village.now)
    village["ann"].user = treasurers[1]
    village["ann"].save(update_fields=["user"])
    claim = cover.claim_cover(held, village["ann"], made.unit_price, "default", now=village.now)
    with pytest.raises(Refused, match="yourself"):
        granted(village, claim, treasurers)
    lateness.note_late(made.funded_at + timedelta(days=400))
    with pytest.raises(Refused, match="late already"):
        bought(village, against, "bob", 10)


def test_what_was_paid_before_there_was_a_meter_becomes_codes_with_it(village: Village) -> None:
    made = village.running()
    payment = village.buy(made, "dan", 1000)
    assert not payment.codes.exists()
    codes.register_meter(made, "SN-1", village.device.raw_public_key(), actor=None, reason="delivered late")
    assert payment.codes.get().quantity == 1000


def test_the_portfolio_leaves_income_that_is_sold_ahead_to_its_buyer(village: Village) -> None:
    made = village.running()
    begins, ends = village.now + timedelta(minutes=2), village.now + timedelta(days=2)
    owner = village.owners(made)[0].member
    future = futures.offer_future(made, owner, 100, begins=begins, ends=ends, price=STROOPS, now=village.now)
    village.chain.settle()
    future.refresh_from_db()
    futures.buy_future(future, village["eve"], max_price=STROOPS, now=village.now, gateway=village.chain.gateway)
    village.chain.settle()
    village.buy(made, "dan", 50_000)
    stake = Stake.objects.select_related("generator").get(generator=made, member=owner)
    assert stake.lent
    [sums] = pages.portfolio(owner)["sums"]
    assert sums["claimable"] == stake.claimable(stake.generator.index)
