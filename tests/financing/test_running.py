"""Owners set the price, people pay for energy, income reaches the owners to the stroop."""

from __future__ import annotations

import pytest

from financing.models import Payment
from financing.owning import owning
from financing.proof import differences
from financing.using import running
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.members.models import Notice
from tests.conftest import CENT

from .conftest import Village
from .test_funding import watt


def test_the_price_is_the_mean_of_what_owners_submit_by_their_units(village: Village) -> None:
    made = village.running(price=20 * CENT, ann=5000, bob=3000, cy=2000)
    running.submit_price(made, village["bob"], 40 * CENT)
    village.chain.settle()
    assert running.next_price(made) == (5000 * 20 + 3000 * 40) * CENT // 8000
    # It holds from the next slot on; until then the price is the old one.
    assert village.buy(made, "user", 10_000).amount == 10 * 20 * CENT
    village.next_slot()
    assert village.buy(made, "user", 10_000).amount == 10 * (5000 * 20 + 3000 * 40) * CENT // 8000
    running.submit_price(made, village["ann"], None)
    village.chain.settle()
    assert running.next_price(made) == 40 * CENT
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_without_a_price_it_runs_for_free(village: Village) -> None:
    made = village.running(price=None)
    assert running.next_price(made) == 0
    with pytest.raises(Refused, match="for free now"):
        running.buy_energy(made, village["user"], 1000, gateway=village.chain.gateway)


def test_income_is_shared_by_units_and_claimed_once(village: Village) -> None:
    made = village.running(ann=5000, bob=3000, cy=2000)
    paid = village.buy(made, "user", 50_000)
    assert (paid.state, paid.amount) == ("PAID", 50 * 20 * CENT)
    made = village.fresh(made)
    # The first token and the payment, less 5 % for maintenance each.
    shared = (STROOPS + 50 * 20 * CENT) * 95 // 100
    before = {code: watt(village, code) for code in ("ann", "bob", "cy")}
    for code in before:
        village.claim(made, code)
    got = {code: watt(village, code) - before[code] for code in before}
    assert got == {"ann": shared // 2, "bob": shared * 3 // 10, "cy": shared // 5}
    with pytest.raises(Refused, match="nothing to claim"):
        owning.claim(made, village["ann"])
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_a_claim_on_its_way_is_not_asked_for_again(village: Village) -> None:
    made = village.running()
    owning.claim(made, village["ann"])
    with pytest.raises(Refused, match="on its way"):
        owning.claim(made, village["ann"])
    village.chain.settle()


def test_what_cannot_be_bought_is_said(village: Village) -> None:
    made = village.running()
    ask = {"gateway": village.chain.gateway}
    with pytest.raises(Refused, match=r"from 0\.1 up to 99\.5 kWh"):
        running.buy_energy(made, village["user"], 150, **ask)
    with pytest.raises(Refused, match="above your limit"):
        running.buy_energy(made, village["user"], 1000, max_price=CENT, **ask)
    with pytest.raises(Refused, match="number with its country"):
        running.buy_energy(made, village["user"], 1000, phone="0171", **ask)
    with pytest.raises(Refused, match="must lie within"):
        running.submit_price(made, village["ann"], 51 * CENT)
    with pytest.raises(Refused, match="only who owns units"):
        running.submit_price(made, village["user"], 20 * CENT)


def test_a_payment_the_contract_refuses_is_told(village: Village) -> None:
    made, user = village.running(), village["user"]
    poor = village.join("poor")
    village.chain.settle()
    del user
    payment = running.buy_energy(made, poor, 1000, gateway=village.chain.gateway)
    village.chain.settle()
    assert Payment.objects.get(pk=payment.pk).state == "FAILED"
    assert Notice.objects.filter(member=poor, text__startswith="Your payment to").exists()
    assert not Payment.objects.get(pk=payment.pk).codes.exists()
