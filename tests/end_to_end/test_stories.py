"""The seeds' walk-throughs, as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        (
            "sarah-and-mike",
            [
                "5.000 kWh from Sarah at 10.00 = 50.00 WATT, settled",
                "saved 33 %",
                "Mike         50.00 WATT      0.000 kWh",
            ],
        ),
        (
            "alice-bob-charlie",
            [
                "15.000 kWh from Bob at 0.12 = 1.80",
                "10.000 kWh from Alice at 0.15 = 1.50",
                "Charlie paid 3.30 instead of 7.00",
            ],
        ),
    ],
)
def test_a_story_ends_with_the_seeds_figures(name: str, shows: list[str]) -> None:
    played = subprocess.run(
        [sys.executable, "manage.py", "story", name], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert played.returncode == 0, played.stderr
    for line in [*shows, "the journal equals the contract"]:
        assert line in played.stdout
    assert "transaction " in played.stdout
