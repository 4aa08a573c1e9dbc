"""On the day that rules begin, change or end, what waits is asked about again, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stelltron.bank import beginnings, cases, payouts
from stelltron.bank.models import Adoption, BankLine, Begun, Case, Payout
from stelltron.bank.tasks import ask_again_where_rules_began
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member, User

from .conftest import Bank
from .files import SARAH
from .test_jurisdictions import adopt, generous, pay, travel

State = BankLine.State
__all__ = ["generous"]


def wait_a_day(community: Community) -> None:
    community.refresh_from_db()
    travel(community, community.today() + timedelta(days=1))


def states() -> list[str]:
    return list(BankLine.objects.order_by("id").values_list("state", flat=True))


def test_what_the_rules_doubt_waits_for_a_case_from_their_day_on(
    bank: Bank, sarah: Member, generous: Community
) -> None:
    assert [pay(bank, sarah, watt) for watt in (10, 3_001)] == [State.PROPOSED] * 2
    adopt(bank, "US")
    ask_again_where_rules_began()
    assert states() == [State.PROPOSED] * 2
    wait_a_day(generous)
    ask_again_where_rules_began()
    assert states() == [State.PROPOSED, State.HELD]
    assert list(PaymentProposal.objects.order_by("id").values_list("state", flat=True)) == ["PROPOSED", "REJECTED"]
    assert "3,000.00 are the limit (the rules US, version 1)" in Case.objects.get().text
    assert str(Begun.objects.get()) == "Test Co-op: US, version 1"


def test_what_they_held_goes_on_when_they_end(bank: Bank, sarah: Member, generous: Community) -> None:
    adopt(bank, "US")
    wait_a_day(generous)
    assert beginnings.ask_again_where_rules_began() == 1
    assert pay(bank, sarah, 3_001) == State.HELD
    adopt(bank, "")
    wait_a_day(generous)
    assert beginnings.ask_again_where_rules_began() == 1
    assert states() == [State.PROPOSED]
    assert "no jurisdiction's rules hold from" in Case.objects.get().reason


def test_it_is_done_once_and_what_was_cleared_is_not_doubted_again(
    bank: Bank, sarah: Member, generous: Community
) -> None:
    pay(bank, sarah, 3_001)
    adopt(bank, "US")
    wait_a_day(generous)
    assert beginnings.ask_again_where_rules_began() == 1
    cases.clear(Case.objects.get(), actor=bank.first, reason="sold her car")
    wait_a_day(generous)
    assert beginnings.ask_again_where_rules_began() == 0
    assert states() == [State.PROPOSED]
    assert ActionLog.objects.filter(action="bank.rules.begin").count() == 1


def test_a_withdrawal_that_was_not_signed_yet_is_held(
    bank: Bank, generous: Community, new_member, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(payouts, "wallet_watt", lambda member: 10**9 * STROOPS)
    freya = new_member("freya", address="GBZXN7PIRZGNMHGA7MUUUF4GWPY5AYPV6LY4UV2GL6VJGIQRXFDNMADI")
    payout = payouts.ask(freya, 3_001 * STROOPS, "Freya", SARAH)
    adopt(bank, "US")
    wait_a_day(generous)
    beginnings.ask_again_where_rules_began()
    payout.refresh_from_db()
    assert payout.state == Payout.State.HELD


def test_it_is_done_in_the_name_of_one_who_brought_them_in_and_is_of_the_treasury(
    bank: Bank, sarah: Member, generous: Community
) -> None:
    pay(bank, sarah, 3_001)
    adopted = adopt(bank, "US")
    User.objects.filter(pk=bank.second.pk).update(is_active=False)
    wait_a_day(generous)
    beginnings.ask_again_where_rules_began()
    assert ActionLog.objects.get(action="bank.rules.begin").actor == bank.first
    assert Adoption.objects.get() == adopted


@pytest.mark.parametrize("change", [{"is_active": False}, {"kyc": Member.Kyc.REJECTED}], ids=str)
def test_what_waits_of_one_who_cannot_be_paid_stays_and_holds_up_nobody(
    bank: Bank, sarah: Member, mike: Member, generous: Community, change: dict
) -> None:
    adopt(bank, "US")
    wait_a_day(generous)
    ask_again_where_rules_began()
    assert [pay(bank, member, 3_001) for member in (sarah, mike)] == [State.HELD] * 2
    Member.objects.filter(pk=sarah.pk).update(**change)
    adopt(bank, "")
    wait_a_day(generous)
    assert beginnings.ask_again_where_rules_began() == 1
    assert states() == [State.HELD, State.PROPOSED]
    assert Case.objects.get(member=sarah, kind=Case.Kind.LIMIT).state == Case.State.OPEN


def test_a_member_with_whom_it_fails_holds_up_no_other_and_is_asked_again(
    bank: Bank, sarah: Member, mike: Member, generous: Community
) -> None:
    adopt(bank, "US")
    wait_a_day(generous)
    ask_again_where_rules_began()
    assert [pay(bank, member, 3_001) for member in (sarah, mike)] == [State.HELD] * 2
    known = Begun.objects.get().rules
    other = PaymentProposal.objects.create(
        member=mike,
        stroops=STROOPS,
        reference=BankLine.objects.earliest("id").bank_reference,
        reason="typed",
        proposed_by=bank.first,
    )
    adopt(bank, "")
    wait_a_day(generous)
    with pytest.raises(Refused, match="already proposed"):
        ask_again_where_rules_began()
    assert states() == [State.HELD, State.PROPOSED]
    assert Begun.objects.get().rules == known
    payments.reject_payment(other, actor=bank.first, reason="a slip of the pen")
    assert beginnings.ask_again_where_rules_began() == 1
    assert states() == [State.PROPOSED] * 2
    assert Begun.objects.get().rules is None
