"""What a generator has earned and whose it is: the contract's arithmetic, to the stroop. Pure.

``received = claimed + claimable of all + carry + maintenance + spent``, whatever happens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

UNITS = 10_000
BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Income:
    """``index`` is what one unit has earned since the beginning; ``carry`` is not yet a stroop a unit."""

    index: int = 0
    carry: int = 0
    received: int = 0
    claimed: int = 0
    maintenance: int = 0
    spent: int = 0

    def receive(self, amount: int, maintenance_bps: int) -> Income:
        aside = amount * maintenance_bps // BASIS_POINTS
        taken = replace(self, received=self.received + amount, maintenance=self.maintenance + aside)
        return taken._share_out(amount - aside)

    def close(self, escrow: int) -> Income:
        """The generator retires: what is left of the escrow and of the maintenance fund is the owners'."""
        closed = replace(self, received=self.received + escrow, maintenance=0)
        return closed._share_out(self.maintenance + escrow)

    def pay_out(self, amount: int) -> Income:
        return replace(self, claimed=self.claimed + amount)

    def spend(self, amount: int) -> Income:
        return replace(self, maintenance=self.maintenance - amount, spent=self.spent + amount)

    def _share_out(self, amount: int) -> Income:
        total = self.carry + amount
        return replace(self, index=self.index + total // UNITS, carry=total % UNITS)


def mean_price(votes: Iterable[tuple[int, int]]) -> int:
    """The mean of submitted prices weighted by units, of (units, price); 0 where nobody submitted one."""
    submitted = list(votes)
    weight = sum(units for units, _ in submitted)
    return sum(units * price for units, price in submitted) // weight if weight else 0
