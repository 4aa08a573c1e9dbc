"""Counting votes, as the governor's ``tally.rs`` does. Pure."""

from __future__ import annotations

from enum import Enum

WHOLE = 10_000


class Verdict(Enum):
    CARRIED = "carried"
    QUORUM_MISSED = "too few have voted"
    MAJORITY_MISSED = "there was no majority"


def judge(*, eligible: int, yes: int, no: int, abstain: int, quorum_bps: int, majority_bps: int) -> Verdict:
    """An abstention counts for the quorum and not for the majority; as many no as yes carry nothing."""
    if (yes + no + abstain) * WHOLE < quorum_bps * eligible:
        return Verdict.QUORUM_MISSED
    if yes <= no or yes * WHOLE < majority_bps * (yes + no):
        return Verdict.MAJORITY_MISSED
    return Verdict.CARRIED


def votes_needed(eligible: int, quorum_bps: int) -> int:
    """The fewest votes that meet the quorum."""
    return -(-eligible * quorum_bps // WHOLE)
