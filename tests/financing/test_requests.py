"""From request to accepted bid: one week, one choice, whoever comes late hears why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from financing import requests, tasks
from financing.models import GeneratorRequest, Provider, ProviderBid
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.models import Heartbeat
from stelltron.members.models import Notice
from tests.conftest import CENT

from .conftest import BID, GOAL, Village

PRICES = {"min_price": 5 * CENT, "max_price": 50 * CENT}


def test_the_chosen_bid_closes_the_others(village: Village) -> None:
    request = village.request()
    bids = [
        requests.place_bid(request, village.provider(code), **{**BID, "cost": cost}, now=village.now)
        for code, cost in (("dear", GOAL + 7), ("cheap", GOAL))
    ]
    offering = requests.accept_bid(bids[0], village["village"], **PRICES, now=village.now)
    assert list(request.bids.order_by("pk").values_list("state", flat=True)) == ["ACCEPTED", "CLOSED"]
    # A unit costs a whole number of stroops.
    assert offering.goal == GOAL + 10_000
    assert Notice.objects.filter(member=village["cheap"], text__startswith="Another bid was chosen").exists()


def test_a_second_acceptance_is_refused(village: Village) -> None:
    request = village.request()
    first, second = (
        requests.place_bid(request, village.provider(code), **BID, now=village.now) for code in ("one", "two")
    )
    # Both read while the request was open.
    stale = ProviderBid.objects.select_related("request").get(pk=second.pk)
    requests.accept_bid(first, village["village"], **PRICES)
    with pytest.raises(IllegalTransition, match="changed meanwhile"):
        requests.accept_bid(stale, village["village"], **PRICES)
    assert ProviderBid.objects.get(pk=second.pk).state == "CLOSED"


def test_a_late_bid_is_refused(village: Village) -> None:
    request = village.request()
    provider = village.provider()
    requests.place_bid(request, village.provider("early"), **BID, now=request.bids_until - timedelta(seconds=1))
    with pytest.raises(Refused, match="too late"):
        requests.place_bid(request, provider, **BID, now=request.bids_until)


def test_after_the_week_the_requester_decides_or_the_request_expires(village: Village) -> None:
    request, lonely = village.request(), village.request()
    requests.place_bid(request, village.provider(), **BID, now=village.now)
    assert requests.end_bidding(request.bids_until - timedelta(seconds=1)) == 0
    assert requests.end_bidding(lonely.bids_until) == 2
    states = [GeneratorRequest.objects.get(pk=row.pk).state for row in (request, lonely)]
    assert states == ["DECIDING", "EXPIRED"]
    assert requests.end_bidding(request.decide_until) == 1
    assert GeneratorRequest.objects.get(pk=request.pk).state == "EXPIRED"
    assert request.bids.get().state == "CLOSED"


def test_only_verified_providers_bid_and_only_once(village: Village) -> None:
    request = village.request()
    with pytest.raises(Refused, match="only verified providers"):
        requests.place_bid(request, village["ann"], **BID)
    provider = village.provider()
    bid = requests.place_bid(request, provider, **BID)
    with pytest.raises(Refused, match="you have a bid"):
        requests.place_bid(request, provider, **BID)
    requests.withdraw_bid(bid, provider)
    requests.place_bid(request, provider, **BID)


def test_a_rejected_provider_hears_why_and_may_ask_again(village: Village) -> None:
    asked = requests.ask_to_provide(village["ann"], "none yet")
    requests.verify_provider(asked, verified=False, actor=None, reason="no references")
    assert Notice.objects.filter(member=village["ann"], text__endswith="no references").exists()
    assert requests.ask_to_provide(village["ann"], "two generators").state == Provider.State.ASKED


def test_strangers_decide_nothing(village: Village) -> None:
    request = village.request()
    bid = requests.place_bid(request, village.provider(), **BID)
    for act in (
        lambda: requests.accept_bid(bid, village["ann"], **PRICES),
        lambda: requests.withdraw_request(request, village["ann"]),
        lambda: requests.withdraw_bid(bid, village["ann"]),
    ):
        with pytest.raises(Refused, match="only"):
            act()
    requests.withdraw_request(request, village["village"])
    assert request.bids.get().state == "CLOSED"


def test_the_beat_ends_what_is_due_by_the_clock(village: Village) -> None:
    request = village.request()
    requests.place_bid(request, village.provider(), **BID, now=request.opened_at)
    tasks.end_due()
    assert GeneratorRequest.objects.get().state == "OPEN"
    month = timedelta(days=31)
    GeneratorRequest.objects.update(
        opened_at=datetime.now(UTC) - month,
        bids_until=datetime.now(UTC) - timedelta(seconds=1),
        decide_until=datetime.now(UTC) + month,
    )
    tasks.end_due()
    assert GeneratorRequest.objects.get().state == "DECIDING"
    said = Notice.objects.filter(member=village["village"], text__contains="choose one of 1")
    assert said.count() == 1


def test_one_deadline_that_fails_stops_no_other_and_is_seen(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def broken(now: datetime) -> None:
        raise ValueError("the chain is away")

    def next_one(now: datetime) -> None:
        ended.append(now)

    monkeypatch.setattr(tasks, "DEADLINES", (broken, next_one))
    tasks.end_due()
    assert len(ended) == 1
    assert not Heartbeat.objects.filter(process="financing").exists()
    monkeypatch.setattr(tasks, "DEADLINES", (next_one,))
    tasks.end_due()
    assert Heartbeat.objects.filter(process="financing").exists()
