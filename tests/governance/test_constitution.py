"""What members change about the house itself: the rules of the vote, the guardian, and which values they vote on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from governance import comparing, founding
from governance.models import Proposal
from governance.models.kinds import Kind
from market import parameters as market
from stelltron.core.errors import Refused
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor, parameters, timelock
from stelltron.members.models import Member

from .conftest import Assembly

RULES = {
    "rules_of": "BUDGET",
    "quorum_bps": 6_000,
    "majority_bps": 7_500,
    "notice_seconds": 86_400,
    "period_seconds": 5 * 86_400,
    "delay_seconds": 2 * 86_400,
}


def put(assembly: Assembly, change: dict[str, object]) -> Proposal:
    proposal = assembly.put(kind=Kind.UPGRADE, change=change, effective_from=None)
    done = assembly.carry_out(assembly.vote(proposal, ann="yes", bob="yes"))
    assert done.state == Proposal.State.EXECUTED, done.problem
    return done


def test_voted_rules_hold_for_the_next_proposal_of_the_kind(assembly: Assembly):
    put(assembly, RULES)
    kept = assembly.house.rules.get(kind=Kind.BUDGET)
    assert {key: getattr(kept, key) for key in RULES if key != "rules_of"} == {
        key: value for key, value in RULES.items() if key != "rules_of"
    }
    other = assembly.house.rules.get(kind=Kind.PARAMETER)
    assert other.quorum_bps == 4_000
    with pytest.raises(Refused, match="the rules already"):
        assembly.draft(kind=Kind.UPGRADE, change=RULES, effective_from=None)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"rules_of": "WAR"}, "rules are for one of"),
        ({"quorum_bps": 0}, "quorum is above zero"),
        ({"majority_bps": 4_999}, "between 50 and 100"),
        ({"period_seconds": 60}, "between an hour and 30 days"),
        ({"delay_seconds": 3_600}, "the timelock waits 1 day"),
    ],
)
def test_rules_the_contracts_would_refuse_are_refused_at_once(assembly: Assembly, wrong: dict[str, object], says: str):
    with pytest.raises(Refused, match=says):
        assembly.draft(kind=Kind.UPGRADE, change={**RULES, **wrong}, effective_from=None)


def test_guardians_term_is_renewed_in_every_contract(assembly: Assembly):
    guardian = settings.STELLAR.guardian.public_key
    until = assembly.chain.now.replace(microsecond=0) + timedelta(days=300)
    put(assembly, {"guardian": guardian, "until": until.isoformat()})
    for code, asked in (("governor", governor), ("parameters", parameters), ("timelock", timelock)):
        named = contracts.ask(assembly.chain.gateway, asked.guardian().at(assembly.house.contract(code)))
        assert (named.address, named.until) == (guardian, int(until.timestamp()))


def test_guardian_for_more_than_a_year_or_less_than_the_vote_is_refused(assembly: Assembly):
    for days in (1, 400):
        until = assembly.chain.now + timedelta(days=days)
        with pytest.raises(Refused, match="a term ends after the vote"):
            assembly.draft(
                kind=Kind.UPGRADE,
                change={"guardian": settings.STELLAR.guardian.public_key, "until": until.isoformat()},
                effective_from=None,
            )


def test_value_of_a_newer_version_is_declared_and_then_voted_on(assembly: Assembly, monkeypatch: pytest.MonkeyPatch):
    key = "market.brought_by_an_update"
    brought = founding.Parameter(key, "hours", 6, 1, 48, "hours of something new")
    monkeypatch.setitem(founding.REGISTRY, key, brought)
    assert f"{key} is not declared on the chain: a proposal has to declare it" in comparing.compare(
        assembly.house, assembly.chain.gateway
    )
    put(assembly, {"declare": key})
    assert comparing.compare(assembly.house, assembly.chain.gateway) == []
    with pytest.raises(Refused, match="members vote on"):
        assembly.draft(kind=Kind.UPGRADE, change={"declare": key}, effective_from=None)


def test_value_declared_already_is_no_change(assembly: Assembly):
    with pytest.raises(Refused, match="already"):
        assembly.draft(kind=Kind.UPGRADE, change={"declare": market.MECHANISM.key}, effective_from=None)


def test_member_writes_rules_in_percent_and_days_and_revises_them(
    assembly: Assembly, signed_in: Callable[[Member], Client]
):
    ann = signed_in(assembly["ann"])
    wish = {
        "title": "A larger quorum for money",
        "text": "Two of us should not spend it.",
        "rules_of": "BUDGET",
        "quorum_bps": "60",
        "majority_bps": "75",
        "notice_seconds": "1",
        "period_seconds": "5",
        "delay_seconds": "0.5",
    }
    assert "In force now" in ann.get("/proposals/write/rules").content.decode()
    refused = ann.post("/proposals/write/rules", wish)
    assert refused.status_code == 422
    assert "The timelock waits 1 day" in refused.content.decode()
    page = ann.post("/proposals/write/rules", {**wish, "delay_seconds": "2"}, follow=True).content.decode()
    assert "60 % have to vote" in page
    draft = Proposal.objects.get()
    assert draft.change == {**RULES, "by_stake": False}
    again = ann.get(f"/proposals/{draft.pk}/revise").content.decode()
    assert 'value="75"' in again
    assert 'value="2"' in again
