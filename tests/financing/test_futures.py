"""The income of units in a period, sold ahead: delivered to the stroop, with the units as margin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from financing import futures, owning
from financing.calls import call
from financing.models import Future, Generator
from financing.proof import differences
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger.clients import generator
from stelltron.members.models import Notice

from .conftest import Village
from .test_funding import watt

PRICE = 4 * STROOPS


def offer(village: Village, made: Generator, units: int = 1000, *, after: int = 120, lasts: int = 240) -> Future:
    begins = village.now + timedelta(seconds=after)
    future = futures.offer_future(
        made,
        village["ann"],
        units,
        begins=begins,
        ends=begins + timedelta(seconds=lasts),
        price=PRICE,
        now=village.now,
    )
    village.chain.settle()
    return Future.objects.get(pk=future.pk)


def buy(village: Village, future: Future, code: str) -> Future:
    futures.buy_future(future, village[code], max_price=PRICE, now=village.now, gateway=village.chain.gateway)
    village.chain.settle()
    return Future.objects.get(pk=future.pk)


def test_a_future_delivers_the_income_of_its_period_and_frees_the_units(village: Village, signed_in: Callable) -> None:
    made = village.running(ann=5000, bob=5000)
    village["buyer"], village["user"]
    future = offer(village, made)
    ann = made.stakes.get(member=village["ann"])
    assert (future.state, future.number, ann.pledged, ann.free) == ("OFFERED", 0, 1000, 4000)
    with pytest.raises(Refused, match="4000 of your units are free"):
        owning.give_units(made, village["ann"], village["bob"], 4001)
    with pytest.raises(Refused, match="your own offer"):
        futures.buy_future(future, village["ann"], max_price=PRICE, now=village.now)
    with pytest.raises(Refused, match="above your limit"):
        futures.buy_future(future, village["buyer"], max_price=PRICE - 1, now=village.now)
    before = watt(village, "ann")
    future = buy(village, future, "buyer")
    assert watt(village, "ann") - before == PRICE
    with pytest.raises(Refused, match="not for sale any more"):
        futures.buy_future(future, village["bob"], max_price=PRICE, now=village.now)
    village.buy(made, "user", 10_000)
    assert differences(village.fresh(made), village.chain.gateway) == []

    village.travel(seconds=future.begins.timestamp() - village.now.timestamp() + 5)
    opened = village.fresh(made).index
    village.buy(made, "user", 30_000)
    earned = 1000 * (village.fresh(made).index - opened)
    assert earned > 0
    assert futures.settle_future(Future.objects.get(pk=future.pk), village["buyer"])
    village.chain.settle()
    future.refresh_from_db()
    assert (future.state, future.to_buyer) == ("SOLD", earned)
    assert futures.settle_due(village.now) == 0
    with pytest.raises(Refused, match="only the buyer and the seller"):
        futures.settle_future(future, village["bob"])

    village.travel(seconds=future.ends.timestamp() - village.now.timestamp() + 5)
    village.buy(made, "user", 10_000)
    assert futures.settle_due(village.now) == 1
    village.chain.settle()
    future.refresh_from_db()
    assert (future.state, future.to_buyer, future.to_seller > 0) == ("SETTLED", earned, True)
    ann.refresh_from_db()
    assert (ann.pledged, ann.lent) == (0, 0)
    assert Notice.objects.filter(member=village["buyer"], text__contains="is settled").exists()
    assert differences(village.fresh(made), village.chain.gateway) == []
    had, buyer = watt(village, "buyer"), signed_in(village["buyer"])
    for page in (f"/generators/{made.address}", "/generators/portfolio"):
        assert 'acts/claim"' in buyer.get(page).content.decode()
    village.claim(made, "buyer")
    assert watt(village, "buyer") - had == earned


def test_offers_are_withdrawn_by_hand_or_when_nobody_bought_in_time(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    first, second = offer(village, made), offer(village, made, 2000)
    with pytest.raises(Refused, match="only who offers"):
        futures.withdraw_future(first, village["bob"])
    futures.withdraw_future(first, village["ann"])
    village.chain.settle()
    first.refresh_from_db()
    assert (first.state, made.stakes.get(member=village["ann"]).pledged) == ("WITHDRAWN", 2000)
    with pytest.raises(Refused, match="only an open offer"):
        futures.withdraw_future(first, village["ann"])
    village.travel(seconds=600)
    with pytest.raises(Refused, match="has begun"):
        futures.buy_future(second, village["bob"], max_price=PRICE, now=village.now)
    assert futures.settle_due(village.now) == 1
    village.chain.settle()
    assert made.stakes.get(member=village["ann"]).pledged == 0
    with pytest.raises(Refused, match="period"):
        offer(village, made, after=-600)


def test_a_future_made_and_bought_past_us_is_mirrored(village: Village) -> None:
    made = village.funded(ann=5000, bob=5000)
    ann, bob = village["ann"].wallet, village["bob"].wallet
    begins = (int(village.now.timestamp()) // 60 + 5) * 60
    village.chain.send(ann.keypair(), call(made, generator.sell_future(ann.address, 700, begins, begins + 60, STROOPS)))
    village.chain.send(bob.keypair(), call(made, generator.buy_future(bob.address, 0, STROOPS)))
    village.chain.settle()
    assert Future.objects.get().state == "SOLD"
    assert made.stakes.get(member=village["ann"]).lent == 700
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_both_sides_confirm_on_the_page(village: Village, signed_in: Callable) -> None:
    made = village.funded(ann=5000, bob=5000)
    ann, bob = signed_in(village["ann"]), signed_in(village["bob"])
    page, acts = f"/generators/{made.address}", f"/generators/{made.address}/acts"
    day = f"{village.now + timedelta(days=2):%Y-%m-%d}"
    typed = {"units": "100", "begins": day, "days": "30", "price": "5"}
    asked = ann.post(f"{acts}/offer-future", typed).content.decode()
    assert "can neither be sold nor given" in asked
    assert not Future.objects.exists()
    ann.post(f"{acts}/offer-future", {**typed, "confirmed": "yes"})
    village.chain.settle()
    future = Future.objects.get()
    assert (future.ends - future.begins).days == 30
    assert "Buy it" in bob.get(page).content.decode()
    wanted = {"future": future.pk, "max_price": future.price}
    assert "or nothing" in bob.post(f"{acts}/buy-future", wanted).content.decode()
    bob.post(f"{acts}/buy-future", {**wanted, "confirmed": "yes"})
    village.chain.settle()
    assert "Settle what is due" in bob.get(page).content.decode()
    assert "Income sold ahead" in signed_in(village["dan"]).get(page).content.decode()
    assert "Settle what is due" not in signed_in(village["dan"]).get(page).content.decode()
