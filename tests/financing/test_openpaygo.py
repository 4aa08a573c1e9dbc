"""Codes against the published vector, and a meter that cannot be fooled with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financing.metering.openpaygo import LARGEST_VALUE, Acceptor, CodeRefused, issue, siphash

KEY, START = bytes.fromhex("bc41ec9530f6dac86b1a29ab82edc5fb"), 516_959_010
OTHER = bytes.fromhex("a29ab82edc5fbbc41ec9530f6dac86b1")


def codes(*values: int, key: bytes = KEY) -> list[str]:
    count, made = 1, []
    for value in values:
        code, count = issue(key, START, count, value)
        made.append(code)
    return made


def test_siphash_gives_the_published_value() -> None:
    assert siphash(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5


def test_a_code_is_the_published_one() -> None:
    assert issue(KEY, START, 3, 1) == ("302249011", 4)


def test_a_code_is_taken_once() -> None:
    meter = Acceptor(KEY, START)
    code = codes(25)[0]
    assert meter.enter(f"{code[:3]} {code[3:6]} {code[6:]}", 0) == 25
    with pytest.raises(CodeRefused, match="used before"):
        meter.enter(code, 0)


def test_codes_may_come_in_another_order_but_not_far_too_late() -> None:
    meter = Acceptor(KEY, START)
    # As many as a village buys, and only some of them typed at once.
    made = codes(*range(1, 301))
    assert meter.enter(made[5], 0) == 6
    assert meter.enter(made[2], 0) == 3
    assert meter.enter(made[255], 0) == 256
    assert meter.enter(made[44], 0) == 45
    assert meter.enter(made[299], 0) == 300
    with pytest.raises(CodeRefused, match="too old"):
        meter.enter(made[0], 0)
    with pytest.raises(CodeRefused, match="too old"):
        meter.enter(made[5], 0)
    with pytest.raises(CodeRefused, match="used before"):
        meter.enter(made[44], 0)


def test_a_code_for_another_meter_is_refused() -> None:
    with pytest.raises(CodeRefused, match="not a code of this meter"):
        Acceptor(KEY, START).enter(codes(25, key=OTHER)[0], 0)


@pytest.mark.parametrize("typed", ["", "12345678", "12345678x", "1234567890"])
def test_what_is_no_code_is_said_without_counting_as_a_guess(typed: str) -> None:
    meter = Acceptor(KEY, START)
    with pytest.raises(CodeRefused, match="nine digits"):
        meter.enter(typed, 0)
    assert meter.wrong == 0


def test_who_tries_codes_waits() -> None:
    meter, right = Acceptor(KEY, START), codes(25)[0]
    for wrong in ("111111111", "222222222", "333333333", "444444444", "555555555"):
        with pytest.raises(CodeRefused, match="not a code"):
            meter.enter(wrong, 1000)
    with pytest.raises(CodeRefused, match="wait"):
        meter.enter(right, 1899)
    assert meter.enter(right, 1900) == 25


@given(st.lists(st.integers(1, LARGEST_VALUE), min_size=1, max_size=12), st.binary(min_size=16, max_size=16))
def test_a_meter_gets_what_was_issued(values: list[int], key: bytes) -> None:
    meter = Acceptor(key, START)
    assert [meter.enter(code, 0) for code in codes(*values, key=key)] == values


@pytest.mark.parametrize("value", [0, -1, LARGEST_VALUE + 1])
def test_values_have_bounds(value: int) -> None:
    with pytest.raises(ValueError, match="1 to 995"):
        issue(KEY, START, 1, value)
