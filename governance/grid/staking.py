"""What a member does with GRID: stake it, ask it back, take it, claim the reward."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from governance.models import GridPool, GridPosition
from stelltron.core import units
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.ledger import contracts, wallet_calls
from stelltron.ledger.clients import grid_staking, grid_token
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall, reached
from stelltron.members.models import Member, Wallet

from .reckoning import earned

STAKE, ASK, TAKE, CLAIM = VERBS = ("stake", "ask", "take", "claim")
OF_AMOUNTS = (STAKE, ASK)


def pool() -> GridPool | None:
    """None before the follower has read the contract's first event."""
    if not contracts.is_deployed("grid_staking"):
        return None
    return GridPool.objects.filter(pk=contracts.address("grid_staking")).first()


def position_of(member: Member) -> GridPosition:
    """All zero for who never staked."""
    address = member.wallet.address
    return GridPosition.objects.filter(pk=address).first() or GridPosition(address=address)


def balance(member: Member) -> int:
    """GRID in the member's wallet, not at stake. Raises Refused where the chain does not answer."""
    return reached(lambda gateway: contracts.ask(gateway, grid_token.balance(member.wallet.address)))


def under_way(member: Member) -> ChainIntent | None:
    """An act that the chain has not confirmed yet."""
    open_states = (ChainIntent.State.PENDING, ChainIntent.State.SENT)
    return _acts(member).filter(state__in=open_states).first()


def last_refusal(member: Member) -> str:
    """Why the chain refused the member's last act, if it did."""
    last = _acts(member).order_by("-id").first()
    return last.problem if last and last.state == ChainIntent.State.FAILED else ""


def _acts(member: Member) -> Any:
    return ChainIntent.objects.filter(wallet=member.wallet, key__startswith="grid:")


@transaction.atomic
def do(member: Member, verb: str, stroops: int = 0) -> ChainIntent:
    """With a managed wallet. Raises Refused."""
    _lock(member)
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("member_signs", "you keep your own key: sign this in your wallet")
    call = act_call(member, verb, stroops)
    intent = queue_call(member.community, f"{call.purpose}:{_acts(member).count()}", call.call, wallet=member.wallet)
    _log(member, verb, stroops)
    return intent


def act_call(member: Member, verb: str, stroops: int = 0) -> WalletCall:
    """The same for a wallet of the member's own. Raises Refused."""
    _require(member, verb, stroops)
    return WalletCall(f"grid:{verb}:{member.pk}", _call(member.wallet.address, verb, stroops))


@transaction.atomic
def take_act(member: Member, verb: str, stroops: int, signed: str) -> ChainIntent:
    _lock(member)
    intent = wallet_calls.take(member.community, member.wallet, act_call(member, verb, stroops), signed)
    _log(member, verb, stroops)
    return intent


def _lock(member: Member) -> None:
    """A second click waits for the first, and finds it under way."""
    Member.objects.select_for_update().get(pk=member.pk)


def _log(member: Member, verb: str, stroops: int) -> None:
    log_action(f"grid.{verb}", actor=member.user, target=member.code, community=member.community, stroops=stroops)


def _call(address: str, verb: str, stroops: int) -> Invocation[Any]:
    if verb == STAKE:
        return grid_staking.stake(address, stroops)
    if verb == ASK:
        return grid_staking.request_unstake(address, stroops)
    return grid_staking.withdraw_unstaked(address) if verb == TAKE else grid_staking.claim(address)


def _require(member: Member, verb: str, stroops: int) -> None:
    """Raises Refused, with why, where the contract would not do it now."""
    assert verb in VERBS
    rewards = pool()
    if rewards is None:
        raise Refused("no_grid", "GRID is not at work on this network yet")
    if under_way(member):
        raise Refused("under_way", "your last step with GRID is on its way: wait until the chain has confirmed it")
    if verb in OF_AMOUNTS and stroops <= 0:
        raise Refused("amount_not_positive", "the amount must be above zero")
    position = position_of(member)
    if verb == STAKE and stroops > (held := balance(member)):
        raise Refused("not_enough_grid", f"you hold {units.money(held, 7)} GRID that is not at stake")
    if verb == ASK and stroops > position.staked:
        raise Refused("not_at_stake", f"you have {units.money(position.staked, 7)} GRID at stake")
    if verb == TAKE:
        _require_ready(position)
    if verb == CLAIM and earned(rewards, position, reached(Gateway.now)) == 0:
        raise Refused("nothing_earned", "there is no reward to claim yet")


def _require_ready(position: GridPosition) -> None:
    if not position.unstaking or position.ready_at is None:
        raise Refused("nothing_unstaking", "you have not asked for any GRID back")
    if datetime.fromtimestamp(reached(Gateway.now), UTC) < position.ready_at:
        raise Refused("too_early", f"your GRID is ready on {position.ready_at:%-d %B %Y, %H:%M} UTC, not before")
