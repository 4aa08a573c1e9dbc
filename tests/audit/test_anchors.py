"""What the chain was given tells when the end of the books is gone, or when they were written anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from stelltron.audit import anchors
from stelltron.audit.models import Anchor
from stelltron.audit.verification import verify
from stelltron.core.actions import log_action
from stelltron.core.models import Community
from stelltron.ledger import journal
from stelltron.ledger.models import Asset, ChainIntent, ChainTransaction, JournalEntry, JournalLine
from tests.conftest import Chain


@pytest.fixture
def anchored(books: Community, chain: Chain) -> Community:
    anchors.anchor(books)
    chain.settle()
    return books


def problems(community: Community, chain: Chain) -> list[str]:
    return [found.problem for found in verify([community], anchors.on_chain([community], chain.gateway))]


def test_heads_stand_on_the_chain(anchored: Community, chain: Chain) -> None:
    held = anchors.on_chain([anchored], chain.gateway)
    last = JournalEntry.objects.get(number=6)
    assert held["journal:test"] == anchors.Head(6, last.hash)
    assert held["actions:test"].number == 7
    assert ChainTransaction.objects.get(intents__kind=ChainIntent.Kind.DATA).state == ChainTransaction.State.SUCCEEDED
    assert problems(anchored, chain) == ["", "", ""]


def test_books_go_on_after_their_anchor(anchored: Community, chain: Chain) -> None:
    journal.post(anchored, "test", "entry 7", [("bank", Asset.WATT, -7), ("fees", Asset.WATT, 7)])
    log_action("test.act", community=anchored)
    assert problems(anchored, chain) == ["", "", ""]
    anchors.anchor(anchored)
    chain.settle()
    assert anchors.on_chain([anchored], chain.gateway)["journal:test"].number == 7
    assert problems(anchored, chain) == ["", "", ""]


def test_a_cut_end_is_found_even_where_our_own_anchors_are_gone(
    anchored: Community, chain: Chain, behind_the_triggers: Callable[..., None]
) -> None:
    behind_the_triggers(
        "DELETE FROM ledger_journalline WHERE entry_id IN (SELECT id FROM ledger_journalentry WHERE number > 4)",
        "DELETE FROM ledger_journalentry WHERE number > 4",
        "DELETE FROM audit_seal WHERE number > 6",
        "DELETE FROM core_actionlog WHERE target = 'thing 6'",
        "DELETE FROM audit_anchor",
    )
    assert problems(anchored, chain) == [
        "entry 5 is missing: 6 of them were anchored, 4 are left",
        "action 7 is missing: 7 of them were anchored, 6 are left",
        "",
    ]


def test_books_written_anew_with_all_their_hashes_are_found(
    books: Community, chain: Chain, behind_the_triggers: Callable[..., None]
) -> None:
    anchors.anchor(books)
    journal.post(books, "test", "entry 7", [("bank", Asset.WATT, -7), ("fees", Asset.WATT, 7)])
    journal.post(books, "test", "entry 8", [("bank", Asset.WATT, -8), ("fees", Asset.WATT, 8)])
    anchors.anchor(books)
    chain.settle()
    behind_the_triggers("UPDATE ledger_journalline SET amount = amount * 2 WHERE abs(amount) = 7")
    _reseal(books, behind_the_triggers)
    assert problems(books, chain)[0] == "entry 8 is not what was anchored: something was written anew in 7 to 8"
    behind_the_triggers("DELETE FROM audit_anchor")
    assert problems(books, chain)[0] == "entry 8 is not what was anchored: something was written anew in 1 to 8"


def _reseal(community: Community, behind_the_triggers: Callable[..., None]) -> None:
    """As somebody would who knows how the journal is sealed."""
    previous = journal.GENESIS
    for entry in JournalEntry.objects.filter(community=community).order_by("number"):
        lines = JournalLine.objects.filter(entry=entry).values_list("account__code", "asset", "amount")
        entry.previous_hash = previous
        previous = journal.seal(entry, list(lines))
        behind_the_triggers(
            f"UPDATE ledger_journalentry SET previous_hash = '{entry.previous_hash}', hash = '{previous}'"
            f" WHERE number = {entry.number}"
        )


def test_what_we_say_we_anchored_must_be_there(anchored: Community) -> None:
    found = list(verify([anchored], {}))
    assert found[0].problem == "nothing is on the chain, and 6 rows were anchored there"


def test_an_anchor_passes_settlements_that_wait(books: Community, chain: Chain) -> None:
    ChainIntent.objects.create(
        community=books, kind=ChainIntent.Kind.SETTLE, key="settle:waits", slot=1, section=b"", group=1
    )
    anchors.anchor(books)
    chain.submitter.step()
    assert ChainIntent.objects.get(kind=ChainIntent.Kind.DATA).state == ChainIntent.State.SENT


def test_a_day_old_anchor_is_due_and_a_failed_one_at_once(
    books: Community, contracts: None, behind_the_triggers: Callable[..., None]
) -> None:
    assert anchors.anchor_due() == 1
    assert anchors.anchor_due() == 0
    behind_the_triggers(f"UPDATE audit_anchor SET made_at = '{datetime.now(UTC) - timedelta(hours=25)}'")
    assert anchors.anchor_due() == 1
    assert anchors.anchor_due() == 0
    ChainIntent.objects.filter(kind=ChainIntent.Kind.DATA).update(state=ChainIntent.State.FAILED)
    assert anchors.anchor_due() == 1
    assert Anchor.objects.filter(book=Anchor.Book.JOURNAL).count() == 3


def test_the_command_ends_with_1_and_names_the_row(
    anchored: Community, behind_the_triggers: Callable[..., None]
) -> None:
    said = StringIO()
    call_command("verify", stdout=said)
    assert said.getvalue().splitlines()[0].startswith("test journal: 6 rows as they were written, anchored up to 6")
    behind_the_triggers("UPDATE core_actionlog SET target = 'thing 9' WHERE target = 'thing 1'")
    said = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify", "--community", "test", "--json", stdout=said)
    assert left.value.code == 1
    found: list[dict[str, Any]] = json.loads(said.getvalue())
    assert [one["number"] for one in found] == [None, 2, None]
    assert found[1]["problem"] == "action 2 is not what was sealed"
