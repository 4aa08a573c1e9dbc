"""What the rules of a jurisdiction are about, and between which bounds; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stelltron.core.errors import Refused

MOST = 1_000_000_000
# What an identity check may ask for (SEP-9 names), in the order it is asked.
FIELDS = {
    "first_name": "given name",
    "last_name": "family name",
    "email_address": "e-mail address",
    "address": "street, number and place",
    "birth_date": "date of birth, YYYY-MM-DD",
    "id_number": "number of an identity card or passport",
}


@dataclass(frozen=True)
class Rule:
    """``tighter`` of two values is the one that asks more of the money."""

    key: str
    unit: str
    tighter: Callable[[int, int], int]
    lowest: int
    highest: int
    says: str


def _limits() -> list[Rule]:
    return [
        Rule(f"{level}_{span}_limit", "WATT", min, 0, MOST, f"{said} with the {level} clearance, in and out each")
        for level in ("basic", "full")
        for span, said in (("payment", "one payment"), ("day", "within a day"), ("month", "within 30 days"))
    ]


RULES = {
    rule.key: rule
    for rule in (
        *_limits(),
        Rule("velocity", "payments", min, 1, 1_000, "in a day, in or out; one more opens a case"),
        Rule(
            "structuring_count",
            "payments",
            min,
            2,
            100,
            "just under a limit, or together under the month's, that open a case",
        ),
        Rule("structuring_percent", "%", min, 50, 99, "of a limit from which on payments are just under it"),
        Rule(
            "retention_years",
            "years",
            max,
            0,
            30,
            "that what an identity check rests on is kept after the last payment",
        ),
        Rule("cooling_off_days", "days", max, 0, 90, "in which a financier takes a stake back"),
    )
}


def read(values: object) -> dict[str, int]:
    """A complete set. Raises Refused with the rule that is wrong."""
    if not isinstance(values, dict) or set(values) != set(RULES):
        raise Refused("rules_incomplete", f"give each of these rules a value, and no other: {', '.join(RULES)}")
    for key, value in values.items():
        rule = RULES[key]
        if not isinstance(value, int) or isinstance(value, bool) or not rule.lowest <= value <= rule.highest:
            raise Refused(
                "rule_out_of_bounds", f"{key} is a whole number of {rule.lowest:,} to {rule.highest:,} {rule.unit}"
            )
    for level in ("basic", "full"):
        payment, day, month = (values[f"{level}_{span}_limit"] for span in ("payment", "day", "month"))
        if not payment <= day <= month:
            raise Refused("rules_contradict", f"{level}: a payment's limit is at most the day's, and that the month's")
    return dict(values)
