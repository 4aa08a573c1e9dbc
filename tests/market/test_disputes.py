"""A disputed line is frozen with its evidence, and alone; two different people decide it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from devices.models import SlotReading
from market.billing.bills import due, issue_month, lines_of_bill, post_month, preview_month
from market.billing.disputes import decide, open_dispute, propose_decision, send_back
from market.models import Bill, Dispute, StatementLine
from market.resettlement.recompute import recompute_month
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.models import ActionLog, Community
from stelltron.members.models import Member, User
from tests.conftest import CENT, RETAIL, Chain
from tests.market.test_clearing import close, reading

TEXT = "I was on holiday, the house was empty"


@pytest.fixture
def staff(db: None) -> list[User]:
    return [User.objects.create_superuser(f"{name}@co-op.example") for name in ("one", "two")]


@pytest.fixture
def home(trader: Callable, community: Community, chain: Chain) -> Member:
    """Three settled kWh: one from a neighbour at 15 cents, two from the utility; June is over."""
    sun, home = trader("sun"), trader("home")
    reading(sun, exported=1000)
    reading(home, imported=3000)
    close(community, hours=31 * 24)
    chain.settle()
    community.refresh_from_db()
    home.refresh_from_db()
    return home


def utility_line(member: Member) -> StatementLine:
    return StatementLine.objects.get(member=member, kind="UTILITY_IMPORT")


def note_of(member: Member) -> Bill:
    return Bill.objects.get(member=member, kind=Bill.Kind.CREDIT_NOTE)


def issue(community: Community, staff: list[User]) -> None:
    issue_month(community, "2026-06", actor=staff[0], reason="month end")
    post_month(community, "2026-06", actor=staff[0], reason="month end")


def test_only_the_disputed_amount_is_left_out_of_the_document(
    home: Member, community: Community, staff: list[User]
) -> None:
    dispute = open_dispute(utility_line(home), home, TEXT)
    issue(community, staff)
    bill = Bill.objects.get(member=home)
    assert (bill.total, bill.disputed) == (-15 * CENT, -2 * RETAIL)
    dispute.refresh_from_db()
    assert dispute.left_out_of == bill
    assert lines_of_bill(bill).aggregate(total=Sum("amount"))["total"] == bill.total


@pytest.mark.parametrize(("correction", "noted"), [(0, -2 * RETAIL), (RETAIL, -RETAIL), (2 * RETAIL, 0)])
def test_what_is_decided_comes_in_a_credit_note(
    home: Member, community: Community, staff: list[User], correction: int, noted: int
) -> None:
    dispute = open_dispute(utility_line(home), home, TEXT)
    issue(community, staff)
    propose_decision(dispute, correction=correction, actor=staff[0], reason="the meter was read again")
    decide(dispute, actor=staff[1], reason="I agree")
    issue(community, staff)
    assert note_of(home).total == noted
    everything = StatementLine.objects.filter(member=home).aggregate(total=Sum("amount"))["total"]
    assert sum(Bill.objects.filter(member=home).values_list("total", flat=True)) == everything
    assert list(recompute_month(community, "2026-06")) == []


def test_a_line_disputed_after_its_document_lowers_what_is_due(
    home: Member, community: Community, staff: list[User]
) -> None:
    issue(community, staff)
    bill = Bill.objects.get(member=home)
    dispute = open_dispute(utility_line(home), home, TEXT)
    assert (bill.total, due(bill)) == (-15 * CENT - 2 * RETAIL, -15 * CENT)
    assert preview_month(community, "2026-06").documents == 0
    propose_decision(dispute, correction=RETAIL, actor=staff[0], reason="half of it was wrong")
    decide(dispute, actor=staff[1], reason="I agree")
    assert due(bill) == bill.total
    issue(community, staff)
    assert note_of(home).total == RETAIL


def test_two_different_people_decide(home: Member, staff: list[User]) -> None:
    dispute = open_dispute(utility_line(home), home, TEXT)
    with pytest.raises(IllegalTransition):
        decide(dispute, actor=staff[1], reason="too early")
    propose_decision(dispute, correction=CENT, actor=staff[0], reason="a rounding")
    with pytest.raises(Refused, match="somebody else"):
        decide(dispute, actor=staff[0], reason="me again")
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.update(state=Dispute.State.UPHELD, decided_by=staff[0])
    with pytest.raises(Refused, match="co-op staff"):
        decide(dispute, actor=User.objects.create_user("guest@co-op.example"), reason="me")
    send_back(dispute, actor=staff[1], reason="not enough")
    propose_decision(dispute, correction=0, actor=staff[1], reason="the reading is right")
    decide(dispute, actor=staff[0], reason="I agree")
    assert dispute.state == Dispute.State.REJECTED
    assert not StatementLine.objects.filter(kind="CORRECTION").exists()
    actions = list(
        ActionLog.objects.filter(action__startswith="dispute").order_by("id").values_list("action", flat=True)
    )
    assert actions == [
        "dispute.open",
        "dispute.propose",
        "dispute.send_back",
        "dispute.propose",
        "dispute.reject",
    ]


def test_nobody_decides_their_own_dispute(home: Member, staff: list[User]) -> None:
    Member.objects.filter(pk=home.pk).update(user=staff[0])
    home.refresh_from_db()
    dispute = open_dispute(utility_line(home), home, TEXT)
    with pytest.raises(Refused, match="your own"):
        propose_decision(dispute, correction=CENT, actor=staff[0], reason="I am right")


@pytest.mark.parametrize("correction", [-CENT, 2 * RETAIL + 1])
def test_a_correction_takes_back_no_more_than_the_line(home: Member, staff: list[User], correction: int) -> None:
    dispute = open_dispute(utility_line(home), home, TEXT)
    with pytest.raises(Refused, match="correction"):
        propose_decision(dispute, correction=correction, actor=staff[0], reason="x")


def test_the_evidence_stays_as_it_was(home: Member) -> None:
    dispute = open_dispute(utility_line(home), home, TEXT)
    SlotReading.objects.filter(point__member=home).update(imported_wh=1, imported_to_mwh=1000)
    dispute.refresh_from_db()
    evidence = dispute.evidence
    assert evidence["readings"][0]["imported_to_mwh"] == 3_000_000
    assert evidence["recomputed"] == {"wh": 2000, "amount": -2 * RETAIL}
    assert evidence["run"]["root_proves_readings"] is True
    assert evidence["transaction"]


def test_a_line_is_disputed_once_by_its_owner(home: Member) -> None:
    line = utility_line(home)
    with pytest.raises(Refused, match="your own statement"):
        open_dispute(line, Member.objects.get(code="sun"), TEXT)
    with pytest.raises(Refused, match="10 to 1000"):
        open_dispute(line, home, "wrong")
    open_dispute(line, home, TEXT)
    with pytest.raises(Refused, match="disputed already"):
        open_dispute(line, home, TEXT)
