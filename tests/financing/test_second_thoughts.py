"""A stake is taken back within the cooling-off, while others are still looked for, and the books follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from financing import parameters
from financing.calls import call
from financing.models import Generator, Pledge, Stake
from financing.offering import offerings, second_thoughts
from financing.proof import booked, differences
from financing.reports import statements
from financing.reports.stake_history import Kind
from stelltron.core.errors import Refused
from stelltron.core.parameters import schedule
from stelltron.ledger import intents
from stelltron.ledger.clients import generator
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Notice
from tests.jurisdiction import under_rules

from .conftest import Village, at_once
from .test_funding import watt


def pledge_of(village: Village, code: str) -> Pledge:
    rows = Pledge.objects.select_related("generator__community", "generator__offering")
    return rows.filter(financier=village[code]).latest("pk")


def take_back(village: Village, code: str) -> Generator:
    second_thoughts.take_back(pledge_of(village, code), village[code], now=village.now)
    village.chain.settle()
    return village.fresh(pledge_of(village, code).generator)


def test_a_stake_comes_back_whole_and_its_units_are_for_others(village: Village) -> None:
    made = village.funding()
    had = watt(village, "ann")
    village.fund(made, "ann", 5000)
    village.fund(made, "bob", 4000)
    made = take_back(village, "ann")
    assert watt(village, "ann") == had
    assert (made.sold, made.reserved, made.held, booked(made)) == (4000, 4000, 4000 * made.unit_price, made.held)
    assert pledge_of(village, "ann").state == "TAKEN"
    assert differences(made, village.chain.gateway) == []
    assert "5000 units of" in Notice.objects.filter(member=village["ann"]).latest("pk").text
    with pytest.raises(Refused, match="taken back: it cannot"):
        take_back(village, "ann")
    # Also for the one who thinks again.
    for code in ("ann", "cy"):
        village.fund(made, code, 3000)
    made = village.fresh(made)
    assert (made.state, made.stakes.get(member=village["ann"]).units) == ("FUNDED", 3000)
    assert differences(made, village.chain.gateway) == []
    [stake] = statements.stakes_of(village["ann"])
    found = statements.stake_statement(stake, now=village.now + timedelta(seconds=1))
    assert [(line.kind, line.units) for line in found.lines] == [
        (Kind.FUNDED, 5000),
        (Kind.TAKEN_BACK, -5000),
        (Kind.FUNDED, 3000),
    ]
    assert (found.put_in - found.got_back, found.units) == (3000 * made.unit_price, 3000)


def test_nobody_takes_back_too_late_or_what_completes_the_funding(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    pledge, ann = pledge_of(village, "ann"), village["ann"]
    with pytest.raises(Refused, match="only who funded"):
        second_thoughts.take_back(pledge, village["bob"], now=village.now)
    over = pledge.risks_read_at + timedelta(days=14)
    with pytest.raises(Refused, match="could be taken back until"):
        second_thoughts.take_back(pledge, ann, now=over)
    with pytest.raises(Refused, match="the funding is over"):
        second_thoughts.take_back(pledge, ann, now=made.deadline)
    assert second_thoughts.to_take_back(village.fresh(made), ann, village.now) == [pledge]
    offerings.fund(made, village["bob"], 5000, risks_read=True, now=village.now)
    assert second_thoughts.to_take_back(village.fresh(made), ann, village.now) == []
    with pytest.raises(Refused, match="the funding is complete"):
        second_thoughts.take_back(pledge, ann, now=village.now)


def test_a_coop_may_do_without_a_cooling_off(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    schedule(village.community, parameters.COOLING_OFF_DAYS, 0, village.now - timedelta(days=1), "by the rules")
    assert second_thoughts.to_take_back(village.fresh(made), village["ann"], village.now) == []
    with pytest.raises(Refused, match="could be taken back until"):
        take_back(village, "ann")


def test_a_jurisdiction_may_ask_for_a_cooling_off_that_the_coop_does_without(village: Village) -> None:
    under_rules(village.community, cooling_off_days=3)
    made = village.funding()
    village.fund(made, "ann", 5000)
    schedule(village.community, parameters.COOLING_OFF_DAYS, 0, village.now - timedelta(days=1), "by the members")
    pledge = pledge_of(village, "ann")
    ends = second_thoughts.cooling_off_ends(pledge, village.now)
    assert ends == pledge.risks_read_at + timedelta(days=3)
    assert second_thoughts.to_take_back(village.fresh(made), village["ann"], village.now) == [pledge]


def test_what_stays_is_no_smaller_than_a_stake(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 100)
    village.fund(made, "ann", 5)
    first, second = Pledge.objects.select_related("generator").order_by("pk")
    with pytest.raises(Refused, match="take your other stake back first"):
        second_thoughts.take_back(first, village["ann"], now=village.now)
    second_thoughts.take_back(second, village["ann"], now=village.now)
    village.chain.settle()
    assert Stake.objects.get(member=village["ann"]).units == 100


def test_a_return_that_the_contract_refused_leaves_the_stake(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    pledge = second_thoughts.take_back(pledge_of(village, "ann"), village["ann"], now=village.now)
    intents.fail(ChainIntent.objects.get(pk=pledge.back_intent_id), "the node was out")
    pledge = pledge_of(village, "ann")
    assert pledge.state == "FUNDED"
    assert "was not taken back: the node was out" in Notice.objects.filter(member=village["ann"]).latest("pk").text
    assert take_back(village, "ann").sold == 0


@pytest.mark.django_db(transaction=True)
def test_a_stake_is_taken_back_once_and_not_beside_the_last_units(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    pledge, ann, bob, now = pledge_of(village, "ann"), village["ann"], village["bob"], village.now
    problems = at_once(
        lambda: second_thoughts.take_back(pledge_of(village, "ann"), ann, now=now),
        lambda: second_thoughts.take_back(pledge, ann, now=now),
        lambda: offerings.fund(made, bob, 5000, risks_read=True, now=now),
    )
    village.chain.settle()
    made = village.fresh(made)
    taken = pledge_of(village, "ann").state == "TAKEN"
    assert len(problems) == (1 if taken else 2)
    assert (made.state, made.sold) == (("FUNDING", 5000) if taken else ("FUNDED", 10_000))
    assert differences(made, village.chain.gateway) == []


def past_us(village: Village, code: str, units: int) -> Generator:
    """The financier's own wallet signs and sends it, without our pages."""
    made = Generator.objects.get()
    wallet = village[code].wallet
    village.chain.send(wallet.keypair(), call(made, generator.withdraw(wallet.address, units)))
    village.chain.settle()
    return village.fresh(made)


def standing(village: Village, code: str) -> list[tuple[str, int]]:
    return list(Pledge.objects.filter(financier=village[code]).order_by("pk").values_list("state", "units"))


def test_who_signs_past_us_is_mirrored_all_the_same(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    village.fund(made, "bob", 3000)
    made = past_us(village, "ann", 4000)
    assert (made.sold, made.reserved) == (4000, 4000)
    assert (standing(village, "ann"), standing(village, "bob")) == ([("FUNDED", 1000)], [("FUNDED", 3000)])
    assert differences(made, village.chain.gateway) == []
    # What is left can be taken back here, and funded again.
    assert take_back(village, "ann").sold == 3000
    assert standing(village, "ann") == [("TAKEN", 1000)]
    for code, units in (("ann", 5000), ("cy", 2000)):
        village.fund(made, code, units)
    assert village.fresh(made).state == "FUNDED"


def test_of_stakes_taken_back_past_us_the_newest_go_first(village: Village) -> None:
    made = village.funding()
    for units in (3000, 200, 5):
        village.fund(made, "ann", units)
    past_us(village, "ann", 5)
    assert standing(village, "ann") == [("FUNDED", 3000), ("FUNDED", 200), ("TAKEN", 5)]
    past_us(village, "ann", 1200)
    assert standing(village, "ann") == [("FUNDED", 2000), ("TAKEN", 200), ("TAKEN", 5)]
    made = past_us(village, "ann", 2000)
    assert (made.sold, {state for state, _ in standing(village, "ann")}) == (0, {"TAKEN"})
    assert differences(made, village.chain.gateway) == []


def test_what_was_also_funded_past_us_is_taken_back_before_any_pledge(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 3000)
    wallet = village["ann"].wallet
    village.chain.send(wallet.keypair(), call(made, generator.fund(wallet.address, 1000)))
    village.chain.settle()
    past_us(village, "ann", 1000)
    assert standing(village, "ann") == [("FUNDED", 3000)]


def test_a_return_that_came_too_late_for_the_wallet_is_refused_and_smaller(village: Village) -> None:
    """Asked for here, and taken back by the wallet itself before ours was sent."""
    made = village.funding()
    village.fund(made, "ann", 5000)
    pledge = second_thoughts.take_back(pledge_of(village, "ann"), village["ann"], now=village.now)
    past = call(made, generator.withdraw(village["ann"].wallet.address, 4000))
    village.chain.send(village["ann"].wallet.keypair(), past)
    village.chain.settle()
    intent = ChainIntent.objects.get(pk=pledge.back_intent_id)
    assert (intent.state, standing(village, "ann")) == ("FAILED", [("FUNDED", 1000)])
    assert take_back(village, "ann").sold == 0
    assert standing(village, "ann") == [("TAKEN", 1000)]


def test_it_is_confirmed_on_the_page(village: Village, signed_in: Callable) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    ann, page = signed_in(village["ann"]), f"/generators/{made.address}"
    assert "Take it back" in ann.get(page).content.decode()
    asked = {"pledge": pledge_of(village, "ann").pk}
    said = ann.post(f"{page}/acts/take-back", asked).content.decode()
    assert "You take 5,000 units back, and 10,000.00" in said
    assert pledge_of(village, "ann").state == "FUNDED"
    assert signed_in(village["bob"]).post(f"{page}/acts/take-back", asked).status_code == 404
    ann.post(f"{page}/acts/take-back", {**asked, "confirmed": "yes"})
    village.chain.settle()
    assert "Take it back" not in ann.get(page).content.decode()
    assert village.fresh(made).sold == 0
