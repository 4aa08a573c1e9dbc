from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stelltron.core.models import Community
from stelltron.ledger import journal, journal_walk
from stelltron.ledger.models import Asset, JournalEntry, JournalLine

LINES = [("bank", Asset.WATT, -5), ("member:0198c0de-0000-7000-8000-000000000000", Asset.WATT, 5)]


@pytest.fixture
def booked(community: Community) -> Community:
    for number in range(3):
        journal.post(
            community, "test", f"entry {number}", [("a", Asset.WATT, -number - 1), ("b", Asset.WATT, number + 1)]
        )
    return community


def test_an_entry_that_does_not_balance_is_refused(community: Community) -> None:
    with pytest.raises(ValueError, match="balance"):
        journal.post(community, "test", "x", [("a", Asset.WATT, 5), ("b", Asset.KWH, -5)])


def test_the_database_refuses_it_too(booked: Community) -> None:
    entry = JournalEntry.objects.first()
    account = entry.lines.first().account
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        JournalLine.objects.create(entry=entry, account=account, asset=Asset.WATT, amount=7)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_same_reference_is_booked_once(booked: Community) -> None:
    assert journal.post(booked, "test", "entry 1", [("a", Asset.WATT, -9), ("b", Asset.WATT, 9)]) is None
    assert JournalEntry.objects.count() == 3


@pytest.mark.parametrize(
    "change", ["UPDATE ledger_journalline SET amount = amount * 2", "DELETE FROM ledger_journalentry"]
)
def test_the_journal_is_append_only(booked: Community, change: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_journalline SET amount = amount * 2 WHERE entry_id = (SELECT id FROM ledger_journalentry WHERE number = 2)",
        "UPDATE ledger_journalentry SET kind = 'other' WHERE number = 2",
    ],
)
def test_tampering_behind_the_triggers_is_found(booked: Community, change: str) -> None:
    assert journal_walk.verify(booked).fault is None
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(change)
        cursor.execute("SET session_replication_role = origin")
    assert journal_walk.verify(booked).fault.number == 2


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(1, 10**12)), min_size=1, max_size=8
    )
)
def test_whatever_is_booked_sums_to_zero(community: Community, moves: list[tuple[str, str, int]]) -> None:
    lines = [line for a, b, n in moves for line in ((a, Asset.WATT, -n), (b, Asset.WATT, n))]
    journal.post(community, "test", f"{JournalEntry.objects.count()}", lines)
    assert sum(journal.balances(community).values()) == 0
    assert journal_walk.verify(community).fault is None
