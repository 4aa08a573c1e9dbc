"""Who is suspended begins nothing new, goes on with what runs, and reads why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from financing import suspensions
from financing.cover import cover
from financing.models import CoverOffer, Offering, Provider
from financing.offering import offerings, requests
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.core.units import STROOPS
from stelltron.members.models import Notice
from tests.conftest import CENT

from .conftest import BID, Village
from .test_cover import TERMS, bought, insurer, offer

WHY = "two villages wait for parts"


def test_a_suspended_provider_begins_nothing_and_ends_what_runs(village: Village, signed_in: Callable) -> None:
    running = village.running(ann=5000, bob=5000)
    provider = Provider.objects.get()
    first, second = village.request(), village.request()
    bid = requests.place_bid(first, village["builder"], **BID, now=village.now)
    suspensions.suspend(provider, actor=None, reason=WHY)

    with pytest.raises(Refused, match=f"suspended and may bid on nothing new: {WHY}"):
        requests.place_bid(second, village["builder"], **BID, now=village.now)
    with pytest.raises(Refused, match="suspended by the co-op"):
        requests.accept_bid(bid, village["village"], min_price=0, max_price=CENT, now=village.now)
    assert WHY in Notice.objects.filter(member=village["builder"]).latest("pk").text
    page = signed_in(village["builder"]).get("/generators/requests").content.decode()
    assert WHY in page
    # Not invited to what it may not bid on.
    asked = village.request()
    assert not Notice.objects.filter(member=village["builder"], key=f"request:{asked.pk}").exists()
    # The generator that it has built runs and is paid for.
    village.buy(running, "user", 1000)
    assert village.fresh(running).credited == 1000

    suspensions.lift(provider, actor=None, reason="the parts arrived")
    bid.refresh_from_db()
    requests.accept_bid(bid, village["village"], min_price=0, max_price=CENT, now=village.now)
    requests.place_bid(second, village["builder"], **BID, now=village.now)
    log = ActionLog.objects.filter(action__startswith="provider.").order_by("pk").values_list("action", "reason")
    assert list(log)[-2:] == [("provider.suspend", WHY), ("provider.lift", "the parts arrived")]


def test_staff_offers_nothing_of_a_provider_suspended_meanwhile(village: Village) -> None:
    offering = village.offering()
    suspensions.suspend(Provider.objects.get(), actor=None, reason=WHY)
    with pytest.raises(Refused, match="suspended by the co-op"):
        offerings.approve_offering(Offering.objects.get(pk=offering.pk), actor=None, reason="sound", now=village.now)


def test_a_suspended_insurer_sells_nothing_and_its_covers_hold(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    mutual = insurer(village)
    loss = offer(village, made)
    held = bought(village, loss, "ann", 1_000)
    suspensions.suspend(mutual, actor=None, reason=WHY)

    with pytest.raises(Refused, match="sell no new cover"):
        cover.offer_cover(made, village["mutual"], kind=CoverOffer.Kind.DEFAULT, largest_sum=STROOPS, **TERMS)
    with pytest.raises(Refused, match="suspended by the co-op"):
        bought(village, loss, "bob", 1_000)
    assert cover.for_sale(made, village["bob"]) == []
    claim = cover.claim_cover(held, village["ann"], STROOPS, "fire", now=village.now)
    assert claim.claimed == STROOPS

    suspensions.lift(mutual, actor=None, reason="audited")
    assert cover.for_sale(made, village["bob"]) == [loss]
    bought(village, loss, "bob", 1_000)


def test_a_suspension_is_said_once_and_only_of_who_works_here(village: Village) -> None:
    asked = requests.ask_to_provide(village["ann"], "two generators")
    with pytest.raises(Refused, match="only who works here"):
        suspensions.suspend(asked, actor=None, reason=WHY)
    village.provider()
    provider = Provider.objects.get(member=village["builder"])
    with pytest.raises(Refused, match="is not suspended"):
        suspensions.lift(provider, actor=None, reason="early")
    suspensions.suspend(provider, actor=None, reason=WHY)
    with pytest.raises(Refused, match="suspended already"):
        suspensions.suspend(provider, actor=None, reason="again")
    assert Provider.objects.get(pk=provider.pk).suspension == WHY
