"""A stake's twin: what the provider promised, what the meter counted, what the owner has got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..income import BASIS_POINTS, UNITS
from ..models import Generator, Stake

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Twin:
    """Quantities in parts of the measure, for the whole generator; money in stroops, for the stake."""

    expected_quantity: int
    metered_quantity: int
    expected: int
    metered: int
    paid: int
    claimable: int


def twin_of(stake: Stake, now: datetime | None = None) -> Twin:
    """``expected`` and ``metered`` are priced alike, at what users have paid on average so far."""
    made = stake.generator
    expected = expected_quantity(made, now or datetime.now(UTC))
    metered = made.dispensed + made.free
    claimable = stake.claimable(made.index)
    return Twin(
        expected, metered, _value(stake, expected), _value(stake, metered), stake.claimed + claimable, claimable
    )


def expected_quantity(made: Generator, now: datetime) -> int:
    if made.active_since is None:
        return 0
    running = max(now - made.active_since, timedelta())
    return made.offering.bid.year_quantity * int(running.total_seconds()) // int(YEAR.total_seconds())


def _value(stake: Stake, quantity: int) -> int:
    """What ``quantity`` is worth to the stake: its share of the price less maintenance."""
    made = stake.generator
    if not made.credited:
        return 0
    to_owners = BASIS_POINTS - made.offering.maintenance_bps
    return quantity * made.paid * to_owners * stake.units // (made.credited * BASIS_POINTS * UNITS)
