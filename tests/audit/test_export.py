"""What auditors get: complete, hashed, and enough to check every hash again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from devices.models import MeteringPoint, SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from market.models import Tariff
from stelltron.audit.export import archive as writing
from stelltron.audit.export.archive import TABLES, write_archive
from stelltron.audit.export.period import Period
from stelltron.bank import jurisdictions
from stelltron.bank.rules import RULES
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.core.parameters import schedule
from stelltron.core.units import split_pro_rata
from stelltron.ledger.models import Asset, Holding, Seat
from stelltron.members.models import Member
from stelltron.members.services import make_staff
from tests.admin.conftest import reading
from tests.conftest import CENT, START, mandate

TODAY = datetime.now(UTC).date()


@pytest.fixture
def market_day(books: Community, new_member: Callable[..., Member]) -> Community:
    """One cleared slot: Sarah sells to Mike, who has two points, and to Zoe."""
    for at, (code, exported, imported) in enumerate((("sarah", 3001, 0), ("mike", 0, 1500), ("zoe", 0, 3000))):
        member = new_member(code)
        Seat.objects.create(member=member, index=at)
        Holding.objects.create(member=member, asset=Asset.WATT, available=1000 * CENT)
        given = mandate(member)
        type(given).objects.filter(pk=given.pk).update(state=given.State.ACTIVE)
        reading(books, member, exported_wh=exported, imported_wh=imported)
    mike = Member.objects.get(code="mike")
    second = MeteringPoint.objects.create(community=books, member=mike, code="mike-barn")
    SlotReading.objects.create(
        community=books,
        point=second,
        slot=START - timedelta(hours=1),
        exported_wh=0,
        imported_wh=500,
        exported_from_mwh=0,
        exported_to_mwh=0,
        imported_from_mwh=0,
        imported_to_mwh=500_000,
    )
    assert close_due_slots(books) == 1
    return books


def archive(community: Community, first: date, last: date) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    file = io.BytesIO()
    write_archive(file, Period(community, first, last), actor=None, reason="the yearly audit")
    opened = zipfile.ZipFile(file)
    return opened, json.loads(opened.read("manifest.json"))


def table(opened: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(opened.read(name).decode())))


def test_the_manifest_lists_every_file_with_its_hash(market_day: Community) -> None:
    opened, manifest = archive(market_day, START.date(), TODAY)
    assert set(opened.namelist()) == {*TABLES, "manifest.json"}
    for name, file in manifest["files"].items():
        content = opened.read(name)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
        assert len(table(opened, name)) == file["rows"]
    assert ActionLog.objects.get(action="books.export").reason == "the yearly audit"


def test_an_auditor_recomputes_every_hash_from_the_files_alone(books: Community) -> None:
    opened, manifest = archive(books, TODAY - timedelta(days=1), TODAY)
    heads = {head["book"]: head["hash"] for head in manifest["heads"]}

    entries: dict[int, list[dict[str, str]]] = defaultdict(list)
    for line in table(opened, "journal.csv"):
        entries[int(line["number"])].append(line)
    previous = "0" * 64
    for number in sorted(entries):
        first = entries[number][0]
        lines = sorted([line["account"], line["asset"], int(line["amount"])] for line in entries[number])
        content = [
            previous, str(books.pk), number, first["kind"], first["reference"], first["transaction"],
            first["posted_at"], lines,
        ]  # fmt: skip
        previous = _hash(content)
        assert previous == first["hash"]
    assert previous == heads["journal"]

    previous = "0" * 64
    for row in (one for one in table(opened, "actions.csv") if one["chain"] == books.slug):
        words = hashlib.sha256(bytes.fromhex(row["salt"]) + _canonical([row["reason"], row["details"]])).hexdigest()
        actor = int(row["actor"]) if row["actor"] else None
        content = [
            previous, str(books.pk), int(row["number"]), int(row["id"]), row["at"], actor, row["action"],
            row["target"], words,
        ]  # fmt: skip
        previous = _hash(content)
        assert previous == row["hash"]
    assert previous == heads["actions"]


def _canonical(content: list[Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _hash(content: list[Any]) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def test_allocation_splits_a_slot_among_points_to_the_last_wh(market_day: Community) -> None:
    opened, _ = archive(market_day, START.date(), START.date())
    rows = {row["point"]: row for row in table(opened, "allocation.csv")}
    assert rows["sarah"]["given_wh"] == "3001" and rows["sarah"]["given_millionths"] == "1000000"
    received = {code: int(row["received_wh"]) for code, row in rows.items()}
    assert sum(received.values()) == 3001
    house, barn = received["mike"], received["mike-barn"]
    assert [house, barn] == split_pro_rata(house + barn, [1500, 500])
    assert house + barn + received["zoe"] == 3001 and barn > 0
    assert all(int(row["received_wh"]) <= int(row["imported_wh"]) for row in rows.values())
    assert sum(int(row["received_millionths"]) for row in rows.values()) == 1_000_000
    lines = table(opened, "statement-lines.csv")
    bought = sum(int(line["wh"]) for line in lines if line["kind"] == "COMMUNITY_PURCHASE")
    assert bought == 3001


def test_only_the_period_is_in_it(market_day: Community) -> None:
    opened, _ = archive(market_day, START.date() + timedelta(days=1), START.date() + timedelta(days=2))
    assert table(opened, "allocation.csv") == table(opened, "statement-lines.csv") == table(opened, "journal.csv") == []


def test_rules_in_force_are_there_with_their_changes(books: Community) -> None:
    day = START.date()
    for days, name in ((-40, "older"), (-20, "last month's"), (1, "tomorrow's"), (9, "later")):
        Tariff.objects.create(
            community=books, name=name, plan="green", retail=9, feed_in=1, valid_from=START + timedelta(days=days)
        )
    schedule(books, parameters.GRACE_SECONDS, 60, START + timedelta(days=1), "slower meters")
    opened, _ = archive(books, day, day + timedelta(days=2))
    green = {row["tariff"] for row in table(opened, "tariffs.csv") if row["plan"] == "green"}
    assert green == {"last month's", "tomorrow's"}
    key = parameters.GRACE_SECONDS.key
    assert [row["value"] for row in table(opened, "parameters.csv") if row["key"] == key] == ["0", "60"]


def test_an_export_holds_little_in_memory(books: Community) -> None:
    """No table is collected before it is written: most of a long one is in the file before its last row is made."""
    seen: list[int] = []

    def endless(period: Period) -> Any:
        yield ("n",)
        for n in range(100_000):
            yield (n,)
            if n == 99_999:
                seen.append(written.tell())

    written = io.BytesIO()
    original = dict(writing.TABLES)
    writing.TABLES["numbers.csv"] = endless
    try:
        write_archive(written, Period(books, TODAY, TODAY), actor=None, reason="test")
    finally:
        writing.TABLES.clear()
        writing.TABLES.update(original)
    assert seen[0] > 100_000


def test_a_period_that_ends_before_it_begins_is_refused(books: Community) -> None:
    with pytest.raises(Refused, match="earlier day first"):
        Period(books, date(2026, 6, 2), date(2026, 6, 1))


def test_the_command_writes_the_file_or_nothing(books: Community, tmp_path: Path) -> None:
    wanted = tmp_path / "june.zip"
    with pytest.raises(CommandError, match="earlier day"):
        call_command("export_books", "test", "2026-06-02", "2026-06-01", str(wanted), "--reason", "audit")
    assert list(tmp_path.iterdir()) == []
    call_command(
        "export_books", "test", "2026-06-01", "2026-06-30", str(wanted), "--reason", "audit", stdout=io.StringIO()
    )
    assert [path.name for path in tmp_path.iterdir()] == ["june.zip"]
    assert zipfile.ZipFile(wanted).testzip() is None


def test_the_rules_of_the_jurisdiction_are_in_it_with_who_decided(books: Community) -> None:
    first, second = (make_staff(f"{who}@co-op.example", "correct horse", "Treasury") for who in ("first", "second"))
    day = books.today()
    for code, after in (("US", 2), ("", 5)):
        made = jurisdictions.propose_adoption(
            books, code, day + timedelta(days=after), actor=first, reason="registered there"
        )
        jurisdictions.accept(made, actor=second, reason="seen the register")
    rows = table(archive(books, day, day + timedelta(days=9))[0], "rules.csv")
    limit = next(row for row in rows if row["rule"] == "basic_payment_limit")
    assert (limit["from_day"], limit["jurisdiction"], limit["version"]) == (str(day + timedelta(days=2)), "US", "1")
    assert (limit["value"], limit["unit"], limit["currency"]) == ("3000", "WATT", "USD")
    assert (limit["adopted_by"], limit["adoption_accepted_by"]) == (str(first.pk), str(second.pk))
    assert "31 CFR" in limit["source"]
    assert {row["rule"] for row in rows} == {*RULES, "identity_fields", ""}
    assert (rows[-1]["from_day"], rows[-1]["jurisdiction"]) == (str(day + timedelta(days=5)), "")
    later = table(archive(books, day + timedelta(days=3), day + timedelta(days=4))[0], "rules.csv")
    assert {row["from_day"] for row in later} == {str(day + timedelta(days=3))}
    assert table(archive(books, day, day + timedelta(days=1))[0], "rules.csv") == []
