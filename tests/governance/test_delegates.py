"""Members who follow another: their vote is cast shortly before the end, unless they vote themselves."""

from __future__ import annotations

import pytest

from governance import voting
from stelltron.core.errors import Refused

from .conftest import Assembly


def test_delegates_choice_is_cast_for_those_who_did_not_vote(assembly: Assembly):
    voting.delegate_to(assembly["cy"], assembly["ann"])
    voting.delegate_to(assembly["dee"], assembly["ann"])
    proposal = assembly.vote(assembly.put(), ann="yes", dee="no")
    assembly.carry_on(hours=1)
    assert assembly.fresh(proposal).cast == 2
    assembly.carry_on(seconds=(proposal.closes_at - assembly.chain.now).total_seconds() - 3600)
    counted = assembly.fresh(proposal)
    assert (counted.yes, counted.no) == (2, 1)
    ballot = counted.ballots.get(member=assembly["cy"])
    assert (ballot.choice, ballot.follows) == ("YES", assembly["ann"])
    with pytest.raises(Refused, match="voted already"):
        voting.vote(counted, assembly["cy"], "NO", gateway=assembly.chain.gateway)


def test_nobody_is_followed_who_follows(assembly: Assembly):
    voting.delegate_to(assembly["cy"], assembly["ann"])
    with pytest.raises(Refused, match="follows somebody else"):
        voting.delegate_to(assembly["bob"], assembly["cy"])
    with pytest.raises(Refused, match="others follow you"):
        voting.delegate_to(assembly["ann"], assembly["bob"])
    with pytest.raises(Refused, match="cannot follow yourself"):
        voting.delegate_to(assembly["bob"], assembly["bob"])
    voting.take_back(assembly["cy"])
    voting.delegate_to(assembly["ann"], assembly["bob"])
