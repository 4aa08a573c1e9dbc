"""The replay command as a user runs it: a scratch instance, real processes, a report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stelltron.replay.management.commands.replay import shortcomings

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "stelltron" / "replay" / "sample" / "homes.csv.gz"
HEADER = "home_id,start_utc,minutes,generation_kwh,consumption_kwh\n"


def replay(folder: Path, *arguments: str, timeout: int = 600) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "replay", *arguments, "--data", str(folder / "scratch")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


def three_homes(folder: Path) -> Path:
    """Quarter hours: one home exports, one imports, a third misses intervals and does both."""
    rows = []
    for slot in range(12):
        start = f"2026-03-0{1 + slot // 8}T{10 + slot % 8 // 4}:{slot % 4 * 15:02}:00Z"
        rows.append(f"north,{start},15,{1 + slot / 10:.4f},0.25")
        rows.append(f"south,{start},15,0,{0.8 + slot / 20:.4f}")
        if slot not in (3, 4, 9):
            rows.append(f"west,{start},15,{0.6 if slot % 2 else 0},0.3333")
    path = folder / "homes.csv"
    path.write_text(HEADER + "\n".join(reversed(rows)) + "\n")
    return path


def expected(path: Path) -> tuple[float, float]:
    """Most that can be traded, and the saving at full trade with 40 and 5 cents, straight from the file."""
    surplus: dict[str, float] = {}
    deficit: dict[str, float] = {}
    for line in path.read_text().splitlines()[1:]:
        _, start, _, generation, consumption = line.split(",")
        net = float(generation) - float(consumption)
        side = surplus if net > 0 else deficit
        side[start] = side.get(start, 0) + abs(net)
    bound = sum(min(surplus.get(start, 0), deficit.get(start, 0)) for start in surplus)
    return bound, bound * 0.35


def test_any_file_of_the_form_is_replayed_to_its_bound(tmp_path: Path) -> None:
    path = three_homes(tmp_path)
    report = tmp_path / "report.json"
    done = replay(tmp_path, str(path), "--retail", "40", "--feed-in", "5", "--report", str(report))
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    bound, saving = expected(path)
    assert figures["slots"] == 12
    assert figures["homes"] == 3
    assert figures["traded_kwh"] <= bound
    assert figures["traded_kwh"] == pytest.approx(bound, rel=0.002)
    assert figures["saving"] == pytest.approx(saving, rel=0.003)
    assert figures["home_saving_min"] > 0
    assert figures["transactions"] > 0
    assert figures["stroops_per_trade"] > 0
    for key in ("conservation_wh", "conservation_stroops", "unsettled", "quarantined"):
        assert figures[key] == 0, key
    assert figures["journal_equals_chain"] is True
    assert not (tmp_path / "scratch").exists()


def test_banked_surplus_raises_the_traded_energy_and_still_balances(tmp_path: Path) -> None:
    done = replay(tmp_path, str(SAMPLE), "--slots", "48", "--banking", "24")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["conservation_wh"] == figures["conservation_stroops"] == figures["unsettled"] == 0
    assert figures["journal_equals_chain"] is True
    assert figures["saving"] > 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER + "h1,2026-01-01T00:00:00Z,15,-1,0\n", "negative_energy"),
        ("a,b\n", "missing_column"),
    ],
)
def test_a_bad_file_starts_nothing(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    done = replay(tmp_path, str(path))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "scratch").exists()


def test_an_incomplete_replay_is_no_success() -> None:
    whole = {"slots": 12, "unsettled": 0, "quarantined": 0}
    assert shortcomings(whole, 12) == []
    assert shortcomings({**whole, "slots": 11}, 12) == ["11 of the file's 12 slots were cleared"]
    assert shortcomings({**whole, "unsettled": 2}, 12) == ["2 slots or intents are not settled"]
    assert shortcomings({**whole, "quarantined": 3}, 12) == ["3 messages were refused"]


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    done = replay(tmp_path, str(SAMPLE), "--resume")
    assert done.returncode == 1
    assert "without --resume" in done.stderr
