"""What somebody with the database's password changes is found, and named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from stelltron.audit import action_walk
from stelltron.audit.models import Seal, Unsealed
from stelltron.audit.sealing import seal_all
from stelltron.core.actions import log_action
from stelltron.core.models import ActionLog, Community
from stelltron.ledger import journal, journal_walk
from stelltron.ledger.models import Asset, JournalEntry

ENTRY = "(SELECT id FROM ledger_journalentry WHERE number = {})"


@pytest.mark.parametrize(
    ("statements", "number", "said"),
    [
        (
            [f"UPDATE ledger_journalline SET amount = amount * 2 WHERE amount > 0 AND entry_id = {ENTRY.format(3)}"],
            3,
            "entry 3 is not what was sealed: its lines no longer sum to zero (WATT by +3)",
        ),
        (
            [f"UPDATE ledger_journalline SET amount = amount * 2 WHERE entry_id = {ENTRY.format(3)}"],
            3,
            "entry 3 is not what was sealed",
        ),
        (["UPDATE ledger_journalentry SET reference = 'other' WHERE number = 5"], 5, "entry 5 is not what was sealed"),
        (["DELETE FROM ledger_journalentry WHERE number = 4"], 4, "entry 4 is missing"),
        (["DELETE FROM ledger_journalentry WHERE number = 1"], 1, "entry 1 is missing"),
        (
            [
                "UPDATE ledger_journalentry SET number = -2 WHERE number = 2",
                "UPDATE ledger_journalentry SET number = 2 WHERE number = 3",
                "UPDATE ledger_journalentry SET number = 3 WHERE number = -2",
            ],
            2,
            "entry 2 was sealed after another one than entry 1: one of them was moved or replaced",
        ),
        (
            [f"DELETE FROM ledger_journalline WHERE entry_id = {ENTRY.format(6)}"],
            6,
            "entry 6 is not what was sealed",
        ),
    ],
)
def test_the_first_tampered_entry_is_named(
    books: Community, behind_the_triggers: Callable[..., None], statements: list[str], number: int, said: str
) -> None:
    assert journal_walk.verify(books).rows == 6
    behind_the_triggers(*statements)
    fault = journal_walk.verify(books).fault
    assert fault is not None
    assert (fault.number, fault.what) == (number, said)


def test_text_of_any_kind_verifies(community: Community) -> None:
    odd = 'Zoë "£5" \\ \x7f \n 日本 😀'
    journal.post(community, odd, odd, [(odd, Asset.WATT, -5), ("b", Asset.WATT, 5)])
    assert journal_walk.verify(community).fault is None


@pytest.mark.parametrize(
    ("statements", "number", "said"),
    [
        (
            ["UPDATE core_actionlog SET details = '{\"amount\": 9}' WHERE target = 'thing 2'"],
            3,
            "action 3 is not what was sealed",
        ),
        (
            ["UPDATE core_actionlog SET reason = 'no reason' WHERE target = 'thing 2'"],
            3,
            "action 3 is not what was sealed",
        ),
        (
            ["UPDATE core_actionlog SET action = 'test.other' WHERE target = 'thing 4'"],
            5,
            "action 5 is not what was sealed",
        ),
        (["DELETE FROM core_actionlog WHERE target = 'thing 5'"], 6, "action 6 is missing"),
        (["DELETE FROM audit_seal WHERE number = 4"], 4, "action 4 is missing"),
        (
            [
                "UPDATE audit_seal SET number = -2 WHERE number = 2",
                "UPDATE audit_seal SET number = 2 WHERE number = 3",
                "UPDATE audit_seal SET number = 3 WHERE number = -2",
            ],
            2,
            "action 2 was sealed after another one than action 1: one of them was moved or replaced",
        ),
        (
            ["UPDATE core_actionlog SET reason = '(erased)', details = '{}' WHERE target = 'thing 2'"],
            3,
            "action 3 is not what was sealed",
        ),
    ],
)
def test_the_first_changed_action_is_named(
    books: Community, behind_the_triggers: Callable[..., None], statements: list[str], number: int, said: str
) -> None:
    assert action_walk.verify(books.pk).rows == 7
    behind_the_triggers(*statements)
    fault = action_walk.verify(books.pk).fault
    assert fault is not None
    assert (fault.number, fault.what) == (number, said)


def test_an_action_written_past_the_log_is_found(books: Community, behind_the_triggers: Callable[..., None]) -> None:
    behind_the_triggers(
        "INSERT INTO core_actionlog (at, community_id, action, target, reason, details)"
        " SELECT now(), community_id, 'member.kyc', 'sarah', '', '{}' FROM core_actionlog WHERE target = 'thing 1'"
    )
    assert "has no seal" in action_walk.verify(books.pk).fault.what


def test_a_cut_end_of_the_log_is_found_by_its_rows_without_seals(
    books: Community, behind_the_triggers: Callable[..., None]
) -> None:
    behind_the_triggers("DELETE FROM audit_seal WHERE number > 5")
    assert "has no seal" in action_walk.verify(books.pk).fault.what


def test_an_action_removed_before_its_seal_is_found(books: Community, behind_the_triggers: Callable[..., None]) -> None:
    gone = log_action("test.act", community=books)
    behind_the_triggers(f"DELETE FROM core_actionlog WHERE id = {gone.pk}")
    seal_all()
    assert action_walk.verify(books.pk).fault.what == f"action with id {gone.pk} was removed before it was sealed"


def test_an_action_that_nobody_seals_is_a_fault(books: Community) -> None:
    late = log_action("test.act", community=books)
    assert action_walk.verify(books.pk).fault is None
    Unsealed.objects.filter(pk=late.pk).update(since="2026-01-01T00:00Z")
    assert "waits for its seal since 2026-01-01" in action_walk.verify(books.pk).fault.what
    assert seal_all() == 1
    assert action_walk.verify(books.pk).fault is None


def test_communities_have_chains_of_their_own(books: Community) -> None:
    other = Community.objects.create(slug="other", name="Other")
    for community in (other, None, books, other, None):
        log_action("test.act", community=community)
    seal_all()
    assert list(Seal.objects.filter(community=other).order_by("number").values_list("number", flat=True)) == [1, 2]
    assert list(Seal.objects.filter(community=None).order_by("number").values_list("number", flat=True)) == [1, 2]
    for community_id in (books.pk, other.pk, None):
        assert action_walk.verify(community_id).fault is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core_actionlog SET reason = '(erased)', details = '{}'",
        "UPDATE core_actionlog SET reason = 'x'",
        "DELETE FROM core_actionlog",
        "UPDATE audit_seal SET salt = NULL",
        "UPDATE audit_seal SET hash = words",
        "DELETE FROM audit_seal",
    ],
)
def test_the_log_and_its_seals_only_grow(books: Community, change: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert ActionLog.objects.filter(community=books).count() == Seal.objects.filter(community=books).count()
    assert JournalEntry.objects.count() == 6
