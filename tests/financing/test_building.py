"""Milestones with evidence, money released by two, and a device that only the requester starts."""

from __future__ import annotations

import pytest
from stellar_sdk import Keypair

from financing.building import building
from financing.calls import call
from financing.proof import differences
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import intents
from stelltron.ledger.clients import generator
from stelltron.ledger.errors import explain
from stelltron.ledger.gateway import ChainRefused
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Notice, User
from stelltron.members.services import make_staff

from .conftest import GOAL, Village
from .test_funding import watt


def accepted(village: Village, number: int = 0):
    made = village.funded()
    building.report_milestone(village.milestone(made, number), village["builder"], "delivery note 17, 24 panels")
    building.answer_milestone(village.milestone(made, number), village["village"], accepted=True)
    return made


def test_two_of_the_staff_pay_a_milestone_out_of_the_escrow(village: Village, treasurers: tuple[User, User]) -> None:
    made = accepted(village)
    before = watt(village, "builder")
    building.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="seen the note")
    with pytest.raises(Refused, match="somebody else has to approve"):
        building.approve_release(village.milestone(made, 0), actor=treasurers[0], reason="me again")
    building.approve_release(village.milestone(made, 0), actor=treasurers[1], reason="called the village")
    village.chain.settle()
    assert village.milestone(made, 0).state == "RELEASED"
    assert watt(village, "builder") - before == GOAL * 40 // 100
    made = village.fresh(made)
    assert (made.held, made.released) == (GOAL * 60 // 100, GOAL * 40 // 100)
    assert differences(made, village.chain.gateway) == []
    with pytest.raises(IllegalTransition):
        building.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="twice")


def test_a_release_that_the_contract_refuses_waits_for_two_people_again(
    village: Village, treasurers: tuple[User, User]
) -> None:
    made = accepted(village)
    building.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="seen")
    intent = building.approve_release(village.milestone(made, 0), actor=treasurers[1], reason="seen too")
    (operator,) = intent.payload["together_with"]
    ChainIntent.objects.filter(pk=intent.pk).update(payload=dict(intent.payload, together_with=[]))
    village.chain.settle()
    milestone = village.milestone(made, 0)
    assert (milestone.state, milestone.proposed_by, milestone.approved_by) == ("ACCEPTED", None, None)
    # Once its cause is gone, what two people had approved may be sent again.
    intent.refresh_from_db()
    ChainIntent.objects.filter(pk=intent.pk).update(payload=dict(intent.payload, together_with=[operator]))
    intents.retry(intent)
    village.chain.settle()
    assert village.milestone(made, 0).state == "RELEASED"


def test_work_that_is_not_accepted_goes_back(village: Village) -> None:
    made = village.funded()
    building.report_milestone(village.milestone(made, 0), village["builder"], "done")
    building.answer_milestone(
        village.milestone(made, 0), village["village"], accepted=False, reason="two panels broken"
    )
    assert village.milestone(made, 0).state == "PLANNED"
    assert Notice.objects.filter(member=village["builder"], text__contains="two panels broken").exists()
    assert Notice.objects.filter(member=village["ann"], text__contains="reported as done").exists()


def test_everybody_has_their_own_part(village: Village, treasurers: tuple[User, User]) -> None:
    made = village.funded()
    milestone = village.milestone(made, 0)
    with pytest.raises(Refused, match="only the provider"):
        building.report_milestone(milestone, village["ann"], "x")
    with pytest.raises(Refused, match="describe the evidence"):
        building.report_milestone(milestone, village["builder"], "  ")
    building.report_milestone(milestone, village["builder"], "x")
    with pytest.raises(Refused, match="only who asked"):
        building.answer_milestone(milestone, village["builder"], accepted=True)
    office = make_staff("office@co-op.example", "a long enough password")
    with pytest.raises(Refused, match="Treasury role"):
        building.propose_release(milestone, actor=office, reason="x")
    with pytest.raises(Refused, match="only who asked"):
        building.install(made, village["builder"], Keypair.random().raw_public_key())
    with pytest.raises(Refused, match="32 bytes"):
        building.install(made, village["village"], b"short")


def test_a_first_token_sent_past_us_starts_it_all_the_same(village: Village) -> None:
    made = village.funded()
    building.install(made, village["village"], Keypair.random().raw_public_key())
    village.chain.settle()
    asker = village["village"].wallet
    village.chain.send(asker.keypair(), call(village.fresh(made), generator.activate(asker.address, 3 * STROOPS)))
    village.chain.settle()
    made = village.fresh(made)
    assert (made.state, made.received, made.payments.get().amount) == ("ACTIVE", 3 * STROOPS, 3 * STROOPS)
    assert differences(made, village.chain.gateway) == []


def test_only_the_requester_starts_it(village: Village) -> None:
    made = village.funded()
    device = Keypair.random()
    with pytest.raises(Refused, match="once the generator is installed"):
        building.send_first_token(made, village["village"], STROOPS)
    building.install(made, village["village"], device.raw_public_key())
    village.chain.settle()
    made = village.fresh(made)
    assert (made.state, made.device_key) == ("PENDING", device.raw_public_key().hex())
    with pytest.raises(Refused, match="only who asked"):
        building.send_first_token(made, village["ann"], STROOPS)
    ann = village["ann"].wallet
    # Past us it is the contract that refuses.
    with pytest.raises(ChainRefused) as refused:
        village.chain.send(ann.keypair(), call(made, generator.activate(ann.address, STROOPS)))
    assert explain(refused.value) == "only the requester sends the first token (contract error 520)"
    building.send_first_token(made, village["village"], STROOPS)
    village.chain.settle()
    made = village.fresh(made)
    assert (made.state, made.received) == ("ACTIVE", STROOPS)
    payment = made.payments.get()
    assert (payment.state, payment.amount, payment.quantity) == ("PAID", STROOPS, 0)
    assert differences(made, village.chain.gateway) == []
    with pytest.raises(Refused, match="only once"):
        building.send_first_token(made, village["village"], STROOPS)
