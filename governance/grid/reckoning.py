"""How rewards accrue: contracts/grid_staking/src/pool.rs, division by division, on our rows."""

from __future__ import annotations

from copy import copy

from governance.models import GridPool, GridPosition

SCALE = 10**18
# Basis points times the seconds of a year of 365 days.
PARTS = 10_000 * 365 * 86_400


def accrue(pool: GridPool, now: int) -> None:
    """Earn what is due up to ``now`` (unix seconds), as far as the pool reaches."""
    seconds = max(min(now, pool.ends_at) - pool.updated, 0)
    pool.updated = max(pool.updated, now)
    if seconds == 0 or pool.staked == 0:
        return
    growth, pool.index_carry = divmod(pool.rate_bps * seconds * SCALE + pool.index_carry, PARTS)
    affordable = max(pool.free * SCALE - pool.owed_carry, 0) // pool.staked
    if growth > affordable:
        growth, pool.index_carry = affordable, 0
    due, pool.owed_carry = divmod(pool.staked * growth + pool.owed_carry, SCALE)
    pool.free -= due
    pool.owed += due
    pool.index += growth


def settle(position: GridPosition, index: int) -> None:
    """Earn up to the pool's index; before any change of the stake."""
    grown, position.carry = divmod((index - position.index) * position.staked + position.carry, SCALE)
    position.earned += grown
    position.index = index


def earned(pool: GridPool, position: GridPosition, now: int) -> int:
    """What a claim would pay at ``now``."""
    pool, position = copy(pool), copy(position)
    accrue(pool, now)
    settle(position, pool.index)
    return position.earned


def discount_percent(pool: GridPool, staked: int) -> int:
    """What a stake takes off the fees."""
    return max((percent for stake, percent in pool.tiers if stake <= staked), default=0)


def next_tier(pool: GridPool, staked: int) -> tuple[int, int] | None:
    """The lowest tier above the stake, and its discount in percent."""
    return next(((stake, percent) for stake, percent in pool.tiers if stake > staked), None)
