"""Monthly documents: numbered without gaps, unchangeable, and what comes later has a note of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from devices.models import SlotReading
from market.billing import bill_files
from market.billing.bills import due, issue_month, lines_of_bill, post_month, preview_month
from market.models import Bill, BillLine, BillNumber, StatementLine
from market.resettlement.late import settle_late
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.members.models import Member, Notice, User
from tests.conftest import CENT, RETAIL, START, Chain
from tests.market.test_clearing import close, reading
from tests.market.test_late_readings import late

Kind = StatementLine.Kind


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create_superuser("office@co-op.example")


@pytest.fixture
def june(trader: Callable, community: Community, chain: Chain) -> tuple[Member, Member]:
    """A settled June in Vienna, where the month ends two hours before it does in UTC; July has begun."""
    Community.objects.update(time_zone="Europe/Vienna")
    sun, home = trader("sun"), trader("home")
    reading(sun, exported=3000)
    reading(home, imported=1000)
    last_hour = START.replace(day=30, hour=21)
    reading(home, imported=2000, slot=last_hour)
    reading(home, imported=4000, slot=last_hour + timedelta(hours=1))
    close(community, hours=30 * 24)
    chain.settle()
    community.refresh_from_db()
    return sun, home


def issue(community: Community, office: User, month: str = "2026-06") -> int:
    return issue_month(community, month, actor=office, reason="month end")


def test_a_month_is_issued_to_all_its_members_with_numbers_in_a_row(
    june: tuple[Member, Member], community: Community, office: User
) -> None:
    prepared = preview_month(community, "2026-06", actor=office, reason="look")
    assert (prepared.documents, prepared.notes) == (2, 0)
    assert prepared.kinds[Kind.UTILITY_IMPORT] == (2000, -2 * RETAIL)
    assert issue(community, office) == 2
    sun, home = june
    own, other = Bill.objects.get(member=home), Bill.objects.get(member=sun)
    assert (own.number, other.number) == ("2026-000001", "2026-000002")
    assert {line.kind: (line.wh, line.amount) for line in own.lines.all()} == {
        Kind.COMMUNITY_PURCHASE: (1000, -15 * CENT),
        Kind.UTILITY_IMPORT: (2000, -2 * RETAIL),
    }
    assert own.total == -15 * CENT - 2 * RETAIL
    for bill in (own, other):
        assert lines_of_bill(bill).aggregate(total=Sum("amount"))["total"] == bill.total == due(bill)
    assert ActionLog.objects.get(action="bills.issue").details["last"] == "2026-000002"


def test_every_line_of_every_month_is_in_exactly_one_document(
    june: tuple[Member, Member], community: Community, office: User, chain: Chain
) -> None:
    issue(community, office)
    late(june[1], imported=77)
    settle_late(community)
    chain.settle()
    issue(community, office)
    Community.objects.update(data_time=START + timedelta(days=62))
    community.refresh_from_db()
    issue(community, office, "2026-07")
    seen = [pk for bill in Bill.objects.all() for pk in lines_of_bill(bill).values_list("pk", flat=True)]
    assert sorted(seen) == sorted(StatementLine.objects.values_list("pk", flat=True))
    assert sum(Bill.objects.values_list("total", flat=True)) == sum(
        StatementLine.objects.values_list("amount", flat=True)
    )


def test_what_arrives_after_posting_becomes_a_credit_note_that_names_the_original(
    june: tuple[Member, Member], community: Community, office: User, chain: Chain
) -> None:
    _sun, home = june
    issue(community, office)
    post_month(community, "2026-06", actor=office, reason="out")
    original = Bill.objects.get(member=home)
    notice = Notice.objects.get(member=home, kind=Notice.Kind.STATEMENT_READY)
    assert original.number in notice.text
    before = list(original.lines.values())
    late(home, exported=300)
    settle_late(community)
    with pytest.raises(Refused, match="not settled"):
        issue(community, office)
    chain.settle()
    assert issue(community, office) == 1
    note = Bill.objects.get(kind=Bill.Kind.CREDIT_NOTE)
    assert (note.member, note.original, note.number) == (home, original, "2026-000003")
    assert note.total == 300 * 2 * CENT // 1000
    assert list(original.lines.values()) == before
    with pytest.raises(Refused, match="no lines that are not in a document"):
        issue(community, office)


def test_a_refused_issue_uses_up_no_number(june: tuple[Member, Member], community: Community, office: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        issue(community, office)
        raise ZeroDivisionError
    assert not BillNumber.objects.exists()
    issue(community, office)
    assert sorted(Bill.objects.values_list("sequence", flat=True)) == [1, 2]


def test_a_month_that_is_not_over_or_not_settled_is_only_previewed(
    june: tuple[Member, Member], community: Community, office: User
) -> None:
    assert preview_month(community, "2026-07").documents == 1
    with pytest.raises(Refused, match="the month ends"):
        issue(community, office, "2026-07")
    reading(june[1], imported=1, slot=START + timedelta(hours=1))
    with pytest.raises(Refused, match="2026-06-01 13:00 UTC on are not cleared"):
        issue(community, office)
    SlotReading.objects.filter(state=SlotReading.State.OPEN).delete()
    # What was measured before the first tariff waits for ever and holds nothing up.
    reading(june[1], imported=1, slot=START - timedelta(days=20))
    late(june[1], imported=1)
    with pytest.raises(Refused, match="1 late readings"):
        issue(community, office)
    assert preview_month(community, "2026-06").documents == 2
    assert preview_month(community, "2026-06").documents == 2
    assert Bill.objects.filter(month=date(2026, 6, 1)).count() == 2


def test_the_database_keeps_final_documents_as_they_are(
    june: tuple[Member, Member], community: Community, office: User
) -> None:
    issue(community, office)
    bill = Bill.objects.first()
    broken: list[Callable[[], object]] = [
        lambda: Bill.objects.filter(pk=bill.pk).update(total=0),
        lambda: Bill.objects.filter(pk=bill.pk).update(state=Bill.State.PREVIEW, year=None, sequence=None),
        lambda: Bill.objects.filter(pk=bill.pk).update(state=Bill.State.POSTED, total=0),
        lambda: Bill.objects.filter(pk=bill.pk).delete(),
        lambda: BillLine.objects.filter(bill=bill).update(amount=0),
        lambda: BillLine.objects.filter(bill=bill).delete(),
        lambda: BillLine.objects.create(bill=bill, kind=Kind.TAX, wh=0, amount=0),
    ]
    for act in broken:
        with pytest.raises(DatabaseError, match="final"), transaction.atomic():
            act()
    preview_month(community, "2026-07")
    july = Bill.objects.get(state=Bill.State.PREVIEW)
    with pytest.raises(DatabaseError, match="does not add up"), transaction.atomic():
        Bill.objects.filter(pk=july.pk).update(
            state=Bill.State.FINAL, year=2026, sequence=9, issued_at=START, total=july.total + 1
        )


def test_the_files_say_what_the_document_says(june: tuple[Member, Member], community: Community, office: User) -> None:
    home = june[1]
    Member.objects.filter(pk=home.pk).update(name="Łukasz Şen")
    issue(community, office)
    bill = Bill.objects.select_related("community", "member").get(member=home)
    rows = io.StringIO()
    bill_files.write_csv(bill, rows)
    told = list(csv.reader(io.StringIO(rows.getvalue())))
    assert [row[3] for row in told[1:-1]] == ["2026-06-01 14:00", "2026-06-30 23:00"]
    assert told[-1][-1] == "-0.7100000"
    drawn = bill_files.pdf(bill)
    assert drawn.startswith(b"%PDF")
    assert drawn == bill_files.pdf(bill)
