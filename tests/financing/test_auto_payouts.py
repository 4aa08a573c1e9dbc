"""Income that pays itself out: from so much on, once, a bounded number at a time, and one's trouble is nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from financing.models import AutoClaim, AutoPayout, Generator, Stake
from financing.owning import auto_payouts, owning
from financing.reports import statements
from financing.reports.stake_history import Kind
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import intents
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, Wallet

from .conftest import Village, at_once
from .test_funding import watt


@pytest.fixture
def earning(village: Village) -> Generator:
    """ann and bob are owed about ten WATT each."""
    made = village.running(ann=5000, bob=5000)
    village.buy(made, "user", 99_000)
    return village.fresh(made)


def claims() -> list[ChainIntent]:
    return list(ChainIntent.objects.filter(key__contains=":claim:").order_by("pk"))


def owed(made: Generator, code: str) -> int:
    return made.stakes.get(member__code=code).claimable(made.index)


def test_income_is_paid_out_once_it_is_enough_and_the_statement_says_so(village: Village, earning: Generator) -> None:
    due, had = owed(earning, "ann"), watt(village, "ann")
    auto_payouts.pay_out_from(village["ann"], due + 1)
    assert auto_payouts.claim_due(village.now) == 0
    auto_payouts.pay_out_from(village["ann"], due)
    assert auto_payouts.claim_due(village.now) == 1
    # It is on its way, and then there is nothing more: no run claims it twice.
    assert auto_payouts.claim_due(village.now) == 0
    village.chain.settle()
    assert auto_payouts.claim_due(village.now) == 0
    assert watt(village, "ann") - had == due
    [stake] = statements.stakes_of(village["ann"])
    found = statements.stake_statement(stake, now=village.now + timedelta(seconds=1))
    assert (found.lines[-1].kind, found.lines[-1].amount, found.claimed) == (Kind.PAID_OUT, due, due)
    # bob has not asked for it.
    assert owed(village.fresh(earning), "bob") == due
    # What it earns from now on pays itself out as well.
    auto_payouts.pay_out_from(village["ann"], STROOPS)
    village.buy(earning, "user", 99_000)
    assert auto_payouts.claim_due(village.now) == 1


def test_a_claim_that_is_confirmed_and_not_read_yet_is_not_sent_again(village: Village, earning: Generator) -> None:
    auto_payouts.pay_out_from(village["ann"], STROOPS)
    assert auto_payouts.claim_due(village.now) == 1
    ChainIntent.objects.filter(pk=claims()[0].pk).update(state=ChainIntent.State.CONFIRMED)
    assert auto_payouts.claim_due(village.now) == 0
    assert len(claims()) == 1


def test_what_the_owner_claims_by_hand_is_not_claimed_beside_it(village: Village, earning: Generator) -> None:
    auto_payouts.pay_out_from(village["ann"], STROOPS)
    owning.claim(earning, village["ann"])
    auto_payouts.claim_due(village.now)
    assert len(claims()) == 1
    assert not AutoClaim.objects.exists()


def test_what_the_contract_refused_waits_for_a_day(village: Village, earning: Generator) -> None:
    auto_payouts.pay_out_from(village["ann"], STROOPS)
    auto_payouts.claim_due(village.now)
    intents.fail(claims()[0], "no")
    now = AutoClaim.objects.get().sent_at
    assert auto_payouts.claim_due(now + timedelta(hours=23)) == 0
    assert auto_payouts.claim_due(now + timedelta(hours=25)) == 1
    assert len(claims()) == 2


def test_one_owners_trouble_holds_up_nobody_else(
    village: Village, earning: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("ann", "bob"):
        auto_payouts.pay_out_from(village[code], STROOPS)
    real = owning.claim

    def claim(made: Generator, owner: Member, **more: Any) -> ChainIntent:
        if owner.code == "ann":
            raise RuntimeError("ann's wallet")
        return real(made, owner, **more)

    monkeypatch.setattr(owning, "claim", claim)
    with pytest.raises(RuntimeError, match="ann's wallet"):
        auto_payouts.claim_due(village.now)
    assert [claim.stake.member.code for claim in AutoClaim.objects.all()] == ["bob"]


def test_a_run_sends_no_more_than_its_bound_and_the_next_the_rest(
    village: Village, earning: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_payouts, "MOST_A_RUN", 1)
    for code in ("ann", "bob"):
        auto_payouts.pay_out_from(village[code], STROOPS)
    assert [auto_payouts.claim_due(village.now) for _ in range(3)] == [1, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_claim_once(village: Village, earning: Generator) -> None:
    auto_payouts.pay_out_from(village["ann"], STROOPS)
    now = village.now
    assert at_once(*[lambda: auto_payouts.claim_due(now)] * 2) == []
    assert len(claims()) == 1


def test_a_payout_is_worth_its_fee_and_the_coop_has_to_sign_it(village: Village) -> None:
    ann = village["ann"]
    with pytest.raises(Refused, match=r"choose 1\.00 WATT or more"):
        auto_payouts.pay_out_from(ann, STROOPS - 1)
    with pytest.raises(Refused, match="is not paid out by itself"):
        auto_payouts.stop(ann)
    Wallet.objects.filter(member=ann).update(kind=Wallet.Kind.EXTERNAL, secret=None)
    ann.wallet.refresh_from_db()
    with pytest.raises(Refused, match="signs in a wallet of their own"):
        auto_payouts.pay_out_from(ann, STROOPS)


def test_who_takes_the_wallet_into_the_own_hands_or_leaves_is_left_out(village: Village, earning: Generator) -> None:
    for code in ("ann", "bob"):
        auto_payouts.pay_out_from(village[code], STROOPS)
    assert auto_payouts.due(village.now).count() == 2
    Wallet.objects.filter(member=village["ann"]).update(kind=Wallet.Kind.EXTERNAL, secret=None)
    Member.objects.filter(pk=village["bob"].pk).update(is_active=False)
    assert auto_payouts.claim_due(village.now) == 0


def test_an_owner_chooses_it_on_the_portfolio_and_stops_it(
    village: Village, earning: Generator, signed_in: Callable
) -> None:
    ann = signed_in(village["ann"])

    def choose(least: str) -> str:
        return ann.post("/generators/portfolio/payout", {"least": least}, follow=True).content.decode()

    assert "choose 1.00 WATT or more" in choose("0.5")
    assert "Write the number with a point" in choose("1,5")
    assert 'value="2.50"' in choose("2.5")
    assert AutoPayout.objects.get().least == 25 * STROOPS // 10
    assert "not paid out by itself any more" in choose("")
    assert not AutoPayout.objects.exists()
    assert Stake.objects.get(member=village["ann"]).claimed == 0
