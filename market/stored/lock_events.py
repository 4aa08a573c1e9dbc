"""What happened to locks, on the chain and at the devices, and what it means for their trades."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stellar_sdk import Keypair
from stellar_sdk.exceptions import BadSignatureError

from devices import answers
from devices.answers import AnswerRefused
from devices.lock_wire import Answer, signed_message
from devices.models import Device, Quarantined
from stelltron.core.rows import copy_values
from stelltron.core.states import change_state
from stelltron.core.units import kwh
from stelltron.ledger import contracts, follower
from stelltron.ledger import energy_locks as chain_locks
from stelltron.ledger.clients import energy_locks
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent, EnergyLock
from stelltron.members.models import Member

from ..clearing.delivering import lines_of
from ..models import LockedTrade, StatementLine, Trade
from ..price import reliability
from ..spot.book_rows import LINE
from ..telling import tell_delivered, tell_released
from .leaving import BUYER, SELLER, step_of
from .locking import give_up, intent_of, release_holds
from .times import first_boundary

State = Trade.State


def listen() -> None:
    chain_locks.changed.connect(on_changed, dispatch_uid="market lock changed")
    answers.answered.connect(on_answered, dispatch_uid="market lock answered")
    follower.withdrawn.connect(on_withdrawn, dispatch_uid="market lock withdrawn")
    follower.requested.connect(on_requested, dispatch_uid="market withdrawal requested")


def on_requested(sender: Any, member: Member, **_: Any) -> None:
    """The withdrawal that a lock has asked for begins to hold what the lock held until now."""
    for side in (BUYER, SELLER):
        waiting = LockedTrade.objects.filter(closed=False, trade__state=State.MATCHED, **{f"trade__{side}": member})
        for locked in waiting.select_for_update(of=("self",)):
            asking = step_of(locked, "ask", side)
            if asking and asking.state in (ChainIntent.State.SENT, ChainIntent.State.CONFIRMED):
                release_holds(locked, side)


def on_withdrawn(sender: Any, member: Member, **_: Any) -> None:
    """The member takes out what a lock had set aside: the sale is off, like the member's orders."""
    agreed = LockedTrade.objects.filter(closed=False, trade__state=State.MATCHED)
    for side in (BUYER, SELLER):
        for locked in agreed.filter(**{f"trade__{side}": member}).select_for_update(of=("self",)):
            if getattr(locked, f"{side}_held"):
                release_holds(locked)
                give_up(locked, f"the {side} withdrew from the market")


def on_changed(sender: Any, lock: EnergyLock, **_: Any) -> None:
    """A trade follows its lock."""
    locked = LockedTrade.objects.select_for_update().filter(lock_id=lock.pk).first()
    if locked is None:
        return
    follow = {
        EnergyLock.State.RESERVED: _reserved,
        EnergyLock.State.LOCKED: _locked,
        EnergyLock.State.DELIVERED: _delivered,
        EnergyLock.State.RELEASED: _released,
    }
    follow[EnergyLock.State(lock.state)](locked, lock)


def _reserved(locked: LockedTrade, lock: EnergyLock) -> None:
    _move(locked.trade, State.RESERVED, intent_of(locked, "reserve"))


def _locked(locked: LockedTrade, lock: EnergyLock) -> None:
    if locked.trade.state == State.RESERVED:
        # Anybody may have brought the device's word to the contract.
        _begin_settling(locked)
    _move(locked.trade, State.SETTLED, intent_of(locked, "lock"))
    locked.counts_from = first_boundary(locked.trade.community)
    locked.save(update_fields=["counts_from"])


def _begin_settling(locked: LockedTrade) -> None:
    _move(locked.trade, State.SETTLING, None)
    locked.locked_at = datetime.now(UTC)
    locked.save(update_fields=["locked_at"])


def _delivered(locked: LockedTrade, lock: EnergyLock) -> None:
    """Whatever the device has signed is paid: the books follow, and the office sees what the meter says otherwise."""
    trade = locked.trade
    _move(trade, State.DELIVERED, intent_of(locked, "deliver"))
    if lock.delivered_wh != locked.delivered_wh:
        locked.problem = (
            f"the device has signed {kwh(lock.delivered_wh)} kWh, which the chain has paid;"
            f" its meter counted {kwh(locked.delivered_wh)} kWh: look at the device"
        )
        locked.save(update_fields=["problem"])
    copy_values(StatementLine, LINE, lines_of(trade))
    reliability.count(trade.seller_id, contracted_wh=trade.wh, delivered_wh=locked.delivered_wh)
    tell_delivered(trade, lock)


def _released(locked: LockedTrade, lock: EnergyLock) -> None:
    trade = locked.trade
    never_locked = trade.state != State.SETTLED
    _move(trade, State.FAILED, intent_of(locked, "release"))
    locked.problem = locked.problem or (
        "the device did not lock the energy in time" if never_locked else "nobody proved a delivery in time"
    )
    locked.save(update_fields=["problem"])
    lines = lines_of(trade)
    copy_values(StatementLine, LINE, lines)
    reliability.count(trade.seller_id, contracted_wh=trade.wh, delivered_wh=0)
    drawn = sum(line[4] for line in lines if line[3] == StatementLine.Kind.UTILITY_IMPORT)
    tell_released(trade, locked.problem, drawn)


def _move(trade: Trade, state: str, intent: ChainIntent | None) -> None:
    change_state(trade, Trade.STORED_TRANSITIONS, state, **({"intent": intent} if intent else {}))


def on_answered(sender: Any, device: Device, answer: Answer, **_: Any) -> None:
    """The device's word for the chain, once its signature holds. Raises AnswerRefused."""
    locked = LockedTrade.objects.select_for_update().filter(lock_id=answer.id, device=device).first()
    if locked is None:
        return
    if answer.do == "refused":
        if locked.trade.state in (State.RESERVED, State.SETTLED):
            locked.problem = f"the device holds only {kwh(answer.wh)} kWh for this"
            locked.save(update_fields=["problem"])
        return
    _check_signature(device, answer)
    if answer.do == "lock" and locked.trade.state == State.RESERVED and answer.wh == locked.trade.wh:
        _begin_settling(locked)
        _queue(locked, "lock", energy_locks.lock(bytes.fromhex(answer.id), bytes.fromhex(answer.sig)))
    elif answer.do == "deliver" and locked.trade.state == State.SETTLED and answer.wh == locked.delivered_wh:
        call = energy_locks.deliver(bytes.fromhex(answer.id), answer.wh, bytes.fromhex(answer.sig))
        _queue(locked, "deliver", call)


def _queue(locked: LockedTrade, step: str, call: Any) -> None:
    queue_call(locked.trade.community, f"lock:{locked.pk}:{step}", call)
    if locked.problem:
        locked.problem = ""
        locked.save(update_fields=["problem"])


def _check_signature(device: Device, answer: Answer) -> None:
    message = signed_message(answer.do, contracts.address("energy_locks"), answer.id, answer.wh)
    key = Keypair.from_raw_ed25519_public_key(bytes(device.public_key))
    try:
        key.verify(message, bytes.fromhex(answer.sig))
    except BadSignatureError:
        raise AnswerRefused(
            Quarantined.Reason.WRONG_SIGNATURE, "the signature does not fit the device's public key"
        ) from None
