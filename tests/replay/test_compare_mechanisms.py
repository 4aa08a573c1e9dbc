from __future__ import annotations

from pathlib import Path

import pytest

from stelltron.core.units import STROOPS
from stelltron.replay.compare import compare
from stelltron.replay.profile import Profile, read_profile

SAMPLE = Path(__file__).parents[2] / "stelltron" / "replay" / "sample"
RETAIL, FEED_IN = 28 * STROOPS // 100, 2 * STROOPS // 100


@pytest.fixture(scope="module")
def fortnight() -> Profile:
    return read_profile(next(SAMPLE.glob("*.csv.gz"))).first_slots(24 * 14).mixed()


def test_who_shares_by_price_is_never_worse_off_and_who_shares_the_bill_may_be(fortnight: Profile) -> None:
    rows = {row["mechanism"]: row for row in compare(fortnight, RETAIL, FEED_IN)}
    for name, row in rows.items():
        if name != "bill_sharing":
            assert row["worse_off"] == 0
            assert row["worst_saving_stroops"] >= 0
    assert rows["bill_sharing"]["worse_off"] > 0
    assert rows["auction"]["traded_wh"] == rows["mid_market"]["traded_wh"] > rows["static_keys"]["traded_wh"] > 0
    assert rows["auction"]["welfare"] == 1.0


def test_what_is_shared_saves_the_same_whatever_its_price(fortnight: Profile) -> None:
    """The community's saving is traded energy times the tariffs' gap, but for the cut fractions of a stroop."""
    for row in compare(fortnight, RETAIL, FEED_IN):
        gap = row["traded_wh"] * (RETAIL - FEED_IN) // 1000
        assert abs(row["saving_stroops"] - gap) < 24 * 14 * 12 * 4
