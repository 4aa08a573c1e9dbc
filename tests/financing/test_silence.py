"""Where the requester does not answer, two of the Treasury announce it, and the contract waits for an objection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from stellar_sdk import Keypair

from financing.building import building, objections, silence
from financing.calls import call
from financing.models import Announcement, Generator, Upkeep
from financing.proof import booked, differences
from financing.using import upkeep
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.ledger import intents
from stelltron.ledger.clients import generator
from stelltron.ledger.errors import explain
from stelltron.ledger.gateway import ChainRefused
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, Notice, User, Wallet
from stelltron.members.services import make_staff

from .conftest import GOAL, Village
from .test_funding import watt
from .test_own_wallets import sign

Two = tuple[User, User]


def reported(village: Village) -> Generator:
    made = village.funded()
    building.report_milestone(village.milestone(made, 0), village["builder"], "delivery note 17, 24 panels")
    return made


def announced(village: Village, asked: Announcement, second: User) -> Announcement:
    silence.approve(asked, actor=second, reason="called the village, nobody answers")
    village.chain.settle()
    return Announcement.objects.get(pk=asked.pk)


def payment(village: Village, made: Generator, two: Two) -> Announcement:
    asked = silence.propose_release(village.milestone(made, 0), actor=two[0], reason="no answer for a month")
    return announced(village, asked, two[1])


def hash_of(row: Announcement) -> bytes:
    return bytes.fromhex(row.evidence_hash)


def ending(village: Village, made: Generator, two: Two) -> Announcement:
    asked = silence.propose_retirement(made, "three letters, two calls", actor=two[0], reason="given up")
    return announced(village, asked, two[1])


def carry_out(village: Village) -> Announcement:
    assert silence.carry_out_due(village.now) == 1
    village.chain.settle()
    return Announcement.objects.get()


def test_what_was_reported_is_paid_once_the_village_has_had_its_time(village: Village, treasurers: Two) -> None:
    made, had = reported(village), watt(village, "builder")
    asked = silence.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="no answer")
    with pytest.raises(Refused, match="somebody else"):
        silence.approve(asked, actor=treasurers[0], reason="me again")
    with pytest.raises(Refused, match="one is open"):
        silence.propose_release(village.milestone(made, 0), actor=treasurers[1], reason="again")
    waiting = announced(village, asked, treasurers[1])
    assert waiting.state == "WAITING"
    assert waiting.until is not None
    assert timedelta(days=14) - timedelta(minutes=2) < waiting.until - village.now <= timedelta(days=14)
    for code in ("village", "ann", "builder"):
        assert Notice.objects.filter(member=village[code], text__contains="Unless").exists()

    village.travel(days=13)
    assert silence.carry_out_due(village.now) == 0
    # Past us it is the contract that refuses.
    with pytest.raises(ChainRefused) as refused:
        village.chain.send(settings.STELLAR.operator, call(made, generator.carry_out(0, hash_of(waiting))))
    assert explain(refused.value) == "the requester still has time to object (contract error 544)"
    village.travel(days=1, minutes=5)
    assert carry_out(village).state == "DONE"
    assert village.milestone(made, 0).state == "RELEASED"
    assert watt(village, "builder") - had == GOAL * 40 // 100
    made = village.fresh(made)
    assert (made.held, made.released, booked(made)) == (GOAL * 60 // 100, GOAL * 40 // 100, GOAL * 60 // 100)
    assert differences(made, village.chain.gateway) == []
    assert silence.carry_out_due(village.now) == 0


def test_a_generator_that_nobody_answers_for_gives_the_escrow_back(village: Village, treasurers: Two) -> None:
    made = village.funded(ann=5000, bob=5000)
    had = watt(village, "ann")
    open_one = upkeep.propose_retirement(made, "meeting", actor=treasurers[0], reason="given up")
    with pytest.raises(Refused, match="who was asked"):
        silence.propose_retirement(made, "  ", actor=treasurers[0], reason="given up")
    asked = silence.propose_retirement(made, "three letters, two calls", actor=treasurers[0], reason="given up")
    assert announced(village, asked, treasurers[1]).state == "WAITING"
    village.travel(days=14, minutes=5)
    assert carry_out(village).state == "DONE"
    made = village.fresh(made)
    assert (made.state, made.held) == ("RETIRED", 0)
    assert Upkeep.objects.get(pk=open_one.pk).state == "REFUSED"
    village.claim(made, "ann")
    assert watt(village, "ann") - had == GOAL // 2
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_an_objection_ends_it(village: Village, treasurers: Two, signed_in: Callable[..., Client]) -> None:
    made = reported(village)
    payment(village, made, treasurers)
    page, acts = f"/generators/{made.address}", f"/generators/{made.address}/acts"
    owner, requester = signed_in(village["ann"]), signed_in(village["village"])
    assert "Unless" in owner.get(page).content.decode()
    assert "Only who asked" in owner.post(f"{acts}/object", {"confirmed": "yes"}).content.decode()
    assert "it is not done" in requester.post(f"{acts}/object").content.decode()
    assert Announcement.objects.get().objection is None
    requester.post(f"{acts}/object", {"confirmed": "yes"})
    assert "on its way" in requester.get(page).content.decode()
    village.travel(days=15)
    # The objection has not reached the chain yet, and the co-op waits for it.
    silence.carry_out_due(village.now)
    village.chain.settle()
    found = Announcement.objects.get()
    assert (found.state, found.act) == ("OBJECTED", None)
    assert village.fresh(made).released == 0
    assert Notice.objects.filter(member=village["ann"], text__contains="objects").exists()
    with pytest.raises(Refused, match="nothing is announced"):
        objections.object_to(made, village["village"])
    # With better evidence it may be announced again.
    assert payment(village, made, treasurers).state == "WAITING"


def test_work_that_is_sent_back_is_objected_to(village: Village, treasurers: Two) -> None:
    made = reported(village)
    payment(village, made, treasurers)
    building.answer_milestone(village.milestone(made, 0), village["village"], accepted=False, reason="two are broken")
    village.chain.settle()
    assert Announcement.objects.get().state == "OBJECTED"
    assert village.milestone(made, 0).state == "PLANNED"
    with pytest.raises(Refused, match="only what is reported"):
        silence.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="again")


def test_the_first_token_accepts_the_work(village: Village, treasurers: Two, signed_in: Callable[..., Client]) -> None:
    made, had = village.start(reported(village)), watt(village, "builder")
    payment(village, made, treasurers)
    assert Notice.objects.filter(member=village["village"], text__contains="You have accepted what was built").exists()
    page = signed_in(village["village"]).get(f"/generators/{made.address}").content.decode()
    assert "whether or not" in page and ">Object<" not in page
    with pytest.raises(Refused, match="with the first token you have accepted"):
        objections.object_to(village.fresh(made), village["village"])
    with pytest.raises(Refused, match="with the first token you have accepted"):
        building.answer_milestone(village.milestone(made, 0), village["village"], accepted=False, reason="no")
    village.travel(days=15)
    assert carry_out(village).state == "DONE"
    assert watt(village, "builder") == had + GOAL * 40 // 100


def test_what_never_runs_ends_after_a_year_whatever_the_village_says(village: Village, treasurers: Two) -> None:
    made = village.funded()
    village.travel(days=31 + 365)
    Generator.objects.update(deadline=timezone.now() - objections.BUILDING)
    ending(village, made, treasurers)
    with pytest.raises(Refused, match="only the first token keeps it"):
        objections.object_to(village.fresh(made), village["village"])
    village.travel(days=15)
    assert carry_out(village).state == "DONE"
    assert village.fresh(made).state == "RETIRED"
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_a_first_token_in_time_keeps_what_was_to_end(village: Village, treasurers: Two) -> None:
    made = village.funded()
    village.travel(days=31 + 365)
    Generator.objects.update(deadline=timezone.now() - objections.BUILDING)
    ending(village, made, treasurers)
    made = village.start(village.fresh(made))
    village.travel(days=15)
    silence.carry_out_due(village.now)
    village.chain.settle()
    found = Announcement.objects.get()
    assert found.state == "OBJECTED"
    assert Notice.objects.filter(member=village["builder"], text__contains="or has sent the first token").exists()
    assert village.fresh(made).state == "ACTIVE"


def test_it_is_too_late_to_object_once_it_is_on_its_way(village: Village, treasurers: Two) -> None:
    made = reported(village)
    payment(village, made, treasurers)
    village.travel(days=15)
    silence.carry_out_due(village.now)
    with pytest.raises(Refused, match="time to object is over"):
        building.answer_milestone(village.milestone(made, 0), village["village"], accepted=False)
    with pytest.raises(Refused, match="being carried out"):
        objections.object_to(made, village["village"])
    village.chain.settle()
    assert village.milestone(made, 0).state == "RELEASED"


def test_what_both_have_done_meanwhile_is_not_done_again(village: Village, treasurers: Two) -> None:
    made = reported(village)
    payment(village, made, treasurers)
    building.answer_milestone(village.milestone(made, 0), village["village"], accepted=True)
    building.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="seen")
    building.approve_release(village.milestone(made, 0), actor=treasurers[1], reason="seen too")
    village.chain.settle()
    assert Announcement.objects.get().state == "SETTLED"
    village.travel(days=15)
    assert silence.carry_out_due(village.now) == 0
    assert village.fresh(made).released == GOAL * 40 // 100


def failing(village: Village, made: Generator, two: Two) -> Announcement:
    """Its act was refused by the contract, for it named another evidence."""
    payment(village, made, two)
    village.travel(days=15)
    silence.carry_out_due(village.now)
    act = Announcement.objects.get().act
    assert act is not None
    right, wrong = act.payload, generator.carry_out(0, bytes(32)).at(made.contract_name).to_payload()
    ChainIntent.objects.filter(pk=act.pk).update(payload=wrong)
    village.chain.settle()
    ChainIntent.objects.filter(pk=act.pk).update(payload=right)
    failed = Announcement.objects.select_related("act").get()
    assert failed.state == "FAILED"
    assert "nothing is announced" in failed.why
    return failed


def test_what_the_contract_refuses_is_sent_again_once_its_cause_is_gone(village: Village, treasurers: Two) -> None:
    made = reported(village)
    failed = failing(village, made, treasurers)
    intents.retry(failed.act)
    village.chain.settle()
    assert Announcement.objects.get().state == "DONE"
    assert village.milestone(made, 0).state == "RELEASED"


def test_after_a_no_nobody_sends_it_again(village: Village, treasurers: Two) -> None:
    made = reported(village)
    failed = failing(village, made, treasurers)
    building.answer_milestone(village.milestone(made, 0), village["village"], accepted=False, reason="broken")
    village.chain.settle()
    failed = Announcement.objects.select_related("act").get()
    assert (failed.state, failed.act.state) == ("OBJECTED", "REPLACED")
    with pytest.raises(IllegalTransition):
        intents.retry(failed.act)


def test_a_release_that_is_refused_after_it_was_paid_alone_stops_nothing(village: Village, treasurers: Two) -> None:
    """Staff sends again what has failed before: the books stay, and the chain process goes on."""
    made = reported(village)
    building.answer_milestone(village.milestone(made, 0), village["village"], accepted=True)
    building.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="seen")
    release = building.approve_release(village.milestone(made, 0), actor=treasurers[1], reason="seen too")
    ChainIntent.objects.filter(pk=release.pk).update(payload=dict(release.payload, together_with=[]))
    village.chain.settle()
    payment(village, made, treasurers)
    village.travel(days=15)
    assert carry_out(village).state == "DONE"
    release.refresh_from_db()
    ChainIntent.objects.filter(pk=release.pk).update(
        payload=dict(release.payload, together_with=[settings.STELLAR.operator.public_key])
    )
    release.refresh_from_db()
    intents.retry(release)
    village.chain.settle()
    release.refresh_from_db()
    assert release.state == "FAILED"
    assert village.milestone(made, 0).state == "RELEASED"
    assert village.fresh(made).released == GOAL * 40 // 100


def test_an_end_is_not_carried_out_once_the_requester_goes_on(village: Village, treasurers: Two) -> None:
    made = village.funded()
    ending(village, made, treasurers)
    building.install(village.fresh(made), village["village"], Keypair.random().raw_public_key())
    village.chain.settle()
    assert Announcement.objects.get().state == "OBJECTED"
    village.travel(days=15)
    assert silence.carry_out_due(village.now) == 0
    assert village.fresh(made).state == "PENDING"


def test_an_end_is_not_carried_out_while_the_provider_is_owed(village: Village, treasurers: Two) -> None:
    made = village.funded()
    ending(village, made, treasurers)
    building.report_milestone(village.milestone(made, 0), village["builder"], "done after all")
    village.travel(days=15)
    silence.carry_out_due(village.now)
    found = Announcement.objects.get()
    assert (found.state, found.act) == ("SETTLED", None)
    assert "pay it or send it back" in found.why


def test_the_treasury_takes_back_what_it_has_announced(village: Village, treasurers: Two) -> None:
    made = village.funded()
    waiting = ending(village, made, treasurers)
    silence.refuse(waiting, actor=treasurers[1], reason="she called")
    village.travel(days=15)
    assert silence.carry_out_due(village.now) == 0
    assert village.fresh(made).state == "FUNDED"
    assert Notice.objects.filter(member=village["village"], text__contains="she called").exists()


def test_owners_do_not_end_it_for_themselves(village: Village, treasurers: Two) -> None:
    made = village.funded(ann=5000, bob=5000)
    Member.objects.filter(pk=village["ann"].pk).update(user=treasurers[1])
    with pytest.raises(Refused, match="pays or charges yourself"):
        silence.propose_retirement(made, "letters", actor=treasurers[1], reason="given up")
    asked = silence.propose_retirement(made, "letters", actor=treasurers[0], reason="given up")
    with pytest.raises(Refused, match="pays or charges yourself"):
        silence.approve(asked, actor=treasurers[1], reason="me")


def test_what_is_announced_past_the_office_can_be_objected_to_and_is_not_carried_out(
    village: Village, treasurers: Two
) -> None:
    made = village.funded()
    ours = ending(village, made, treasurers)
    village.chain.send(settings.STELLAR.operator, call(made, generator.announce(1, bytes(32))))
    village.chain.settle()
    ours.refresh_from_db()
    assert ours.state == "SETTLED"
    foreign = Announcement.objects.exclude(pk=ours.pk).get()
    assert (foreign.state, foreign.proposed_by, foreign.milestone) == ("WAITING", None, village.milestone(made, 1))
    village.travel(days=15)
    assert silence.carry_out_due(village.now) == 0
    objections.object_to(made, village["village"])
    village.chain.settle()
    foreign.refresh_from_db()
    assert foreign.state == "OBJECTED"


def test_the_requester_is_reminded_before_the_time_is_over(village: Village, treasurers: Two) -> None:
    made = reported(village)
    payment(village, made, treasurers)
    asked = Notice.objects.filter(member=village["village"], kind=Notice.Kind.OBJECTION)
    assert asked.count() == 1
    village.travel(days=11)
    for _ in range(2):
        silence.carry_out_due(village.now)
    assert asked.count() == 2


def test_only_the_treasury_announces_and_never_for_itself(village: Village, treasurers: Two) -> None:
    made = reported(village)
    own = make_staff("builder@co-op.example", "a long enough password", "Treasury")
    Member.objects.filter(pk=made.provider_id).update(user=own)
    with pytest.raises(Refused, match="pays or charges yourself"):
        silence.propose_release(village.milestone(made, 0), actor=own, reason="pay me")
    with pytest.raises(Refused, match="pay it or send it back"):
        silence.propose_retirement(made, "letters", actor=treasurers[0], reason="given up")
    asked = silence.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="no answer")
    office = make_staff("office@co-op.example", "a long enough password")
    with pytest.raises(Refused, match="Treasury role"):
        silence.approve(asked, actor=office, reason="x")
    silence.refuse(asked, actor=treasurers[1], reason="she answered today")
    with pytest.raises(IllegalTransition):
        silence.approve(asked, actor=treasurers[1], reason="x")


def test_a_requester_with_a_wallet_of_their_own_objects_by_their_signature(
    village: Village, treasurers: Two, signed_in: Callable[..., Client]
) -> None:
    made = reported(village)
    key = village["village"].wallet.keypair()
    # The key was taken home.
    Wallet.objects.filter(member=village["village"]).update(kind=Wallet.Kind.EXTERNAL, secret=None)
    asked = silence.propose_release(village.milestone(made, 0), actor=treasurers[0], reason="a wallet of its own")
    assert announced(village, asked, treasurers[1]).state == "WAITING"
    browser = signed_in(village["village"])
    with pytest.raises(Refused, match="sign your objection to it first"):
        building.answer_milestone(village.milestone(made, 0), village["village"], accepted=False)
    assert "Object with Freighter" in browser.get(f"/generators/{made.address}").content.decode()
    assert sign(browser, "object-to-announcement", made.address, key).status_code == 200
    assert Announcement.objects.get().objection is not None
    village.chain.settle()
    assert Announcement.objects.get().state == "OBJECTED"
