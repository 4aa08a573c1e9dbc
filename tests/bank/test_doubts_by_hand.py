"""Payments that staff write down meet what imported ones meet: limits, patterns, and the rules of a jurisdiction."""

from __future__ import annotations

import pytest

from stelltron.bank import cases
from stelltron.bank.models import BankLine, Case, Clearance
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member
from stelltron.portal.bank_risks import bank as risks
from tests.jurisdiction import under_rules

from .conftest import Bank, beside
from .files import Move

State = PaymentProposal.State


def write_down(bank: Bank, member: Member, *watt: int) -> list[PaymentProposal]:
    known = PaymentProposal.objects.count()
    return [
        payments.propose_payment(member, one * STROOPS, f"TRX-{known + n}", actor=bank.first, reason="typed")
        for n, one in enumerate(watt)
    ]


def approve(bank: Bank, proposal: PaymentProposal) -> None:
    payments.approve_payment(proposal, actor=bank.second, reason="seen")


def test_above_the_days_limit_it_is_not_approved_before_its_case_is_cleared(bank: Bank, sarah: Member) -> None:
    first, second = write_down(bank, sarah, 700, 301)
    approve(bank, first)
    case = Case.objects.get()
    assert (case.kind, case.proposal, case.stroops) == (Case.Kind.LIMIT, second, 301 * STROOPS)
    with pytest.raises(Refused, match=r"1,001\.00 within 1 day"):
        approve(bank, second)
    cases.clear(case, actor=bank.first, reason="sold her car")
    approve(bank, second)
    second.refresh_from_db()
    assert second.state == State.APPROVED


def test_upheld_it_is_rejected(bank: Bank, sarah: Member) -> None:
    (proposal,) = write_down(bank, sarah, 1001)
    cases.uphold(Case.objects.get(), actor=bank.first, reason="source not shown")
    proposal.refresh_from_db()
    assert proposal.state == State.REJECTED
    assert write_down(bank, sarah, 1000) and Case.objects.count() == 1


@pytest.mark.parametrize(("watt", "kind"), [([10] * 6, "VELOCITY"), ([90, 90, 90], "STRUCTURING")])
def test_patterns_raise_a_case(bank: Bank, sarah: Member, community: Community, watt: list[int], kind: str) -> None:
    under_rules(community, basic_payment_limit=100, basic_day_limit=100)
    write_down(bank, sarah, *watt)
    assert kind in set(Case.objects.values_list("kind", flat=True))


def test_a_jurisdictions_limit_of_one_payment_holds(bank: Bank, sarah: Member, community: Community) -> None:
    under_rules(community, basic_payment_limit=100)
    write_down(bank, sarah, 101)
    assert "at once" in Case.objects.get().text


def test_a_higher_clearance_lifts_what_waits(bank: Bank, sarah: Member) -> None:
    (proposal,) = write_down(bank, sarah, 5001)
    cases.set_clearance(sarah, Clearance.Level.FULL, actor=bank.first, reason="pay slips")
    assert Case.objects.get().state == Case.State.CLEARED
    approve(bank, proposal)


def test_what_was_written_down_counts_for_the_first_statement(bank: Bank, sarah: Member) -> None:
    (proposal,) = write_down(bank, sarah, 700)
    approve(bank, proposal)
    bank.day = proposal.proposed_at.date()
    bank.statement(Move(30_100, text=reference_of(sarah)))
    assert BankLine.objects.get().state == BankLine.State.HELD


def test_rejected_it_leaves_no_case_open(bank: Bank, sarah: Member) -> None:
    (proposal,) = write_down(bank, sarah, 1001)
    payments.reject_payment(proposal, actor=bank.second, reason="a slip of the pen")
    case = Case.objects.get()
    assert (case.state, case.reason, case.closed_by) == (Case.State.UPHELD, "a slip of the pen", bank.second)


def test_staff_see_its_case_where_no_statements_are_imported(bank: Bank, sarah: Member) -> None:
    write_down(bank, sarah, 1001)
    assert [(risk.kind, risk.stroops) for risk in risks()] == [("case", 1001 * STROOPS)]


def test_its_own_line_does_not_count_beside_it(bank: Bank, sarah: Member, attested: None) -> None:
    *_, proposal = write_down(bank, sarah, 10, 10, 10, 10, 10, 600)
    bank.day = proposal.proposed_at.date()
    bank.statement(Move(60_000, text=reference_of(sarah), key=proposal.reference))
    assert BankLine.objects.get().proposal == proposal
    cases.clear(Case.objects.get(kind=Case.Kind.VELOCITY), actor=bank.first, reason="she moves house")
    assert not Case.objects.filter(state=Case.State.OPEN).exists()
    approve(bank, proposal)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_typed_at_the_same_moment_count_together(bank: Bank, sarah: Member) -> None:
    def typed(watt: int) -> None:
        payments.propose_payment(sarah, watt * STROOPS, f"slip {watt}", actor=bank.first, reason="typed")

    assert beside(lambda: typed(301), lambda: typed(700)) is None
    case = Case.objects.get()
    assert (case.kind, case.stroops) == (Case.Kind.LIMIT, 301 * STROOPS)
