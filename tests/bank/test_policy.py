"""Identity, limits and patterns hold money back; staff close cases with a reason, and what waited goes on or goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from stelltron.bank import cases, parameters, payouts
from stelltron.bank.models import BankLine, Case, Clearance, Payout
from stelltron.bank.references import reference_of
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.models import ActionLog, Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, make_staff
from stelltron.portal.bank_risks import bank as risks
from tests.jurisdiction import under_rules

from .conftest import Bank
from .files import SARAH, Move

State = BankLine.State


@pytest.fixture(autouse=True)
def full_wallets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payouts, "wallet_watt", lambda member: 10**9 * STROOPS)


def pay(bank: Bank, member: Member, *watt: int) -> list[str]:
    """The states of the lines of one day's payments."""
    bank.statement(*(Move(one * 100, text=reference_of(member), iban=SARAH) for one in watt))
    return list(
        BankLine.objects.filter(statement=bank.account.statements.first())
        .order_by("id")
        .values_list("state", flat=True)
    )


def withdraw(member: Member, watt: int) -> Payout:
    return payouts.ask(member, watt * STROOPS, "Sarah", SARAH)


def test_a_payment_above_the_days_limit_waits_for_its_case(bank: Bank, sarah: Member) -> None:
    assert pay(bank, sarah, 700, 301) == [State.PROPOSED, State.HELD]
    case = Case.objects.get()
    assert (case.kind, case.stroops, "1,001.00" in case.text) == ("LIMIT", 301 * STROOPS, True)
    cases.clear(case, actor=bank.first, reason="sold her car")
    line = BankLine.objects.get(pk=case.line_id)
    assert line.state == State.PROPOSED
    assert ActionLog.objects.get(action="bank.close_case").reason == "sold her car"
    with pytest.raises(IllegalTransition):
        cases.uphold(case, actor=bank.first, reason="changed my mind")


def test_the_month_counts_too_and_a_higher_clearance_lifts_it(bank: Bank, sarah: Member) -> None:
    states = []
    for _ in range(8):
        states += pay(bank, sarah, 700)
    assert states == [State.PROPOSED] * 5 + [State.HELD] * 3
    kinds = list(Case.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == [Case.Kind.STRUCTURING, Case.Kind.STRUCTURING, Case.Kind.LIMIT]
    cases.set_clearance(sarah, Clearance.Level.FULL, actor=bank.first, reason="pay slips")
    assert pay(bank, sarah, 5000) == [State.PROPOSED]


def test_limits_are_parameters(bank: Bank, sarah: Member, community: Community) -> None:
    schedule(community, parameters.LIMITS[Clearance.Level.BASIC, "day"], 10, community.now(), "cautious")
    assert pay(bank, sarah, 11) == [State.HELD]


def test_a_payment_without_an_identity_check_waits_until_it_is_approved(bank: Bank, sarah: Member) -> None:
    decide_kyc(sarah, Member.Kyc.REJECTED, actor=None, reason="expired")
    assert pay(bank, sarah, 10) == [State.HELD]
    case = Case.objects.get(kind=Case.Kind.KYC)
    with pytest.raises(Refused, match="identity check first"):
        cases.clear(case, actor=bank.first, reason="she is nice")
    decide_kyc(sarah, Member.Kyc.APPROVED, actor=None, reason="new passport")
    case.refresh_from_db()
    case.member.refresh_from_db()
    cases.clear(case, actor=bank.first, reason="passport seen")
    assert BankLine.objects.get().state == State.PROPOSED


def test_many_payments_in_a_day_raise_a_case(bank: Bank, sarah: Member) -> None:
    assert pay(bank, sarah, *[10] * 6) == [State.PROPOSED] * 5 + [State.HELD]
    assert Case.objects.get().kind == Case.Kind.VELOCITY


def test_payments_just_under_the_limit_raise_a_case(bank: Bank, sarah: Member) -> None:
    assert [pay(bank, sarah, 990)[0] for _ in range(3)] == [State.PROPOSED, State.PROPOSED, State.HELD]
    assert Case.objects.get().kind == Case.Kind.STRUCTURING
    bank.day += timedelta(days=7)
    assert pay(bank, sarah, 990) == [State.PROPOSED]


def test_payments_just_under_a_single_payments_limit_raise_a_case(
    bank: Bank, sarah: Member, community: Community
) -> None:
    under_rules(community, basic_payment_limit=200, velocity=9)
    states = [pay(bank, sarah, watt)[0] for watt in (190, 100, 160, 200)]
    assert states == [State.PROPOSED] * 3 + [State.HELD]
    assert "each just under the limit of 200.00" in Case.objects.get().text


def test_payments_together_just_under_the_months_limit_raise_a_case(bank: Bank, sarah: Member) -> None:
    states = []
    for watt in (700, 700, 600, 700, 700, 600):
        states += pay(bank, sarah, watt)
        bank.day += timedelta(days=3)
    assert states == [State.PROPOSED] * 5 + [State.HELD]
    case = Case.objects.get()
    assert (case.kind, "6 payments within 30 days, together just under" in case.text) == ("STRUCTURING", True)


def test_an_upheld_payment_goes_back(bank: Bank, sarah: Member) -> None:
    pay(bank, sarah, 5001)
    cases.uphold(Case.objects.get(), actor=bank.first, reason="source not shown")
    line = BankLine.objects.get()
    assert (line.state, line.return_payout.stroops) == (State.RETURNING, 5001 * STROOPS)
    assert not PaymentProposal.objects.exists()


def test_a_payment_in_two_doubts_waits_for_both(bank: Bank, sarah: Member) -> None:
    pay(bank, sarah, *[10] * 5, 1000)
    first, second = Case.objects.order_by("id")
    cases.clear(first, actor=bank.first, reason="fine")
    assert BankLine.objects.first().state == State.HELD
    cases.clear(second, actor=bank.first, reason="fine")
    assert BankLine.objects.first().state == State.PROPOSED


@pytest.mark.parametrize(("watt", "code"), [(1001, "above_limit"), (0, "amount_too_small")])
def test_a_withdrawal_outside_the_limits_is_refused(bank: Bank, sarah: Member, watt: int, code: str) -> None:
    with pytest.raises(Refused) as problem:
        withdraw(sarah, watt)
    assert problem.value.code == code


def test_withdrawals_add_up_to_the_days_limit(bank: Bank, sarah: Member) -> None:
    withdraw(sarah, 600)
    with pytest.raises(Refused, match=r"400\.00 left"):
        withdraw(sarah, 401)
    withdraw(sarah, 400)


def test_withdrawals_without_an_identity_check_are_refused(bank: Bank, sarah: Member) -> None:
    decide_kyc(sarah, Member.Kyc.REJECTED, actor=None, reason="expired")
    sarah.refresh_from_db()
    with pytest.raises(Refused, match="identity check"):
        withdraw(sarah, 1)


def test_an_odd_withdrawal_waits_and_burns_nothing_until_it_is_cleared(bank: Bank, sarah: Member) -> None:
    states = [withdraw(sarah, 1).state for _ in range(6)]
    assert states == ["BURNING"] * 5 + ["HELD"]
    held = Payout.objects.first()
    assert held.redemption is None
    cases.clear(Case.objects.get(), actor=bank.first, reason="she moves house")
    held.refresh_from_db()
    assert held.state == "BURNING"
    withdraw(sarah, 1)
    cases.uphold(Case.objects.first(), actor=bank.first, reason="enough")
    assert Payout.objects.first().state == "CANCELLED"


def test_cases_are_the_treasurys_and_need_a_reason(bank: Bank, sarah: Member) -> None:
    pay(bank, sarah, 5001)
    case = Case.objects.get()
    with pytest.raises(Refused, match="Treasury"):
        cases.clear(case, actor=make_staff("clerk@co-op.example", "correct horse", "Co-op staff"), reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.update(state=Case.State.CLEARED)


def test_staff_see_what_waits(bank: Bank, sarah: Member) -> None:
    assert list(risks()) == []
    pay(bank, sarah, 5001)
    bank.statement(Move(100))
    found = {risk.kind: risk for risk in risks()}
    assert set(found) == {"case", "bank lines", "reserves"}
    assert found["case"].stroops == 5001 * STROOPS


def test_a_cleared_identity_check_asks_for_the_limits_that_waited_behind_it(bank: Bank, sarah: Member) -> None:
    decide_kyc(sarah, Member.Kyc.REJECTED, actor=None, reason="expired")
    assert pay(bank, sarah, 700, 700) == [State.HELD, State.HELD]
    decide_kyc(sarah, Member.Kyc.APPROVED, actor=None, reason="new passport")
    for case in Case.objects.order_by("id"):
        cases.clear(case, actor=bank.first, reason="passport seen")
    assert list(BankLine.objects.order_by("id").values_list("state", flat=True)) == [State.PROPOSED, State.HELD]
    limit = Case.objects.get(state=Case.State.OPEN)
    assert limit.kind == Case.Kind.LIMIT
    cases.clear(limit, actor=bank.first, reason="sold her car")
    assert BankLine.objects.first().state == State.PROPOSED


def test_a_higher_clearance_lets_go_on_what_waited_for_its_limit(bank: Bank, sarah: Member) -> None:
    assert pay(bank, sarah, 5001) == [State.HELD]
    cases.set_clearance(sarah, Clearance.Level.FULL, actor=bank.first, reason="pay slips")
    assert BankLine.objects.get().state == State.PROPOSED
    assert Case.objects.get().reason == "the clearance changed: pay slips"


def test_a_lower_clearance_holds_what_waits_for_its_second_person(bank: Bank, sarah: Member) -> None:
    cases.set_clearance(sarah, Clearance.Level.FULL, actor=bank.first, reason="pay slips")
    assert pay(bank, sarah, 5001, 10) == [State.PROPOSED] * 2
    proposal = PaymentProposal.objects.last()
    cases.set_clearance(sarah, Clearance.Level.BASIC, actor=bank.first, reason="forged")
    assert [line.state for line in BankLine.objects.order_by("id")] == [State.HELD] * 2
    assert PaymentProposal.objects.get(pk=proposal.pk).state == "REJECTED"
    assert set(Case.objects.values_list("kind", flat=True)) == {"LIMIT"}


def test_a_held_withdrawal_is_asked_about_again(bank: Bank, sarah: Member) -> None:
    cases.set_clearance(sarah, Clearance.Level.FULL, actor=bank.first, reason="pay slips")
    for _ in range(5):
        withdraw(sarah, 1)
    held = withdraw(sarah, 1500)
    assert held.state == "HELD"
    cases.set_clearance(sarah, Clearance.Level.BASIC, actor=bank.first, reason="forged")
    cases.clear(Case.objects.get(kind=Case.Kind.VELOCITY), actor=bank.first, reason="she moves house")
    held.refresh_from_db()
    assert (held.state, held.redemption) == ("HELD", None)
    cases.uphold(Case.objects.get(state=Case.State.OPEN), actor=bank.first, reason="too much")
    held.refresh_from_db()
    assert held.state == "CANCELLED"


def test_a_limit_waits_on_while_the_identity_check_has_lapsed(bank: Bank, sarah: Member) -> None:
    assert pay(bank, sarah, 5001) == [State.HELD]
    decide_kyc(sarah, Member.Kyc.REJECTED, actor=None, reason="expired")
    sarah.refresh_from_db()
    cases.set_clearance(sarah, Clearance.Level.BASIC, actor=bank.first, reason="asked again")
    decide_kyc(sarah, Member.Kyc.APPROVED, actor=None, reason="new passport")
    cases.clear(Case.objects.get(kind=Case.Kind.KYC), actor=bank.first, reason="passport seen")
    assert BankLine.objects.get().state == State.HELD
    assert Case.objects.get(state=Case.State.OPEN).kind == Case.Kind.LIMIT


def test_a_limit_waits_on_while_a_member_is_stopped(bank: Bank, sarah: Member, attested: None) -> None:
    bank.deposit(sarah, 1000, iban=SARAH)
    assert pay(bank, sarah, 5001) == [State.HELD]
    bank.statement(Move(-1000, iban=SARAH, reversal=True))
    cases.set_clearance(sarah, Clearance.Level.BASIC, actor=bank.first, reason="asked again")
    kinds = Case.objects.filter(state=Case.State.OPEN).values_list("kind", flat=True)
    assert set(kinds) == {Case.Kind.LIMIT, Case.Kind.STOPPED, Case.Kind.CHARGEBACK}


def test_a_payment_of_one_who_has_left_is_sent_back(bank: Bank, sarah: Member) -> None:
    assert pay(bank, sarah, 5001) == [State.HELD]
    Member.objects.filter(pk=sarah.pk).update(is_active=False)
    case = Case.objects.get()
    with pytest.raises(Refused, match="not an active member: send the payment back"):
        cases.clear(case, actor=bank.first, reason="sold her car")
    case.refresh_from_db()
    cases.uphold(case, actor=bank.first, reason="she has left")
    assert BankLine.objects.get().state == State.RETURNING
