"""Providers who are late, and in default; and a community that buys its generator out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from financing.building import building, lateness
from financing.models import BuyOut, BuyOutPart, Generator, Milestone
from financing.offering import requests
from financing.owning import buyouts, owning
from financing.proof import differences
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.members.models import Member, Notice
from tests.conftest import CENT

from .conftest import BID, Village
from .test_funding import watt

Pace = Milestone.Pace


def test_a_milestone_is_late_then_in_default_and_cured_by_its_acceptance(village: Village, signed_in: Callable) -> None:
    made = village.funded()
    first = village.milestone(made, 0)
    assert first.due_at == made.funded_at + timedelta(days=15)
    assert lateness.note_late(first.due_at - timedelta(seconds=1)) == 0
    assert lateness.note_late(first.due_at) == 1
    assert lateness.note_late(first.due_at) == 0
    assert village.milestone(made, 0).pace == Pace.LATE
    acts = f"/generators/{made.address}/acts"
    told = {"milestone": 0, "text": "the ship waits at Freetown, until 3 June"}
    assert "Only the provider" in signed_in(village["ann"]).post(f"{acts}/delay", told).content.decode()
    signed_in(village["builder"]).post(f"{acts}/delay", told)
    page = signed_in(village["bob"]).get(f"/generators/{made.address}").content.decode()
    assert "the ship waits" in page
    assert "late" in page
    default = first.due_at + timedelta(days=60)
    # The others are due meanwhile.
    assert lateness.note_late(default) == 3
    first = village.milestone(made, 0)
    assert first.pace == Pace.DEFAULT
    assert lateness.in_default(village["builder"])
    assert Notice.objects.filter(member=village["cy"], text__contains="in default").exists()
    assert str(requests.reputation(village["builder"].provider)) == "0 of 1 delivered, 0 in time, 1 in default"
    with pytest.raises(Refused, match="what is late is delivered"):
        requests.place_bid(village.request(), village["builder"], **BID, now=village.now)
    building.report_milestone(first, village["builder"], "delivery note 17")
    assert lateness.note_late(default + timedelta(days=99)) == 2
    building.answer_milestone(village.milestone(made, 0), village["village"], accepted=True)
    assert village.milestone(made, 0).pace == Pace.LATE
    assert differences(village.fresh(made), village.chain.gateway) == []


def community(village: Village) -> Member:
    Member.objects.filter(pk=village["village"].pk).update(kind=Member.Kind.COMMUNITY)
    village["village"].refresh_from_db()
    return village["village"]


def test_the_community_buys_its_generator_out_at_one_price(village: Village, signed_in: Callable) -> None:
    made = village.funded(ann=5000, bob=4990, cy=10)
    price = 2 * STROOPS + 50 * CENT
    with pytest.raises(Refused, match="only the generator's community"):
        buyouts.offer_buyout(made, village["dan"], price, gateway=village.chain.gateway)
    bidder, acts = community(village), f"/generators/{made.address}/acts"
    with pytest.raises(Refused, match="are there"):
        buyouts.offer_buyout(made, bidder, 100 * STROOPS, gateway=village.chain.gateway)
    asks = signed_in(bidder)
    assert "25,000.00" in asks.post(f"{acts}/offer-buyout", {"price": "2.5"}).content.decode()
    asks.post(f"{acts}/offer-buyout", {"price": "2.5", "confirmed": "yes"})
    buyout = BuyOut.objects.get()
    with pytest.raises(Refused, match="withdraw it to offer"):
        buyouts.offer_buyout(made, bidder, price, gateway=village.chain.gateway)
    ann = signed_in(village["ann"])
    assert "2.50" in ann.get(f"/generators/{made.address}").content.decode()
    shown = {"buyout": str(buyout.pk), "units": "5000"}
    assert "12,500.00" in ann.post(f"{acts}/accept-buyout", shown).content.decode()
    had = watt(village, "ann")
    ann.post(f"{acts}/accept-buyout", {**shown, "confirmed": "yes"})
    again = ann.post(f"{acts}/accept-buyout", {**shown, "units": "1", "confirmed": "yes"})
    assert "on their way" in again.content.decode()
    village.chain.settle()
    assert watt(village, "ann") - had == 5000 * price
    with pytest.raises(Refused, match="own no units"):
        buyouts.accept_buyout(buyout, village["ann"], 1, gateway=village.chain.gateway)
    owning.list_units(made, village["bob"], 1, price)
    village.chain.settle()
    with pytest.raises(Refused, match="off the market first"):
        buyouts.accept_buyout(buyout, village["bob"], 4990, gateway=village.chain.gateway)
    owning.unlist_units(made, village["bob"])
    village.chain.settle()
    for code, units in (("bob", 4990), ("cy", 10)):
        assert BuyOut.objects.get().state == "OPEN"
        buyouts.accept_buyout(buyout, village[code], units, gateway=village.chain.gateway)
        village.chain.settle()
    assert BuyOut.objects.get().state == "DONE"
    assert set(BuyOutPart.objects.values_list("state", flat=True)) == {"DONE"}
    assert {stake.member.code: stake.units for stake in village.owners(made)} == {"village": 10_000}
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_a_buyout_ends_when_it_is_withdrawn_or_over(village: Village) -> None:
    made, bidder = village.funded(ann=5000, bob=5000), community(village)
    first = buyouts.offer_buyout(made, bidder, STROOPS, now=village.now, gateway=village.chain.gateway)
    with pytest.raises(Refused, match="only who offers"):
        buyouts.withdraw_buyout(first, village["ann"])
    buyouts.withdraw_buyout(first, bidder)
    with pytest.raises(Refused, match="stay yours"):
        buyouts.accept_buyout(first, village["ann"], 1)
    second = buyouts.offer_buyout(made, bidder, STROOPS, now=village.now, gateway=village.chain.gateway)
    assert buyouts.end_due(second.ends_at - timedelta(seconds=1)) == 0
    assert buyouts.end_due(second.ends_at) == 1
    third = buyouts.offer_buyout(made, bidder, STROOPS, now=village.now, gateway=village.chain.gateway)
    Generator.objects.filter(pk=made.pk).update(state=Generator.State.RETIRED)
    assert buyouts.end_due(third.offered_at) == 1
    assert Notice.objects.filter(member=bidder, text__contains="0 of 10,000 units").count() == 3
