"""What was booked by hand before the first statement is not minted a second time from its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stelltron.bank import by_hand, matching
from stelltron.bank.models import BankLine
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.models import BankReceipt, PaymentProposal
from stelltron.members.models import Member
from stelltron.register import shares
from stelltron.register.models import ShareProposal

from .conftest import Bank
from .files import DAY, SARAH, Move

State = BankLine.State


def by_hand_booked(bank: Bank, member: Member, watt: int, reference: str, *, approve: bool = True) -> PaymentProposal:
    proposal = payments.propose_payment(member, watt * STROOPS, reference, actor=bank.first, reason="typed")
    if approve:
        payments.approve_payment(proposal, actor=bank.second, reason="seen")
    # The bank's day is the test's own.
    at = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(days=2)
    PaymentProposal.objects.filter(pk=proposal.pk).update(proposed_at=at)
    return proposal


def minted() -> list[int]:
    return list(BankReceipt.objects.order_by("id").values_list("stroops", flat=True))


@pytest.mark.parametrize("place", ["key", "end_to_end"])
def test_a_line_with_the_same_reference_and_amount_is_that_payment(bank: Bank, sarah: Member, place: str) -> None:
    booked = by_hand_booked(bank, sarah, 50, "TRX 77a")
    bank.statement(Move(5000, text=reference_of(sarah), iban=SARAH, **{place: "TRX77A"}))
    line = BankLine.objects.get()
    assert (line.state, line.proposal, line.member) == (State.BOOKED, booked, sarah)
    assert minted() == [50 * STROOPS]


def test_a_payment_by_hand_that_waits_for_its_second_person_becomes_the_lines(bank: Bank, sarah: Member) -> None:
    booked = by_hand_booked(bank, sarah, 50, "TRX-77", approve=False)
    bank.statement(Move(5000, text=reference_of(sarah), key="TRX-77"))
    assert BankLine.objects.get().proposal == booked
    assert PaymentProposal.objects.count() == 1


@pytest.mark.parametrize(
    "move", [{"cents": 5000}, {"cents": 5000, "key": "other"}, {"cents": 4900, "key": "TRX-77"}], ids=str
)
def test_what_only_resembles_one_waits_beside_it(bank: Bank, sarah: Member, move: dict) -> None:
    by_hand_booked(bank, sarah, 50, "TRX-77")
    bank.statement(Move(text=reference_of(sarah), **move))
    line = BankLine.objects.get()
    assert line.state == State.WAITING
    assert [one.reference for one in by_hand.resembling(line)] == ["TRX-77"]
    assert minted() == [50 * STROOPS]


def test_staff_say_that_it_is_or_that_it_is_another(bank: Bank, sarah: Member) -> None:
    booked = by_hand_booked(bank, sarah, 50, "TRX-77")
    bank.statement(Move(5000, text=reference_of(sarah)), Move(5000, text=reference_of(sarah)))
    first, second = BankLine.objects.order_by("id")
    by_hand.join(first, "trx-77", actor=bank.first, reason="same slip")
    assert (first.state, first.proposal) == (State.BOOKED, booked)
    with pytest.raises(Refused, match="or it has its line"):
        by_hand.join(second, "trx-77", actor=bank.first, reason="again")
    matching.assign(second, sarah, actor=bank.first, reason="her second one")
    assert second.state == State.PROPOSED


def test_what_came_later_or_is_somebody_elses_is_booked_as_ever(bank: Bank, sarah: Member, mike: Member) -> None:
    by_hand_booked(bank, sarah, 50, "TRX-77")
    bank.statement(Move(5000, text=reference_of(mike)))
    bank.day += timedelta(days=30)
    bank.statement(Move(5000, text=reference_of(sarah)))
    assert {line.state for line in BankLine.objects.all()} == {State.PROPOSED}


def test_a_payment_by_hand_is_not_approved_beside_its_line(bank: Bank, sarah: Member) -> None:
    booked = by_hand_booked(bank, sarah, 50, "slip 4", approve=False)
    bank.statement(Move(5000, iban=SARAH))
    line = BankLine.objects.get()
    with pytest.raises(Refused, match=f"line {line.pk} of the statements looks like"):
        payments.approve_payment(booked, actor=bank.second, reason="seen")
    matching.assign(line, sarah, actor=bank.first, reason="hers")
    with pytest.raises(Refused, match="looks like"):
        payments.approve_payment(booked, actor=bank.second, reason="seen")


def test_shares_paid_before_the_first_statement_are_not_watt(bank: Bank, sarah: Member, community) -> None:  # type: ignore[no-untyped-def]
    paid = shares.propose(community, "ISSUE", 1, "TRX-9", taker=sarah, actor=bank.first, reason="seen")
    ShareProposal.objects.update(proposed_at=datetime.combine(DAY, datetime.min.time(), UTC))
    bank.statement(Move(paid.stroops * 100 // STROOPS, text=reference_of(sarah), key="TRX-9"))
    line = BankLine.objects.get()
    assert (line.state, line.shares) == (State.SHARES, paid)
