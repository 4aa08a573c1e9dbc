"""Kinds of proposals whose rules say so weigh the GRID at stake, of members only, as it was at the snapshot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from stellar_sdk import scval

from governance import comparing
from governance.grid import staking
from governance.models import Ballot, Proposal
from governance.models.kinds import Kind
from stelltron.core.errors import Refused
from stelltron.ledger.clients import governor, grid_staking, grid_token
from stelltron.ledger.deployment import GRID
from stelltron.ledger.errors import explain
from stelltron.ledger.gateway import ChainRefused
from stelltron.members.models import Member

from .conftest import Assembly

BY_STAKE = {
    "rules_of": "TEXT",
    "quorum_bps": 4_000,
    "majority_bps": 5_000,
    "notice_seconds": 7_200,
    "period_seconds": 3 * 86_400,
    "delay_seconds": 86_400,
    "by_stake": True,
}
RESOLUTION = {"kind": Kind.TEXT, "change": {}, "effective_from": None}


@pytest.fixture
def stakers(assembly: Assembly) -> Assembly:
    """Resolutions weigh the stake: 300 of ann, 200 of bob, none of the others."""
    operator = settings.STELLAR.operator
    for code, grid in (("ann", 300), ("bob", 200)):
        address = assembly[code].wallet.address
        assembly.chain.send(operator, grid_token.transfer(operator.public_key, address, grid * GRID))
        staking.do(assembly[code], "stake", grid * GRID)
    assembly.chain.settle()
    proposal = assembly.put(kind=Kind.UPGRADE, change=BY_STAKE, effective_from=None)
    done = assembly.carry_out(assembly.vote(proposal, ann="yes", bob="yes"))
    assert done.state == Proposal.State.EXECUTED, done.problem
    return assembly


def test_a_vote_weighs_what_was_at_stake_when_it_was_put(
    stakers: Assembly, signed_in: Callable[[Member], Client]
) -> None:
    proposal = stakers.put(**RESOLUTION)
    assert (proposal.by_stake, proposal.eligible) == (True, 500 * GRID)
    # What moves afterwards changes nothing.
    staking.do(stakers["bob"], "ask", 200 * GRID)
    stakers.chain.settle()
    # The chain's clock is days ahead of the page's.
    Proposal.objects.filter(pk=proposal.pk).update(opens_at=timezone.now())
    page = " ".join(signed_in(stakers["bob"]).get(f"/proposals/{proposal.pk}").content.decode().split())
    assert "<strong>200.00 GRID</strong>" in page and "0.00 GRID of 500.00 GRID have voted" in page
    counted = stakers.vote(proposal, ann="yes", bob="no")
    assert (counted.yes, counted.no) == (300 * GRID, 200 * GRID)
    assert set(Ballot.objects.filter(proposal=proposal).values_list("weight", flat=True)) == {300 * GRID, 200 * GRID}
    assert comparing.compare(stakers.house, stakers.chain.gateway) == []
    assert stakers.end(proposal).state == Proposal.State.SUCCEEDED


def test_who_has_nothing_at_stake_has_no_vote_on_it(stakers: Assembly, signed_in: Callable[[Member], Client]) -> None:
    proposal = stakers.put(**RESOLUTION)
    with pytest.raises(Refused, match="you had none when it was put"):
        stakers.vote(proposal, cy="yes")
    assert "you had none when it was put" in signed_in(stakers["cy"]).get(f"/proposals/{proposal.pk}").content.decode()
    other = stakers.put(kind=Kind.BUDGET, change={"to": str(stakers["bob"].pk), "stroops": 1}, effective_from=None)
    assert (other.by_stake, stakers.vote(other, cy="yes").yes) == (False, 1)


def test_grid_of_somebody_who_is_not_on_the_roll_does_not_vote(stakers: Assembly) -> None:
    operator = settings.STELLAR.operator
    stakers.chain.send(operator, grid_staking.stake(operator.public_key, 10_000 * GRID))
    stakers.chain.travel(seconds=5)
    proposal = stakers.put(**RESOLUTION)
    assert proposal.eligible == 10_500 * GRID
    casting = governor.vote(operator.public_key, proposal.number, scval.to_uint32(Ballot.Choice.YES.number))
    with pytest.raises(ChainRefused) as refused:
        stakers.chain.send(operator, casting.at(stakers.house.contract("governor")))
    assert "630" in explain(refused.value)


@pytest.mark.parametrize("kind", [Kind.UPGRADE, Kind.MEMBERSHIP])
def test_who_belongs_and_how_the_house_works_is_decided_by_heads(assembly: Assembly, kind: Kind) -> None:
    with pytest.raises(Refused, match="every member has one vote"):
        assembly.draft(kind=Kind.UPGRADE, change={**BY_STAKE, "rules_of": kind.value}, effective_from=None)
