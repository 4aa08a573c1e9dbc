"""A member whose wallet is their own: they sign the proposal and the vote, and nobody else can."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from stellar_sdk import Keypair

from governance import drafting, purse, voting
from governance.models import Ballot, Proposal
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger.funding import receive_payment
from stelltron.members.models import Member
from tests.financing.test_own_wallets import sign

from .conftest import Assembly

KEY = Keypair.from_raw_ed25519_seed(b"the wallet of a voter called fay")


def test_own_wallet_proposes_and_votes_by_its_own_signature(assembly: Assembly, signed_in: Callable[[Member], Client]):
    assembly.join("fay", address=KEY.public_key)
    assembly.chain.gateway.ensure_account(KEY.public_key)
    browser = signed_in(assembly["fay"])
    draft = assembly.draft("fay")
    drafting.stand_behind(draft, assembly["bob"])
    with pytest.raises(Refused, match="sign the proposal in your wallet"):
        drafting.submit(draft, assembly["fay"], gateway=assembly.chain.gateway)
    page = browser.get(f"/proposals/{draft.pk}").content.decode()
    assert f"submit-proposal?subject={draft.pk}" in page
    assert sign(browser, "submit-proposal", str(draft.pk), Keypair.random()).json()["code"] == "other_signer"
    assert sign(browser, "submit-proposal", str(draft.pk), KEY).status_code == 200
    assembly.chain.settle()
    assembly.chain.travel(hours=3)
    proposal = assembly.fresh(draft)
    assert proposal.state == Proposal.State.OPEN
    with pytest.raises(Refused, match="sign the vote in your wallet"):
        voting.vote(proposal, assembly["fay"], "YES", gateway=assembly.chain.gateway)
    assert sign(browser, "vote", f"{proposal.pk}:YES", KEY).status_code == 200
    assembly.chain.settle()
    assert Ballot.objects.get(proposal=proposal).state == Ballot.State.CAST
    again = browser.get(f"/wallet/acts/vote?subject={proposal.pk}:NO").json()
    assert again["code"] == "voted_already"
    assert browser.get("/wallet/acts/vote?subject=x:NO").status_code == 404
    with pytest.raises(Refused, match="nobody can cast your vote for you"):
        voting.delegate_to(assembly["fay"], assembly["ann"])


def test_own_wallet_pays_into_the_purse(assembly: Assembly, signed_in: Callable[[Member], Client]):
    assembly.join("fay", address=KEY.public_key)
    assembly.chain.gateway.ensure_account(KEY.public_key)
    receive_payment(assembly["fay"], 5 * STROOPS, "fay")
    assembly.chain.settle()
    browser = signed_in(assembly["fay"])
    assert "acts/pay-purse" in browser.get("/proposals/purse").content.decode()
    assert browser.get("/wallet/acts/pay-purse?subject=6").json()["code"] == "not_enough_watt"
    assert sign(browser, "pay-purse", "2", KEY).status_code == 200
    assembly.chain.settle()
    assert purse.balance(assembly.house) == 2 * STROOPS
    assert [purse.amount_of(one) for one in purse.payments_of(assembly["fay"])] == [2 * STROOPS]
