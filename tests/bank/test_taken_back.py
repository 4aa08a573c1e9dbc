"""What the bank takes back before it became WATT never does, whoever is approving it at that moment."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from stelltron.bank import chargebacks, matching, statements
from stelltron.bank.models import BankLine, Case, Payout
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.ledger import payments
from stelltron.ledger.models import BankReceipt, PaymentProposal
from stelltron.members.models import Member, Notice

from .conftest import Bank, beside
from .files import MIKE, SARAH, Move, camt

State = BankLine.State


def states() -> list[str]:
    return list(BankLine.objects.order_by("id").values_list("state", flat=True))


def test_a_deposit_taken_back_before_its_approval_is_never_minted(bank: Bank, sarah: Member) -> None:
    bank.statement(Move(5000, text=reference_of(sarah), iban=SARAH))
    proposal = PaymentProposal.objects.get()
    bank.statement(Move(-5000, iban=SARAH, reversal=True))
    assert states() == [State.UNDONE] * 2
    assert BankLine.objects.first().reverses == BankLine.objects.last()
    with pytest.raises(Refused, match="changed meanwhile"):
        payments.approve_payment(proposal, actor=bank.second, reason="seen")
    proposal.refresh_from_db()
    assert proposal.state == PaymentProposal.State.REJECTED
    assert not BankReceipt.objects.exists()
    assert not Case.objects.exists()
    assert Notice.objects.filter(member=sarah, text__contains="before it became WATT").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        BankLine.objects.update(proposal=proposal)


def test_what_waits_for_a_case_or_for_staff_is_undone_as_well(bank: Bank, sarah: Member) -> None:
    bank.statement(Move(500_100, text=reference_of(sarah), iban=SARAH), Move(700, iban=MIKE))
    assert states() == [State.HELD, State.WAITING]
    bank.statement(Move(-500_100, iban=SARAH, reversal=True), Move(-700, iban=MIKE, reversal=True))
    assert set(states()) == {State.UNDONE}
    assert Case.objects.get().state == Case.State.UPHELD


def test_a_payment_on_its_way_back_does_not_leave_twice(bank: Bank) -> None:
    bank.statement(Move(4200, iban=MIKE))
    matching.send_back(BankLine.objects.get(), actor=bank.first, reason="nobody knows it")
    from stelltron.bank import payment_files

    payment_files.prepare(bank.account, actor=bank.first, reason="weekly")
    bank.statement(Move(-4200, iban=MIKE, reversal=True))
    assert set(states()) == {State.UNDONE}
    assert Payout.objects.get().state == Payout.State.CANCELLED
    with pytest.raises(Refused, match="no payment"):
        payment_files.prepare(bank.account, actor=bank.first, reason="weekly")


def test_what_was_sent_back_already_stays_with_staff(bank: Bank) -> None:
    bank.statement(Move(4200, iban=MIKE))
    deposit = BankLine.objects.get()
    matching.send_back(deposit, actor=bank.first, reason="nobody knows it")
    bank.send_all()
    bank.statement(Move(-4200, iban=MIKE, reversal=True))
    line = BankLine.objects.first()
    assert line.state == State.WAITING
    deposit.refresh_from_db()
    with pytest.raises(Refused, match="ask the bank for it"):
        chargebacks.name_deposit(line, deposit, actor=bank.first, reason="twice")


def test_nothing_is_approved_while_it_is_unclear_what_was_taken_back(bank: Bank, sarah: Member, mike: Member) -> None:
    bank.statement(Move(5000, text=reference_of(sarah), iban=SARAH), Move(5000, text=reference_of(mike), iban=SARAH))
    first, second = BankLine.objects.order_by("id")
    bank.statement(Move(-5000, iban=SARAH, reversal=True))
    line = BankLine.objects.first()
    with pytest.raises(Refused, match=f"line {line.pk} of the statements first"):
        payments.approve_payment(first.proposal, actor=bank.second, reason="seen")
    chargebacks.name_deposit(line, second, actor=bank.first, reason="the bank's letter")
    second.refresh_from_db()
    assert (second.state, line.state) == (State.UNDONE, State.UNDONE)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("first", ["approval", "import"])
def test_a_reversal_is_imported_while_its_deposit_is_approved(
    bank: Bank, sarah: Member, attested: None, first: str
) -> None:
    bank.statement(Move(5000, text=reference_of(sarah), iban=SARAH))
    proposal = PaymentProposal.objects.get()
    back = camt("S-2", 5000, [Move(-5000, iban=SARAH, reversal=True)], day=bank.day)

    def approve() -> None:
        payments.approve_payment(proposal, actor=bank.second, reason="seen")

    def take() -> None:
        statements.import_file(bank.account, back, actor=bank.first, reason="daily import")

    if first == "approval":
        assert beside(take, approve) is None
        assert states() == [State.BOOKED, State.CHARGEBACK]
        assert Case.objects.get().kind == Case.Kind.CHARGEBACK
    else:
        assert "changed meanwhile" in str(beside(approve, take))
        assert states() == [State.UNDONE, State.UNDONE]
        assert not BankReceipt.objects.exists()
