"""One payment has one use: WATT, or shares; whoever is first, and also at the same moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from stelltron.bank import matching, share_payments
from stelltron.bank.models import BankLine
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member
from stelltron.register import shares
from stelltron.register.holdings import shares_of
from stelltron.register.models import ShareProposal
from stelltron.register.parameters import SHARE_PRICE

from .conftest import Bank, beside
from .files import SARAH, Move

State = BankLine.State


@pytest.fixture
def paid(bank: Bank, sarah: Member) -> BankLine:
    """Nobody has said what it is for; it is the price of two shares."""
    price = value_at(sarah.community, SHARE_PRICE, sarah.community.now())
    bank.statement(Move(2 * price * 100 // STROOPS, iban=SARAH))
    return BankLine.objects.get()


def test_a_line_pays_for_shares_and_two_people_book_them(bank: Bank, sarah: Member, paid: BankLine) -> None:
    proposal = share_payments.pay(paid, sarah, 2, actor=bank.first, reason="as she wrote")
    with pytest.raises(Refused, match="only what is to be assigned"):
        matching.assign(paid, sarah, actor=bank.first, reason="as WATT")
    shares.book(proposal, actor=bank.second, reason="seen")
    assert shares_of(sarah) == 2
    assert not PaymentProposal.objects.exists()


def test_a_line_that_is_proposed_as_watt_pays_for_no_shares(bank: Bank, sarah: Member, paid: BankLine) -> None:
    matching.assign(paid, sarah, actor=bank.first, reason="hers")
    with pytest.raises(Refused, match="booked as WATT"):
        share_payments.pay(paid, sarah, 2, actor=bank.first, reason="shares")
    assert not ShareProposal.objects.exists()
    payments.reject_payment(paid.proposal, actor=bank.second, reason="for shares")
    paid.refresh_from_db()
    share_payments.pay(paid, sarah, 2, actor=bank.first, reason="shares")
    assert paid.state == State.SHARES


def test_rejected_shares_leave_the_payment_in_the_queue(bank: Bank, sarah: Member, paid: BankLine) -> None:
    proposal = share_payments.pay(paid, sarah, 2, actor=bank.first, reason="shares")
    shares.reject(proposal, actor=bank.second, reason="she wants energy")
    paid.refresh_from_db()
    assert (paid.state, paid.shares, paid.member) == (State.WAITING, None, None)


def test_shares_cost_what_was_paid(bank: Bank, sarah: Member, paid: BankLine) -> None:
    with pytest.raises(Refused, match="3 shares cost"):
        share_payments.pay(paid, sarah, 3, actor=bank.first, reason="shares")
    assert not ShareProposal.objects.exists()


def test_shares_whose_payment_is_taken_back_are_not_booked(bank: Bank, sarah: Member, paid: BankLine) -> None:
    proposal = share_payments.pay(paid, sarah, 2, actor=bank.first, reason="shares")
    bank.statement(Move(-paid.stroops * 100 // STROOPS, iban=SARAH, reversal=True))
    assert BankLine.objects.first().state == State.UNDONE
    with pytest.raises(Refused):
        shares.book(proposal, actor=bank.second, reason="late")


def test_no_issue_is_typed_where_statements_are_imported(bank: Bank, sarah: Member, paid: BankLine) -> None:
    with pytest.raises(Refused, match="Pays for shares"):
        shares.propose(sarah.community, "ISSUE", 2, "typed", taker=sarah, actor=bank.first, reason="seen")


def test_the_database_holds_a_line_to_one_use(bank: Bank, sarah: Member, paid: BankLine) -> None:
    matching.assign(paid, sarah, actor=bank.first, reason="hers")
    other = ShareProposal(
        community=sarah.community,
        kind="ISSUE",
        taker=sarah,
        shares=2,
        stroops=paid.stroops,
        reference=paid.bank_reference,
        reason="around the services",
        proposed_by=bank.first,
    )
    with pytest.raises(IntegrityError, match="has another use"), transaction.atomic():
        other.save()
    other.reference = "another name for it"
    other.save()
    with pytest.raises(IntegrityError, match="what_pays_for_shares_is_no_watt"), transaction.atomic():
        BankLine.objects.filter(pk=paid.pk).update(shares=other)


def uses(bank: Bank, member: Member) -> dict[str, Callable[[], object]]:
    """By hand, where no statements are imported."""
    return {
        "shares": lambda: shares.propose(
            member.community, "ISSUE", 1, "slip 5", taker=member, actor=bank.first, reason="seen"
        ),
        "watt": lambda: payments.propose_payment(member, STROOPS, "slip 5", actor=bank.first, reason="seen"),
    }


@pytest.mark.parametrize(("first", "second"), [("shares", "watt"), ("watt", "shares")])
def test_a_reference_typed_by_hand_has_one_use(bank: Bank, sarah: Member, first: str, second: str) -> None:
    act = uses(bank, sarah)
    act[first]()
    with pytest.raises(Refused, match="slip 5"):
        act[second]()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(("first", "second"), [("shares", "watt"), ("watt", "shares")])
def test_two_uses_at_the_same_moment(bank: Bank, sarah: Member, first: str, second: str) -> None:
    act = uses(bank, sarah)
    assert isinstance(beside(act[second], act[first]), Refused)
    assert ShareProposal.objects.count() + PaymentProposal.objects.count() == 1
