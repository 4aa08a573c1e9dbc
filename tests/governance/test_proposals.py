"""From a draft to what it changes: a proposal's whole life, on a real chain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance import comparing, drafting, voting
from governance.models import Ballot, Proposal, RollEntry
from governance.models.kinds import Kind
from market import parameters
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, ParameterVersion
from stelltron.core.parameters import schedule, value_at
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor
from stelltron.ledger.clients import parameters as on_chain
from stelltron.ledger.gateway import ChainRefused
from stelltron.members.models import Notice
from stelltron.members.services import decide_kyc, join

from .conftest import KEY, Assembly

State = Proposal.State


def test_accepted_value_holds_from_its_slot_on_and_not_before(assembly: Assembly):
    proposal = assembly.put()
    assert (proposal.state, proposal.eligible) == (State.OPEN, 5)
    assembly.vote(proposal, ann="yes", bob="yes", cy="no")
    done = assembly.carry_out(proposal)
    assert done.state == State.EXECUTED
    from_slot = done.effective_from
    just_before = from_slot - timedelta(seconds=1)
    assert value_at(assembly.community, parameters.BANKING_SLOTS, just_before) == 0
    assert value_at(assembly.community, parameters.BANKING_SLOTS, from_slot) == 24
    minute = int(from_slot.timestamp()) // 60
    name = assembly.house.contract("parameters")
    for moment, value in ((minute - 1, 0), (minute, 24)):
        assert contracts.ask(assembly.chain.gateway, on_chain.get(KEY, moment).at(name)) == value
    assert comparing.compare(assembly.house, assembly.chain.gateway) == []
    told = Notice.objects.filter(member=assembly["dee"], kind=Notice.Kind.PROPOSAL)
    assert [notice.text.split("” ")[1].split(" until")[0] for notice in told.order_by("id")] == [
        "is put to the vote",
        "is accepted",
        "is carried out",
    ]
    assert ActionLog.objects.filter(action="proposal.execute", target=str(proposal.pk)).exists()


def test_draft_needs_others_behind_it_and_a_new_wording_asks_them_again(assembly: Assembly):
    draft = assembly.draft()
    with pytest.raises(Refused, match="1 more members"):
        drafting.submit(draft, assembly["ann"])
    with pytest.raises(Refused, match="own draft"):
        drafting.stand_behind(draft, assembly["ann"])
    drafting.stand_behind(draft, assembly["bob"])
    with pytest.raises(Refused, match="already"):
        drafting.stand_behind(draft, assembly["bob"])
    drafting.revise(
        draft,
        assembly["ann"],
        title="Keep energy for two days",
        text="Better still.",
        change={"key": KEY, "value": 48},
        effective_from=draft.effective_from,
    )
    assert not draft.sponsors.exists()
    with pytest.raises(Refused, match="another member's"):
        drafting.withdraw(draft, assembly["bob"])
    drafting.withdraw(draft, assembly["ann"])
    assert assembly.fresh(draft).state == State.WITHDRAWN


def test_double_vote_is_refused_here_and_by_the_governor(assembly: Assembly):
    proposal = assembly.vote(assembly.put(), ann="yes")
    with pytest.raises(Refused, match="voted already"):
        voting.vote(proposal, assembly["ann"], "NO", gateway=assembly.chain.gateway)
    assert _governor_says(assembly, proposal, "ann") == 631


def test_stranger_has_no_vote_here_or_with_the_governor(assembly: Assembly):
    proposal = assembly.put()
    stranger = join(assembly.community, name="Stranger", code="stranger")
    assembly.people["stranger"] = stranger
    with pytest.raises(Refused, match="not on the roll"):
        voting.vote(proposal, stranger, "YES", gateway=assembly.chain.gateway)
    assert _governor_says(assembly, proposal, "stranger") == 630


def test_who_joins_after_the_snapshot_has_no_vote_on_it(assembly: Assembly):
    proposal = assembly.put()
    assembly.join("fay")
    with pytest.raises(Refused, match="not on the roll when"):
        voting.vote(proposal, assembly["fay"], "YES", gateway=assembly.chain.gateway)
    assert _governor_says(assembly, proposal, "fay") == 630


def test_who_leaves_later_keeps_the_vote(assembly: Assembly):
    proposal = assembly.put()
    decide_kyc(assembly["cy"], "REJECTED", actor=None, reason="test")
    assembly.keep_roll()
    assert RollEntry.objects.get(member=assembly["cy"]).left_at
    assert assembly.vote(proposal, cy="yes").yes == 1


def test_vote_before_it_begins_and_after_it_is_over_is_refused(assembly: Assembly):
    draft = assembly.draft()
    drafting.stand_behind(draft, assembly["bob"])
    drafting.submit(draft, assembly["ann"], gateway=assembly.chain.gateway)
    assembly.chain.settle()
    with pytest.raises(Refused, match="not begun"):
        voting.vote(assembly.fresh(draft), assembly["ann"], "YES", gateway=assembly.chain.gateway)
    assert _governor_says(assembly, assembly.fresh(draft), "ann") == 628
    assembly.chain.travel(days=4)
    with pytest.raises(Refused, match="is over"):
        voting.vote(assembly.fresh(draft), assembly["ann"], "YES", gateway=assembly.chain.gateway)
    assert _governor_says(assembly, assembly.fresh(draft), "ann") == 629


def test_quorum_missed_by_one_though_abstentions_count(assembly: Assembly):
    missed = assembly.end(assembly.vote(assembly.put(), ann="yes"))
    assert (missed.state, missed.problem) == (State.DEFEATED, "too few have voted")
    assert _governor_refuses_queue(assembly, missed) == 634
    met = assembly.vote(assembly.put(title="Again"), ann="yes", bob="abstain")
    assert assembly.end(met).state == State.SUCCEEDED


def test_as_many_no_as_yes_is_no_majority(assembly: Assembly):
    tie = assembly.end(assembly.vote(assembly.put(), ann="yes", bob="no", cy="abstain"))
    assert (tie.state, tie.problem) == (State.DEFEATED, "there was no majority")
    assert _governor_refuses_queue(assembly, tie) == 635


def test_nothing_is_carried_out_before_the_timelock_or_twice(assembly: Assembly):
    proposal = assembly.end(assembly.vote(assembly.put(), ann="yes", bob="yes"))
    assembly.carry_on()
    queued = assembly.fresh(proposal)
    assert queued.state == State.QUEUED
    assembly.carry_on()
    assert assembly.fresh(proposal).state == State.QUEUED
    assert _timelock_says(assembly, queued) == 667
    assembly.carry_on(days=1, seconds=5)
    assert assembly.fresh(proposal).state == State.EXECUTED
    assert _timelock_says(assembly, queued) == 669
    assert ParameterVersion.objects.filter(community=assembly.community, key=KEY).count() == 1


def test_value_outside_its_bounds_is_refused_here_and_on_the_chain(assembly: Assembly):
    with pytest.raises(Refused, match="must lie between 0 and 10,000"):
        assembly.draft(change={"key": KEY, "value": 10_001})
    with pytest.raises(Refused, match="is 0 slots already"):
        assembly.draft(change={"key": KEY, "value": 0})
    draft = assembly.draft()
    # Around our own check: the vote may pass, the contract does not take the value.
    Proposal.objects.filter(pk=draft.pk).update(change={"key": KEY, "value": 10_001})
    draft = assembly.fresh(draft)
    call = drafting._propose(draft)
    assembly.chain.send(assembly["ann"].wallet.keypair(), call)
    assembly.chain.settle()
    outside = Proposal.objects.get(number=1)
    assembly.chain.travel(hours=3)
    assembly.carry_out(assembly.vote(outside, ann="yes", bob="yes"))
    outside.refresh_from_db()
    assert outside.state == State.QUEUED
    assert "outside the parameter's bounds" in outside.problem
    assert value_at(assembly.community, parameters.BANKING_SLOTS, assembly.chain.now + timedelta(days=9)) == 0
    assembly.carry_on(days=15)
    outside.refresh_from_db()
    assert outside.state == State.EXPIRED


def test_proposal_of_other_software_is_shown_and_counted(assembly: Assembly):
    draft = assembly.draft(kind=Kind.TEXT, change={})
    assembly.chain.send(assembly["ann"].wallet.keypair(), drafting._propose(draft))
    assembly.chain.settle()
    found = Proposal.objects.get(number=1)
    assert (found.state, found.author) == (State.OPEN, assembly["ann"])
    assert found.description_hash == drafting.changes.description_hash(draft)
    assert assembly.fresh(draft).state == State.DRAFT


def test_resolution_is_decided_and_nothing_waits(assembly: Assembly):
    text = assembly.put(kind=Kind.TEXT, change={}, title="We meet every month")
    decided = assembly.end(assembly.vote(text, ann="yes", bob="yes"))
    assembly.carry_on(days=20)
    assert assembly.fresh(decided).state == State.SUCCEEDED


def test_author_takes_it_back_while_the_vote_is_on_and_not_later(assembly: Assembly):
    proposal = assembly.put()
    with pytest.raises(Refused, match="only its author"):
        drafting.cancel(proposal, assembly["bob"])
    drafting.cancel(proposal, assembly["ann"])
    assembly.chain.settle()
    assert assembly.fresh(proposal).state == State.CANCELLED
    other = assembly.end(assembly.vote(assembly.put(title="Another"), ann="yes", bob="yes"))
    with pytest.raises(Refused, match="only until the vote is over"):
        drafting.cancel(other, assembly["ann"])


def test_guardian_cancels_what_waits_in_the_timelock(assembly: Assembly):
    proposal = assembly.end(assembly.vote(assembly.put(), ann="yes", bob="yes"))
    assembly.carry_on()
    drafting.cancel_as_guardian(assembly.fresh(proposal), actor=None, reason="the meters cannot do it")
    with pytest.raises(Refused, match="being cancelled"):
        drafting.cancel_as_guardian(assembly.fresh(proposal), actor=None, reason="again")
    assembly.chain.settle()
    assert assembly.fresh(proposal).state == State.CANCELLED
    assembly.carry_on(days=2)
    assert not ParameterVersion.objects.filter(community=assembly.community, key=KEY).exists()


def test_moment_that_would_come_before_the_decision_is_refused(assembly: Assembly):
    early = assembly.draft(
        effective_from=(assembly.chain.now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    )
    drafting.stand_behind(early, assembly["bob"])
    with pytest.raises(Refused, match="at the earliest"):
        drafting.submit(early, assembly["ann"], gateway=assembly.chain.gateway)


def test_staff_cannot_set_what_the_members_decide(assembly: Assembly):
    with pytest.raises(Refused, match="put it to the vote"):
        schedule(
            assembly.community,
            parameters.BANKING_SLOTS,
            5,
            assembly.chain.now + timedelta(days=1),
            "staff",
            actor=assembly["ann"].user or object(),
        )


def test_ballot_that_the_chain_refuses_may_be_cast_again(assembly: Assembly):
    proposal = assembly.put()
    ballot = voting.vote(proposal, assembly["ann"], "YES", gateway=assembly.chain.gateway)
    assembly.chain.travel(days=4)
    assembly.chain.settle()
    ballot.refresh_from_db()
    assert ballot.state == Ballot.State.REFUSED
    assert "the vote is over" in ballot.problem


def _governor_says(assembly: Assembly, proposal: Proposal, code: str) -> int | None:
    member = assembly[code]
    return _refused(assembly, member.wallet.keypair(), voting._vote(proposal, member, "YES"))


def _governor_refuses_queue(assembly: Assembly, proposal: Proposal) -> int | None:
    call = governor.queue(proposal.number).at(assembly.house.contract("governor"))
    return _refused(assembly, assembly["ann"].wallet.keypair(), call)


def _timelock_says(assembly: Assembly, proposal: Proposal) -> int | None:
    from stelltron.ledger.clients import timelock

    call = timelock.execute(bytes.fromhex(proposal.operation)).at(assembly.house.contract("timelock"))
    return _refused(assembly, assembly["ann"].wallet.keypair(), call)


def _refused(assembly: Assembly, key, call) -> int | None:
    with pytest.raises(ChainRefused) as refused:
        assembly.chain.send(key, call)
    return refused.value.code
