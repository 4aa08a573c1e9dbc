"""The rule that keeps WATT covered, in whole stroops: what may be attested, and how much may be minted on it."""

from __future__ import annotations


def room(*, attested: int, held: int, circulation: int, owed: int) -> int:
    """What may be minted: within what the chain was told and what the banks hold now, less what is spoken for."""
    return max(min(attested, held) - circulation - owed, 0)


def may_attest(*, held: int, circulation: int) -> bool:
    """The contract takes no figure below the supply; a shortfall is not attested away."""
    return held >= circulation
