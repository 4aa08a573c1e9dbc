"""The supply never rises above what the bank was seen to hold, whatever is taken back."""

from __future__ import annotations

import pytest

from stelltron.bank import cases, chargebacks, matching, payouts, standing
from stelltron.bank.models import BankLine, Case
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.models import Attestation, ChainIntent, PaymentProposal
from stelltron.members.models import Member

from .conftest import Bank
from .files import MIKE, SARAH, Move

State = BankLine.State


def into_wallets(bank: Bank) -> None:
    PaymentProposal.objects.update(into_market=False)
    bank.approve_all()


def test_reserves_are_the_closing_balance_and_not_the_receipts(live_bank: Bank, sarah: Member) -> None:
    live_bank.statement(Move(20_000, text="from the members' loan"), Move(5000, text=reference_of(sarah)))
    assert live_bank.attested() == 250 * STROOPS
    live_bank.approve_all()
    assert (live_bank.supply(), live_bank.attested()) == (50 * STROOPS, 250 * STROOPS)
    assert Attestation.objects.get().digest == live_bank.account.statements.get().digest


def test_nothing_is_minted_before_its_statement_is_attested(live_bank: Bank, sarah: Member) -> None:
    live_bank.chain, chain = None, live_bank.chain
    live_bank.statement(Move(5000, text=reference_of(sarah)))
    with pytest.raises(Refused, match="wait a moment"):
        live_bank.approve_all()
    live_bank.chain = chain
    live_bank.settle()
    live_bank.approve_all()
    assert live_bank.supply() == 50 * STROOPS


def test_a_chargeback_that_the_co_ops_own_money_covers_lowers_the_reserves(live_bank: Bank, sarah: Member) -> None:
    live_bank.statement(Move(8000, text="own money"))
    matching.keep_as_own(BankLine.objects.get(), actor=live_bank.first, reason="buffer")
    deposit = live_bank.deposit(sarah, 5000, key="dd-1", iban=SARAH)
    live_bank.statement(Move(-5000, end_to_end="", iban=SARAH, reversal=True))
    taken = BankLine.objects.first()
    assert (taken.state, taken.reverses) == (State.CHARGEBACK, deposit)
    assert (live_bank.supply(), live_bank.attested()) == (50 * STROOPS, 80 * STROOPS)
    assert not live_bank.allowed(sarah)
    assert live_bank.problems() == []
    case = Case.objects.get()
    assert case.stroops == 50 * STROOPS
    with pytest.raises(Refused, match="settle it with the co-op"):
        payouts.ask(sarah, STROOPS, "Sarah", SARAH)
    with pytest.raises(Refused, match="settled by two"):
        cases.clear(case, actor=live_bank.first, reason="she paid in cash")
    live_bank.settle_case(case, "CLEAR")
    assert live_bank.allowed(sarah)


def test_a_chargeback_without_cover_stops_issuing_until_it_is_made_up(
    live_bank: Bank, sarah: Member, mike: Member
) -> None:
    live_bank.statement(Move(5000, text=reference_of(sarah), key="dd-1"))
    into_wallets(live_bank)
    live_bank.statement(Move(1000, text=reference_of(mike)))
    live_bank.statement(Move(-5000, key="back-1", iban=SARAH))
    debit = BankLine.objects.first()
    assert debit.state == State.WAITING
    deposit = BankLine.objects.get(key="dd-1")
    chargebacks.name_deposit(debit, deposit, actor=live_bank.first, reason="the bank's letter")
    live_bank.settle()
    assert standing.standing(live_bank.chain.gateway).shortfall == 50 * STROOPS
    # What the chain was told last still covers the supply, and no mint may rest on it.
    assert live_bank.supply() == 50 * STROOPS <= live_bank.attested() == 60 * STROOPS
    with pytest.raises(Refused, match=r"room for 0\.00"):
        live_bank.approve_all()
    live_bank.settle_case(Case.objects.get(), "COLLECT")
    assert (live_bank.supply(), live_bank.wallet(sarah)) == (0, 0)
    assert not live_bank.allowed(sarah)
    assert standing.attest_again() is not None
    live_bank.settle()
    assert live_bank.attested() == 10 * STROOPS
    live_bank.approve_all()
    assert live_bank.supply() == 10 * STROOPS
    assert live_bank.problems() == []


def test_a_burned_payout_backs_no_new_watt_before_it_has_left(live_bank: Bank, sarah: Member, mike: Member) -> None:
    live_bank.statement(Move(5000, text=reference_of(sarah)))
    into_wallets(live_bank)
    payouts.ask(sarah, 50 * STROOPS, "Sarah", SARAH)
    live_bank.settle()
    live_bank.statement(Move(3000, text=reference_of(mike)))
    live_bank.statement(Move(-4000, text="fee", iban=""))
    with pytest.raises(Refused, match=r"room for 0\.00"):
        live_bank.approve_all()


def test_an_attestation_that_failed_is_made_anew_and_never_sent_again(live_bank: Bank, sarah: Member) -> None:
    live_bank.chain, chain = None, live_bank.chain
    live_bank.statement(Move(5000, text=reference_of(sarah)))
    ChainIntent.objects.filter(attestation__isnull=False).update(state=ChainIntent.State.FAILED)
    old = Attestation.objects.get()
    assert standing.attest_again() is not None
    assert standing.attest_again() is None
    live_bank.chain = chain
    live_bank.settle()
    assert live_bank.attested() == 50 * STROOPS
    from stelltron.ledger import intents

    with pytest.raises(Refused, match="ask anew"):
        intents.retry(ChainIntent.objects.get(pk=old.intent_id))


def test_a_payment_of_somebody_stopped_waits(live_bank: Bank, sarah: Member) -> None:
    live_bank.deposit(sarah, 5000, key="dd-1", iban=SARAH)
    live_bank.statement(Move(-5000, iban=SARAH, reversal=True), Move(7000, text=reference_of(sarah), iban=MIKE))
    assert BankLine.objects.first().state == State.HELD
    assert set(Case.objects.values_list("kind", flat=True)) == {"CHARGEBACK", "STOPPED"}
    assert not payments.PaymentProposal.objects.filter(state="PROPOSED").exists()


def test_nothing_is_minted_for_somebody_who_was_stopped_meanwhile(live_bank: Bank, sarah: Member) -> None:
    live_bank.deposit(sarah, 5000, key="dd-1", iban=SARAH)
    live_bank.statement(Move(3000, text=reference_of(sarah)))
    live_bank.statement(Move(-5000, iban=SARAH, reversal=True))
    with pytest.raises(Refused, match="taken back"):
        live_bank.approve_all()
    assert live_bank.supply() == 50 * STROOPS
