"""GRID at stake: our rows and the contract, step by step on a real chain with a clock that travels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from stellar_sdk import Keypair, TransactionEnvelope

from governance.grid import comparing, staking
from governance.grid.reckoning import earned
from governance.models import GridMovement, GridPool, GridPosition
from stelltron.core.errors import Refused
from stelltron.ledger import contracts, wallet_calls
from stelltron.ledger.clients import grid_staking, grid_token
from stelltron.ledger.deployment import GRID, REWARD_POOL, UNSTAKE_SECONDS
from stelltron.ledger.gateway import ChainRefused
from stelltron.members.models import Member

from .conftest import Assembly

SignIn = Callable[[Member], Client]
KEY = Keypair.from_raw_ed25519_seed(b"the wallet of a member called f.")


@pytest.fixture
def coop(assembly: Assembly) -> Assembly:
    """Ann and Bob hold 10,000 GRID each."""
    for code in ("ann", "bob"):
        give(assembly, assembly[code], 10_000 * GRID)
    return assembly


def give(coop: Assembly, member: Member, amount: int) -> None:
    operator = settings.STELLAR.operator
    coop.chain.send(operator, grid_token.transfer(operator.public_key, member.wallet.address, amount))


def do(coop: Assembly, code: str, verb: str, grid: int = 0) -> GridPosition:
    staking.do(coop[code], verb, grid * GRID)
    coop.chain.settle()
    return staking.position_of(coop[code])


def on_chain(coop: Assembly, code: str) -> grid_staking.Position:
    return contracts.ask(coop.chain.gateway, grid_staking.position(coop[code].wallet.address))


def assert_earned_as_on_the_chain(coop: Assembly, code: str) -> None:
    """By our books and by the contract, both of one second: nobody says at which a call is only tried."""
    coop.chain.travel(seconds=0)
    before = coop.chain.gateway.now()
    theirs = on_chain(coop, code).claimable
    coop.chain.travel(seconds=0)
    seconds = range(before, coop.chain.gateway.now() + 1)
    assert theirs > 0
    assert theirs in [earned(pool(), staking.position_of(coop[code]), second) for second in seconds]


def pool() -> GridPool:
    found = staking.pool()
    assert found
    return found


def test_earned_here_is_what_the_contract_says_after_every_step(coop: Assembly):
    do(coop, "ann", "stake", 100)
    coop.chain.travel(days=11, seconds=7)
    do(coop, "bob", "stake", 3_333)
    coop.chain.travel(days=30, seconds=1)
    for code in ("ann", "bob"):
        assert_earned_as_on_the_chain(coop, code)
    do(coop, "ann", "ask", 33)
    do(coop, "bob", "claim")
    coop.chain.travel(days=100)
    for code in ("ann", "bob"):
        assert_earned_as_on_the_chain(coop, code)
    assert comparing.compare(coop.chain.gateway) == []


def test_nothing_of_the_pool_is_lost_or_made(coop: Assembly):
    do(coop, "ann", "stake", 1_000)
    do(coop, "bob", "stake", 500)
    coop.chain.travel(days=90)
    do(coop, "ann", "claim")
    do(coop, "bob", "ask", 200)
    ours, theirs = pool(), contracts.ask(coop.chain.gateway, grid_staking.pool())
    assert ours.funded == REWARD_POOL == ours.free + ours.owed + ours.claimed
    assert ours.staked == sum(GridPosition.objects.values_list("staked", flat=True)) == 1_300 * GRID
    assert (ours.staked, ours.unstaking, ours.claimed) == (theirs.staked, theirs.unstaking, theirs.claimed)
    holds = contracts.ask(coop.chain.gateway, grid_token.balance(contracts.address("grid_staking")))
    assert holds == ours.staked + ours.unstaking + ours.free + ours.owed


def test_what_is_asked_back_waits_for_the_delay_here_and_on_the_chain(coop: Assembly):
    do(coop, "ann", "stake", 100)
    position = do(coop, "ann", "ask", 40)
    assert (position.staked, position.unstaking) == (60 * GRID, 40 * GRID)
    with pytest.raises(Refused, match="not before"):
        staking.do(coop["ann"], "take")
    ann = coop["ann"].wallet
    with pytest.raises(ChainRefused) as refused:
        coop.chain.send(ann.keypair(), grid_staking.withdraw_unstaked(ann.address))
    assert grid_staking.ERRORS[refused.value.code] == "TooEarly"
    coop.chain.travel(seconds=UNSTAKE_SECONDS)
    position = do(coop, "ann", "take")
    assert (position.unstaking, position.ready_at) == (0, None)
    assert staking.balance(coop["ann"]) == 9_940 * GRID
    with pytest.raises(Refused, match="not asked for any"):
        staking.do(coop["ann"], "take")


def test_reward_is_paid_into_the_wallet(coop: Assembly):
    do(coop, "ann", "stake", 10_000)
    with pytest.raises(Refused, match="not at stake"):
        staking.do(coop["ann"], "stake", 1)
    coop.chain.travel(days=365)
    position = do(coop, "ann", "claim")
    assert position.claimed == staking.balance(coop["ann"])
    # 8 % of 10,000 a year, and the seconds in which the steps were sent.
    assert 800 * GRID <= position.claimed < 800 * GRID + GRID // 100
    assert list(GridMovement.objects.values_list("kind", flat=True)) == ["CLAIMED", "STAKED"]


def test_more_than_there_is_is_refused_before_it_is_sent(coop: Assembly):
    with pytest.raises(Refused, match="above zero"):
        staking.do(coop["ann"], "stake", 0)
    with pytest.raises(Refused, match="10,000"):
        staking.do(coop["ann"], "stake", 10_000 * GRID + 1)
    with pytest.raises(Refused, match="at stake"):
        staking.do(coop["ann"], "ask", 1)
    with pytest.raises(Refused, match="no reward"):
        staking.do(coop["bob"], "claim")


def test_second_step_waits_until_the_first_is_confirmed(coop: Assembly):
    staking.do(coop["ann"], "stake", GRID)
    with pytest.raises(Refused, match="on its way"):
        staking.do(coop["ann"], "stake", GRID)
    coop.chain.settle()
    assert staking.position_of(coop["ann"]).staked == GRID


def test_new_terms_hold_from_their_moment_on(coop: Assembly):
    do(coop, "ann", "stake", 1_000)
    coop.chain.travel(days=50)
    coop.chain.send(settings.STELLAR.operator, grid_staking.set_rate(2_000))
    coop.chain.travel(days=50)
    coop.chain.settle()
    assert pool().rate_bps == 2_000
    assert_earned_as_on_the_chain(coop, "ann")


def test_empty_pool_pays_what_it_has_and_no_more(coop: Assembly):
    do(coop, "ann", "stake", 10_000)
    nearly, position = pool(), staking.position_of(coop["ann"])
    before = earned(nearly, position, nearly.updated)
    nearly.free, nearly.funded = GRID, GRID + nearly.owed
    # A share is rounded down in the pool's favour.
    for later in (10**7, 10**8):
        assert GRID - 1 <= earned(nearly, position, nearly.updated + later) - before <= GRID


def test_difference_from_the_chain_is_written_down(coop: Assembly):
    do(coop, "ann", "stake", 100)
    GridPosition.objects.update(staked=99 * GRID)
    found = comparing.compare(coop.chain.gateway)
    # With time, what it has earned differs as well.
    assert "at stake" in found[0]
    assert pool().differences == found and pool().compared_at


def test_member_stakes_asks_back_and_claims_on_the_page(coop: Assembly, signed_in: SignIn):
    ann = signed_in(coop["ann"])
    page = ann.get("/grid").content.decode()
    assert "10,000.00 GRID" in page and "You have not put any GRID at stake yet." in page
    assert "100.00 GRID more at stake make it 5 %" in page
    refused = ann.post("/grid/acts/stake", {"amount": "20000"})
    assert refused.status_code == 422 and "You hold 10,000" in refused.content.decode()
    assert ann.post("/grid/acts/stake", {"amount": "much"}).status_code == 422
    assert "on its way" in ann.post("/grid/acts/stake", {"amount": "250"}, follow=True).content.decode()
    coop.chain.settle()
    coop.chain.travel(days=10)
    page = ann.get("/grid").content.decode()
    assert "<strong>5 %</strong>" in page and "750.00 GRID more at stake make it 10 %" in page
    assert "Claim the reward" in page and "put at stake" in page
    ann.post("/grid/acts/claim")
    coop.chain.settle()
    assert "reward claimed" in ann.get("/grid").content.decode()
    ann.post("/grid/acts/ask", {"amount": "250"})
    coop.chain.settle()
    page = ann.get("/grid").content.decode()
    assert "Asked back" in page and "Take 250.00 GRID back" not in page
    assert "not before" in ann.post("/grid/acts/take", follow=True).content.decode()
    coop.chain.travel(seconds=UNSTAKE_SECONDS)
    assert "Take 250.00 GRID back" in ann.get("/grid").content.decode()
    assert ann.post("/grid/acts/burn").status_code == 404
    assert ann.get("/grid/acts/stake").status_code == 405


def test_member_without_grid_is_told_where_it_comes_from(assembly: Assembly, signed_in: SignIn):
    assert "You hold no GRID." in signed_in(assembly["cy"]).get("/grid").content.decode()


def test_page_without_the_contracts_says_so(new_member: Callable[..., Member], signed_in: SignIn):
    assert "not at work on this network yet" in signed_in(new_member("early")).get("/grid").content.decode()


def test_member_with_a_wallet_of_their_own_signs_every_step(assembly: Assembly, signed_in: SignIn):
    assembly.chain.gateway.ensure_account(KEY.public_key)
    assembly.join("freya", address=KEY.public_key)
    freya = assembly["freya"]
    give(assembly, freya, 100 * GRID)
    browser = signed_in(freya)
    assert "Stake with Freighter" in browser.get("/grid").content.decode()
    with pytest.raises(Refused, match="sign this in your wallet"):
        staking.do(freya, "stake", GRID)
    for act in ("stake-grid?subject=60", "ask-grid?subject=10.5"):
        signed = TransactionEnvelope.from_xdr(
            browser.get(f"/wallet/acts/{act}").json()["transaction"], settings.STELLAR.passphrase
        )
        signed.sign(KEY)
        body = {"transaction": signed.to_xdr()}
        assert browser.post(f"/wallet/acts/{act}", body, content_type="application/json").status_code == 200
        assembly.chain.settle()
    position = staking.position_of(freya)
    assert (position.staked, position.unstaking) == (495 * GRID // 10, 105 * GRID // 10)
    refused = browser.get("/wallet/acts/take-grid")
    assert refused.status_code == 400 and "not before" in refused.json()["error"]


def test_step_that_the_wallet_sends_itself_keeps_no_other_waiting(assembly: Assembly):
    """Handed to us and sent by the wallet, under one sequence number: the chain takes the wallet's."""
    assembly.chain.gateway.ensure_account(KEY.public_key)
    assembly.join("freya", address=KEY.public_key)
    freya = assembly["freya"]
    give(assembly, freya, 100 * GRID)
    call = staking.act_call(freya, "stake", 60 * GRID)
    signed = TransactionEnvelope.from_xdr(wallet_calls.unsigned(freya.wallet, call), settings.STELLAR.passphrase)
    signed.sign(KEY)
    staking.take_act(freya, "stake", 60 * GRID, signed.to_xdr())
    assembly.chain.send(KEY, call.call)
    assert staking.under_way(freya)
    assembly.chain.settle()
    assert staking.position_of(freya).staked == 60 * GRID
    assert staking.under_way(freya) is None and staking.last_refusal(freya) == ""
