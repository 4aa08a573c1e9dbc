"""The seeds' walk-throughs, as a user runs them."""

from __future__ import annotations

import re
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
                "the journal equals the contract",
            ],
        ),
        (
            "alice-bob-charlie",
            [
                "15.000 kWh from Bob at 0.12 = 1.80",
                "10.000 kWh from Alice at 0.15 = 1.50",
                "Charlie paid 3.30 instead of 7.00",
                "the journal equals the contract",
            ],
        ),
        (
            "generator",
            [
                "the bid of Windwell is not chosen",
                "the generator  20,000.00 WATT   funded, being built",
                "Sunworks       20,001.00 WATT",
                "she pays 12.50 WATT and gets an SMS: 50 kWh for meter SL-0001",
                "typed again: this code was used before",
                "paid for 50.000 kWh, dispensed 12.500 kWh",
                "Green Bank is owed 6.4125000 WATT",
                "2,500 units change hands at 1.90 WATT",
                "books and journal equal the contract in every figure",
                "received 13.5000000 = claimed 12.8250000",
            ],
        ),
    ],
)
def test_a_story_ends_with_the_seeds_figures(name: str, shows: list[str]) -> None:
    played = subprocess.run(
        [sys.executable, "manage.py", "story", name], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert played.returncode == 0, played.stderr
    for line in shows:
        assert line in played.stdout
    assert re.search(r"\b[0-9a-f]{64} in ledger \d+", played.stdout)
