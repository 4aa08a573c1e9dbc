"""A parameter that no house's contract would take is refused where it is declared, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from stelltron.core.parameters import LONGEST_KEY, LONGEST_UNIT, REGISTRY, declare

SOUND: dict[str, Any] = {"unit": "days", "default": 5, "lowest": 1, "highest": 9, "help": "x"}


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("k" * (LONGEST_KEY + 1), {}),
        ("test.unit", {"unit": "u" * (LONGEST_UNIT + 1)}),
        ("test.default", {"default": 10}),
    ],
)
def test_what_the_contract_would_refuse_is_refused_here(key: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not as the contract takes one"):
        declare(key, **{**SOUND, **wrong})
    assert key not in REGISTRY
