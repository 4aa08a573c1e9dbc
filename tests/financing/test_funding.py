"""All or refund: units of 10,000 through the chain, to the last one and not beyond."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError

from financing.calls import ask, call
from financing.models import UNITS, Generator, Pledge
from financing.offering import offerings
from financing.proof import differences
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import contracts as deployed
from stelltron.ledger import payments
from stelltron.ledger.clients import generator, generator_factory, watt_token
from stelltron.ledger.intents import queue_call
from stelltron.members.models import Member, Notice, User

from .conftest import GOAL, Village, at_once


def watt(village: Village, code: str) -> int:
    return deployed.ask(village.chain.gateway, watt_token.balance(village[code].wallet.address))


def test_stakes_fill_the_escrow_and_the_last_one_closes_the_funding(village: Village) -> None:
    before = watt(village, "ann")
    made = village.funded(ann=5000, bob=3000, cy=2000)
    assert (made.state, made.sold, made.held) == ("FUNDED", UNITS, GOAL)
    assert before - watt(village, "ann") == GOAL // 2
    assert {stake.member.code: stake.units for stake in village.owners(made)} == {"ann": 5000, "bob": 3000, "cy": 2000}
    assert set(Pledge.objects.values_list("state", flat=True)) == {"FUNDED"}
    assert differences(made, village.chain.gateway) == []


def test_one_unit_short_at_the_deadline_everybody_is_refunded(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    village.fund(made, "bob", 4999)
    assert offerings.end_funding(made.deadline - timedelta(seconds=1)) == 0
    village.travel(days=31)
    assert offerings.end_funding(village.now) == 1
    village.chain.settle()
    made = village.fresh(made)
    assert made.state == "FAILED"
    assert Notice.objects.filter(member=village["bob"], text__contains="take your stake back").exists()
    before = watt(village, "bob")
    offerings.take_refund(made, village["bob"])
    village.chain.settle()
    assert watt(village, "bob") - before == 4999 * made.unit_price
    with pytest.raises(Refused, match="nothing to pay back"):
        offerings.take_refund(made, village["bob"])
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_two_financiers_want_the_last_unit_and_one_gets_it(village: Village) -> None:
    made = village.funding()
    village.fund(made, "ann", 5000)
    village.fund(made, "bob", 4999)
    # Both look at the same row, with one unit left.
    stale, _, _ = village.fresh(made), village["cy"], village["dan"]
    offerings.fund(stale, village["cy"], 1, risks_read=True, now=village.now)
    with pytest.raises(Refused, match="all units are taken"):
        offerings.fund(stale, village["dan"], 1, risks_read=True, now=village.now)
    village.chain.settle()
    assert village.fresh(made).state == "FUNDED"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_at_once_take_the_last_unit_once(village: Village, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """With the row locked one of them reads that it is gone; without it the database stops the second one."""
    made = village.funding()
    village.fund(made, "ann", 5000)
    village.fund(made, "bob", 4999)
    now, wanting = village.now, (village["cy"], village["dan"])
    both_looked = threading.Barrier(2)
    if not locked:
        unlocked = Generator.objects.select_related("offering", "community")
        monkeypatch.setattr(offerings, "locked", lambda made: unlocked.get(pk=made.pk))
        monkeypatch.setattr(offerings, "require_money", lambda *asked: both_looked.wait(timeout=10))

    def fund(financier: Member) -> Callable[[], object]:
        return lambda: offerings.fund(made, financier, 1, risks_read=True, now=now)

    problems = at_once(*(fund(financier) for financier in wanting))
    assert [type(problem) for problem in problems] == [Refused if locked else IntegrityError]
    village.chain.settle()
    assert village.fresh(made).state == "FUNDED"
    assert Pledge.objects.filter(financier__in=wanting).count() == 1


def test_the_contract_refuses_the_last_unit_a_second_time_and_the_books_give_it_back(village: Village) -> None:
    """Without our lock: a stake made past us has taken the unit."""
    made = village.funding()
    village.fund(made, "ann", 5000)
    bob, cy = village["bob"], village["cy"]
    offerings.fund(made, bob, 5000, risks_read=True, now=village.now)
    village.chain.send(cy.wallet.keypair(), call(made, generator.fund(cy.wallet.address, 10)))
    village.chain.settle()
    pledge = Pledge.objects.get(financier=village["bob"])
    assert pledge.state == "FAILED"
    assert "fewer units are left" in pledge.intent.problem
    assert Notice.objects.filter(member=village["bob"], text__contains="fewer units are left").exists()
    made = village.fresh(made)
    assert (made.sold, made.reserved) == (5010, 5010)
    village.fund(made, "bob", 4990)
    assert village.fresh(made).state == "FUNDED"


def test_stakes_have_bounds(village: Village) -> None:
    made = village.funding(min_units=10)
    with pytest.raises(Refused, match="smallest stake is 10"):
        offerings.fund(made, village["ann"], 9, risks_read=True, now=village.now)
    with pytest.raises(Refused, match="a person may fund at most 5000"):
        offerings.fund(made, village["ann"], 5001, risks_read=True, now=village.now)
    with pytest.raises(Refused, match="the risks"):
        offerings.fund(made, village["ann"], 10, risks_read=False, now=village.now)
    Member.objects.filter(pk=village["coop"].pk).update(kind=Member.Kind.COMMUNITY)
    village["coop"].refresh_from_db()
    village.fund(made, "coop", 9995)
    # Whoever takes the last units may take few.
    village.fund(made, "ann", 5)
    assert village.fresh(made).state == "FUNDED"
    with pytest.raises(Refused, match="takes no more stakes"):
        offerings.fund(made, village["bob"], 10, risks_read=True, now=village.now)


def test_staff_turn_an_offering_down_and_say_why(village: Village) -> None:
    offering = village.offering()
    offerings.reject_offering(offering, actor=None, reason="the site floods")
    for code in ("village", "builder"):
        assert Notice.objects.filter(member=village[code], text__endswith="the site floods").exists()
    with pytest.raises(IllegalTransition):
        offerings.approve_offering(offering, actor=None, reason="after all")
    assert not Generator.objects.exists()


def test_the_terms_on_the_chain_are_those_of_the_offering(village: Village) -> None:
    made = village.funding()
    terms = ask(made, generator.terms(), village.chain.gateway)
    assert (terms.goal, terms.milestones, terms.measure, terms.parts) == (GOAL, [40, 40, 20], "kWh", 1000)
    assert (terms.requester, terms.provider) == (village["village"].wallet.address, village["builder"].wallet.address)
    assert terms.deadline == int(made.deadline.timestamp())


def test_nobody_creates_a_generator_with_a_provider_who_has_not_signed(village: Village) -> None:
    made = village.funding()
    intent = made.intent
    forged = replace(ask(made, generator.terms(), village.chain.gateway), goal=GOAL // 2)
    alone = queue_call(
        made.community,
        "forged",
        generator_factory.create(village["village"].wallet.address, 999, generator_factory.Terms(**vars(forged))),
        wallet=village["village"].wallet,
    )
    village.chain.settle()
    alone.refresh_from_db()
    assert alone.state != "CONFIRMED"
    assert intent.state == "CONFIRMED"


def test_a_payment_at_the_bank_may_stay_in_the_wallet_and_pays_for_a_stake(
    village: Village, treasurers: tuple[User, User]
) -> None:
    made = village.funding()
    fay = village.join("fay")
    with pytest.raises(Refused, match=r"needs 200\.00 WATT in your wallet, 0\.00 are there"):
        offerings.fund(made, fay, 100, risks_read=True, now=village.now)
    proposal = payments.propose_payment(
        fay, 200 * STROOPS, "BANK-9", actor=treasurers[0], reason="statement", into_market=False
    )
    payments.approve_payment(proposal, actor=treasurers[1], reason="seen it too")
    village.chain.settle()
    village.people["fay"] = fay
    village.fund(made, "fay", 100)
    assert made.stakes.get(member=fay).units == 100
