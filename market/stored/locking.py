"""Drives each trade of stored energy from agreed to delivered or given back, one step at a time.

The chain is the law: a trade's state follows the locks contract's events (``lock_events.py``). What this sends it sends
under keys that are used once, so that a pass too many, or a crash, moves nothing twice.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db import transaction

from devices.lock_orders import ask
from devices.lock_wire import Command
from devices.models import SlotReading
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.ledger import contracts, funding, holdings
from stelltron.ledger.clients import energy_locks
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import Asset, ChainIntent, EnergyLock

from .. import parameters
from ..clearing import banking
from ..clearing.closing import oldest_open_slot
from ..models import LockedTrade, Trade
from ..telling import tell_released
from .leaving import BUYER, DONE, SELLER, Short, give_up_withdrawals, has_left, step_of
from .times import LOCK_WITHIN, first_boundary

logger = logging.getLogger(__name__)
State = Trade.State
# From agreed to reserved, the market's waiting time for withdrawals included.
RESERVE_WITHIN = timedelta(hours=2)
# On the chain a proof may still come for so long after the last slot.
PROOF_TIME = timedelta(days=1)
# So long after the last slot late readings may still be settled into it before the device signs.
LATE_WITHIN = timedelta(hours=1)
# The ledger's clock may be behind ours.
CLOCK_MARGIN = timedelta(seconds=10)


def drive_locks(community: Community) -> int:
    """One step of every trade of stored energy that is not over. Returns how many there are.

    In the order in which they were agreed: devices are asked in it, and so serve what they lock in it.
    """
    standing = LockedTrade.objects.filter(closed=False, trade__community=community).order_by("trade__matched_at", "pk")
    locks = list(standing.values_list("pk", flat=True))
    for pk in locks:
        try:
            _drive(pk)
        except Exception:
            logger.exception("lock of trade %s could not be driven", pk)
    return len(locks)


@transaction.atomic
def _drive(pk: object) -> None:
    locked = LockedTrade.objects.select_for_update().get(pk=pk)
    steps = {
        State.MATCHED: _bring,
        State.RESERVED: _ask_to_lock,
        State.SETTLING: _release_when_over,
        State.SETTLED: _ask_for_proof,
        State.DELIVERED: _give_back,
        State.FAILED: _give_back,
    }
    steps[State(locked.trade.state)](locked)


def _bring(locked: LockedTrade) -> None:
    """Money and energy out of the market and into the locks contract."""
    trade = locked.trade
    try:
        sides = [has_left(locked, side) for side in (BUYER, SELLER)]
        reserving = intent_of(locked, "reserve")
        if reserving and reserving.state in DONE:
            raise Short(reserving.problem)
    except Short as problem:
        give_up(locked, str(problem))
        return
    if reserving is None and datetime.now(UTC) > trade.matched_at + RESERVE_WITHIN:
        give_up(locked, "money or energy did not leave the market in time")
    elif reserving is None and first_boundary(trade.community, LOCK_WITHIN) >= locked.deliver_by:
        give_up(locked, "too late: no whole slot would be left to deliver in")
    elif reserving is None and all(sides):
        _queue_reserve(locked)


def _queue_reserve(locked: LockedTrade) -> None:
    trade = locked.trade
    now = datetime.now(UTC)
    ends = now + (locked.deliver_by - trade.community.now()) + PROOF_TIME
    order = energy_locks.Order(
        buyer=trade.buyer.wallet.address,
        seller=trade.seller.wallet.address,
        device=bytes(locked.device.public_key),
        wh=trade.wh,
        price=trade.price,
        lock_by=int((now + LOCK_WITHIN).timestamp()),
        deliver_by=int(ends.timestamp()),
    )
    queue_call(
        trade.community,
        _key(locked, "reserve"),
        energy_locks.reserve(bytes.fromhex(locked.lock_id), order),
        wallet=trade.buyer.wallet,
        together_with=[trade.seller.wallet.address],
    )


def _ask_to_lock(locked: LockedTrade) -> None:
    if not _release_when_over(locked):
        lock = EnergyLock.objects.get(pk=locked.lock_id)
        # The device's clock is the community's: it keeps its promise until the last slot that counts.
        _command(locked, "lock", lock.wh, int(locked.deliver_by.timestamp()))


def _ask_for_proof(locked: LockedTrade) -> None:
    if not _release_when_over(locked) and is_over(locked) and intent_of(locked, "deliver") is None:
        locked.proof_asked = True
        locked.save(update_fields=["proof_asked"])
        _command(locked, "deliver", locked.delivered_wh, int(locked.deliver_by.timestamp()))


def is_over(locked: LockedTrade) -> bool:
    """Whether everything is delivered, or the last slot that counts is cleared."""
    if locked.delivered_wh == locked.trade.wh:
        return True
    community = locked.trade.community
    waiting = oldest_open_slot(community)
    if community.now() < locked.deliver_by or (waiting and waiting < locked.deliver_by):
        return False
    if _is_late_waiting(locked):
        return False
    register = getattr(locked.device, "register", None)
    grace = timedelta(seconds=value_at(community, parameters.GRACE_SECONDS, locked.deliver_by))
    return bool(register and register.at >= locked.deliver_by) or community.now() >= locked.deliver_by + grace


def _is_late_waiting(locked: LockedTrade) -> bool:
    """Whether the battery's meter has brought late what is not settled yet; its proof waits a while for it."""
    community = locked.trade.community
    if locked.device.point is None or community.now() >= locked.deliver_by + LATE_WITHIN:
        return False
    late = SlotReading.objects.filter(point=locked.device.point, state=SlotReading.State.LATE)
    return late.filter(slot__gte=locked.counts_from, slot__lt=locked.deliver_by).exists()


def _release_when_over(locked: LockedTrade) -> bool:
    """Have everything given back once the contract allows it. True when it is time."""
    lock = EnergyLock.objects.get(pk=locked.lock_id)
    if lock.state not in EnergyLock.OPEN or datetime.now(UTC) <= lock.due_by + CLOCK_MARGIN:
        return False
    if intent_of(locked, "release") is None:
        queue_call(lock.community, _key(locked, "release"), energy_locks.release(bytes.fromhex(lock.pk)))
    return True


def give_up(locked: LockedTrade, problem: str) -> None:
    """Nothing was reserved: the trade is off, and what failed for it is not sent again."""
    change_state(locked.trade, Trade.STORED_TRANSITIONS, State.FAILED)
    ChainIntent.objects.filter(key__startswith=_key(locked, ""), state=ChainIntent.State.FAILED).update(
        state=ChainIntent.State.REPLACED
    )
    give_up_withdrawals(locked)
    locked.problem = problem[:200]
    locked.save(update_fields=["problem"])
    tell_released(locked.trade, locked.problem)


def _give_back(locked: LockedTrade) -> None:
    """Whatever is in the wallets for this lock goes back into the market: what was paid, refunded or not used."""
    trade = locked.trade
    release_holds(locked)
    for side in (BUYER, SELLER):
        if _is_on_its_way(locked, side):
            return
    lock = EnergyLock.objects.filter(pk=locked.lock_id).first()
    paid, delivered = (lock.paid_stroops, lock.delivered_wh) if lock else (0, 0)
    _bring_in(locked, BUYER, locked.buyer_freed - paid, 0)
    _bring_in(locked, SELLER, paid, locked.seller_freed - delivered)
    rest = trade.wh - delivered
    if rest and locked.lots_until:
        banking.keep(trade.seller_id, trade.slot, locked.lots_until, rest)
    if lock and trade.state == State.FAILED:
        _command(locked, "unlock", 0, 0)
    locked.closed = True
    locked.save(update_fields=["closed"])


def _is_on_its_way(locked: LockedTrade, side: str) -> bool:
    """A withdrawal that was asked for is taken first, so that it does not hold the part for a week."""
    if step_of(locked, "ask", side) is None or getattr(locked, f"{side}_freed"):
        return False
    try:
        return not has_left(locked, side)
    except Short:
        return False


def release_holds(locked: LockedTrade, side: str = "") -> None:
    """What was set aside in the market for the lock is free again, or leaves it now."""
    for one, asset in ((BUYER, Asset.WATT), (SELLER, Asset.KWH)):
        held = getattr(locked, f"{one}_held")
        if held and side in ("", one):
            holdings.release(getattr(locked.trade, f"{one}_id"), asset, held)
            setattr(locked, f"{one}_held", 0)
            locked.save(update_fields=[f"{one}_held"])


def _bring_in(locked: LockedTrade, side: str, stroops: int, wh: int) -> None:
    member = getattr(locked.trade, side)
    if stroops:
        funding.deposit(member, stroops, _key(locked, f"back-{side}-watt"))
    if wh:
        funding.deposit_energy(member, wh, _key(locked, f"back-{side}-kwh"))


def _command(locked: LockedTrade, do: str, wh: int, until: int) -> None:
    """Ask the device once this transaction is committed; the next pass asks again until it has answered."""
    command = Command(do, locked.lock_id, contracts.address("energy_locks"), wh, until)
    device = locked.device

    def send() -> None:
        try:
            ask(device, command)
        except OSError as problem:
            logger.warning("%s could not be asked to %s: %s", device, do, problem)

    transaction.on_commit(send)


def intent_of(locked: LockedTrade, step: str) -> ChainIntent | None:
    return ChainIntent.objects.filter(key=_key(locked, step)).first()


def _key(locked: LockedTrade, step: str) -> str:
    return f"lock:{locked.pk}:{step}"
