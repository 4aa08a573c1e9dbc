"""Parts of locks on their way out of the marketplace: all that a member has waiting leaves in one withdrawal.

The contract keeps one request of a member at a time and waits a quarter of an hour before it pays: one lock after the
other, a member's later ones would run out of time. What is agreed while a withdrawal is on its way leaves in the next.
"""

from __future__ import annotations

from datetime import UTC, datetime

from stelltron.ledger.clients import marketplace
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainEvent, ChainIntent, WithdrawalRequest
from stelltron.members.models import Member

from ..models import LockedTrade, Trade

BUYER, SELLER = "buyer", "seller"
DONE = (ChainIntent.State.FAILED, ChainIntent.State.REPLACED)


class Short(Exception):
    """What was to leave the market for a lock did not."""


def has_left(locked: LockedTrade, side: str) -> bool:
    """Whether this side's part is in its wallet; else the next step there. Raises Short."""
    freed = getattr(locked, f"{side}_freed")
    if freed:
        return freed >= part_of(locked, side)
    member: Member = getattr(locked.trade, side)
    asking, taking = step_of(locked, "ask", side), step_of(locked, "take", side)
    for intent in (asking, taking):
        if intent and intent.state in DONE:
            raise Short(intent.problem)
    if asking is None:
        if not WithdrawalRequest.objects.filter(member=member).exists() and not _is_asking(member):
            _ask_for_all(locked, side, member)
        return False
    if taking is None:
        request = WithdrawalRequest.objects.filter(member=member).first()
        if asking.state == ChainIntent.State.CONFIRMED and request is None:
            raise Short("the withdrawal for this lock was replaced by another one")
        if request and request.ready_at <= datetime.now(UTC):
            call = marketplace.withdraw(member.wallet.address)
            queue_call(member.community, _key(locked, "take", side), call, wallet=member.wallet, after=asking)
        return False
    # The token's own event comes first: an intent is confirmed a moment before its withdrawal is booked.
    paid = ChainEvent.objects.filter(name="withdrawn", transaction_hash=taking.transaction_id).first()
    if paid is None:
        return False
    freed = _share(locked, side, int(paid.data["value"]["amount" if side == BUYER else "wh"]))
    setattr(locked, f"{side}_freed", freed)
    locked.save(update_fields=[f"{side}_freed"])
    if freed < part_of(locked, side):
        raise Short(f"the {side}'s part was not all there")
    return True


def part_of(locked: LockedTrade, side: str) -> int:
    """The buyer's stroops, or the seller's Wh."""
    return locked.trade.amount if side == BUYER else locked.trade.wh


def step_of(locked: LockedTrade, step: str, side: str) -> ChainIntent | None:
    """Of the withdrawal that takes this side's part along: ``ask`` or ``take``."""
    if not getattr(locked, f"{side}_leaves"):
        return None
    return ChainIntent.objects.filter(key=_key(locked, step, side)).first()


def give_up_withdrawals(locked: LockedTrade) -> None:
    """What failed of them is not sent again."""
    keys = [_key(locked, step, side) for side in (BUYER, SELLER) for step in ("ask", "take")]
    ChainIntent.objects.filter(key__in=keys, state=ChainIntent.State.FAILED).update(state=ChainIntent.State.REPLACED)


def _ask_for_all(locked: LockedTrade, side: str, member: Member) -> None:
    """One request for every part of the member's that waits; it is named after the lock that asks."""
    name = f"{locked.pk}:{side}"
    sums = {}
    for one in (BUYER, SELLER):
        waiting = LockedTrade.objects.filter(
            closed=False, trade__state=Trade.State.MATCHED, **{f"trade__{one}": member, f"{one}_leaves": ""}
        )
        # A lock that another process drives this moment leaves with the next withdrawal.
        parts = list(waiting.select_for_update(of=("self",), skip_locked=True).select_related("trade"))
        LockedTrade.objects.filter(pk__in=[part.pk for part in parts]).update(**{f"{one}_leaves": name})
        sums[one] = sum(part_of(part, one) for part in parts)
    locked.refresh_from_db(fields=[f"{one}_leaves" for one in (BUYER, SELLER)])
    call = marketplace.request_withdrawal(member.wallet.address, sums[BUYER], sums[SELLER])
    queue_call(member.community, _key(locked, "ask", side), call, wallet=member.wallet)


def _share(locked: LockedTrade, side: str, paid: int) -> int:
    """What of the withdrawal is this lock's: where less came than was asked for, the oldest are served first."""
    name = getattr(locked, f"{side}_leaves")
    together = LockedTrade.objects.filter(**{f"{side}_leaves": name}).select_related("trade")
    # Ids of the same millisecond say nothing about who was first.
    own_turn = (locked.trade.matched_at, locked.pk)
    before = sum(part_of(other, side) for other in together if (other.trade.matched_at, other.pk) < own_turn)
    return max(min(paid - before, part_of(locked, side)), 0)


def _is_asking(member: Member) -> bool:
    """Whether a withdrawal of the member's is on its way to the chain: the contract keeps one at a time."""
    return ChainIntent.objects.filter(
        wallet=member.wallet,
        payload__function="request_withdrawal",
        state__in=(ChainIntent.State.PENDING, ChainIntent.State.SENT),
    ).exists()


def _key(locked: LockedTrade, step: str, side: str) -> str:
    first, _, asked_for = getattr(locked, f"{side}_leaves").partition(":")
    return f"lock:{first}:{step}-{asked_for}"
