"""The rows of GRID at stake and the staking contract, compared."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from django.conf import settings

from governance.models import GridPool, GridPosition
from stelltron.ledger import contracts
from stelltron.ledger.clients import grid_staking
from stelltron.ledger.gateway import Gateway

from .reckoning import earned

SUMS = ("staked", "unstaking", "funded", "claimed")
TERMS = ("rate_bps", "ends_at", "unstake_delay", "licence_stake")


def compare(gateway: Gateway | None = None) -> list[str]:
    """Write down, and return, everything the chain says otherwise. Empty means equal, or nothing was read yet."""
    if not contracts.is_deployed("grid_staking"):
        return []
    gateway = gateway or Gateway(settings.STELLAR)
    pool = GridPool.objects.filter(pk=contracts.address("grid_staking")).first()
    if pool is None:
        return []
    found = _pool(pool, gateway)
    for position in GridPosition.objects.order_by("address").iterator():
        found += _position(pool, position, gateway)
    GridPool.objects.filter(pk=pool.pk).update(differences=found, compared_at=datetime.now(UTC))
    return found


def _pool(pool: GridPool, gateway: Gateway) -> list[str]:
    theirs = asdict(contracts.ask(gateway, grid_staking.pool())) | asdict(contracts.ask(gateway, grid_staking.terms()))
    return [
        f"the pool's {name} is {getattr(pool, name)} here, {theirs[name]} on the chain"
        for name in (*SUMS, *TERMS)
        if getattr(pool, name) != theirs[name]
    ]


def _position(pool: GridPool, row: GridPosition, gateway: Gateway) -> list[str]:
    # Not gateway.now(), which may be ahead of the ledger that answers.
    before = gateway.server.get_latest_ledger().close_time
    theirs = contracts.ask(gateway, grid_staking.position(row.address))
    after = gateway.now()
    found = []
    if (row.staked, row.unstaking) != (theirs.staked, theirs.unstaking):
        ours = f"{row.staked} at stake and {row.unstaking} asked back"
        found.append(f"{row.address}: {ours} here, {theirs.staked} and {theirs.unstaking} on the chain")
    # The contract answered at a moment between.
    least, most = earned(pool, row, before), earned(pool, row, after)
    if not least <= theirs.claimable <= most:
        found.append(f"{row.address}: {least} earned here, {theirs.claimable} on the chain")
    return found
