import pytest
from hypothesis import given
from hypothesis import strategies as st

from stelltron.core.units import amount, kwh, money, parse_scaled, split_pro_rata


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), max_size=30))
def test_shares_sum_to_the_total_and_follow_the_weights(total: int, weights: list[int]) -> None:
    shares = split_pro_rata(total, weights)
    whole = sum(weights)
    assert sum(shares) == (total if whole else 0)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * whole - total * weight) < max(whole, 1)
        if total <= whole:
            assert share <= weight


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 2**32))
def test_parts_of_an_amount_never_cost_more_than_the_whole(first: int, second: int, price: int) -> None:
    assert amount(first, price) + amount(second, price) <= amount(first + second, price)


def test_amounts_round_down() -> None:
    assert amount(1, 1999) == 1
    assert amount(1500, 2_800_000) == 4_200_000


@pytest.mark.parametrize("text", ["", "abc", "1e400000", "nan", "inf", "1.2345", "0x10"])
def test_text_that_is_no_exact_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_scaled(text, 1000)


def test_numbers_are_shown_with_their_decimals() -> None:
    assert parse_scaled("1.5", 1000) == 1500
    assert kwh(1_234_567) == "1,234.567"
    assert money(12_345_678_900) == "1,234.56"


def test_nothing_is_written_as_nothing() -> None:
    assert money(0, 7) == "0.0000000"
