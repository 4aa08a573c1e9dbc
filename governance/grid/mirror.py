"""What the staking contract says, as rows: one handler an event, in the follower's transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from governance.models import GridMovement, GridPool, GridPosition
from stelltron.ledger import contracts
from stelltron.ledger.clients import grid_staking
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import ChainEvent
from stelltron.members.models import Wallet

from . import discounts
from .reckoning import accrue, settle

Kind = GridMovement.Kind


def take(event: ChainEvent, at: datetime) -> None:
    """Write down what the staking contract's event says; another contract's is not ours."""
    handler = HANDLERS.get(event.name)
    if handler is None or not contracts.is_named(event.contract, "grid_staking"):
        return
    pool = GridPool.objects.select_for_update().filter(pk=event.contract).first() or _begin(event.contract)
    if event.name != "unstaked":
        # The contract accrues in every act but this one: a member's own GRID leaves whatever the rewards do.
        accrue(pool, int(at.timestamp()))
    handler(pool, event, at)
    pool.save()
    if event.name in ("staked", "unstake_requested"):
        discounts.tell(pool.address, event.data["topics"][0])
    elif event.name == "terms_set":
        discounts.tell_all(pool.address)


def _begin(address: str) -> GridPool:
    """The constructor tells its terms in no event: they are asked for once."""
    terms = contracts.ask(Gateway(settings.STELLAR), grid_staking.terms())
    tiers = [[tier.stake, tier.discount_percent] for tier in terms.tiers]
    return GridPool(
        address=address,
        rate_bps=terms.rate_bps,
        ends_at=terms.ends_at,
        unstake_delay=terms.unstake_delay,
        licence_stake=terms.licence_stake,
        tiers=tiers,
    )


def _staked(pool: GridPool, event: ChainEvent, at: datetime) -> None:
    position, amount = _position(event), _amount(event)
    settle(position, pool.index)
    position.staked += amount
    pool.staked += amount
    _keep(position, Kind.STAKED, event, at)


def _asked(pool: GridPool, event: ChainEvent, at: datetime) -> None:
    position, amount = _position(event), _amount(event)
    settle(position, pool.index)
    position.staked -= amount
    pool.staked -= amount
    position.unstaking += amount
    pool.unstaking += amount
    position.ready_at = datetime.fromtimestamp(int(event.data["value"]["ready_at"]), UTC)
    _keep(position, Kind.ASKED, event, at)


def _taken(pool: GridPool, event: ChainEvent, at: datetime) -> None:
    position, amount = _position(event), _amount(event)
    position.unstaking -= amount
    pool.unstaking -= amount
    position.ready_at = None
    _keep(position, Kind.TAKEN, event, at)


def _claimed(pool: GridPool, event: ChainEvent, at: datetime) -> None:
    position, amount = _position(event), _amount(event)
    settle(position, pool.index)
    position.earned -= amount
    position.claimed += amount
    pool.owed -= amount
    pool.claimed += amount
    _keep(position, Kind.CLAIMED, event, at)


def _funded(pool: GridPool, event: ChainEvent, at: datetime) -> None:
    pool.funded += _amount(event)
    pool.free += _amount(event)


def _terms_set(pool: GridPool, event: ChainEvent, at: datetime) -> None:
    terms: dict[str, Any] = event.data["value"]["terms"]
    pool.rate_bps, pool.ends_at = int(terms["rate_bps"]), int(terms["ends_at"])
    pool.unstake_delay, pool.licence_stake = int(terms["unstake_delay"]), int(terms["licence_stake"])
    pool.tiers = [[int(tier["stake"]), int(tier["discount_percent"])] for tier in terms["tiers"]]


def _position(event: ChainEvent) -> GridPosition:
    address = event.data["topics"][0]
    position = GridPosition.objects.select_for_update().filter(pk=address).first() or GridPosition(address=address)
    if position.member_id is None:
        wallet = Wallet.objects.filter(address=address).first()
        position.member_id = wallet.member_id if wallet else None
    return position


def _amount(event: ChainEvent) -> int:
    return int(event.data["value"]["amount"])


def _keep(position: GridPosition, kind: Kind, event: ChainEvent, at: datetime) -> None:
    position.save()
    GridMovement.objects.create(
        position=position, kind=kind, amount=_amount(event), at=at, transaction_hash=event.transaction_hash
    )


HANDLERS: dict[str, Callable[[GridPool, ChainEvent, datetime], None]] = {
    "staked": _staked,
    "unstake_requested": _asked,
    "unstaked": _taken,
    "claimed": _claimed,
    "funded": _funded,
    "terms_set": _terms_set,
}
