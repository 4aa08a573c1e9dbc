"""The energy locks' events: a mirror row each, and what they move between wallets and the contract in the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.dispatch import Signal

from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.core.units import amount
from stelltron.members.models import Wallet

from . import contracts, journal
from .clients import energy_locks
from .gateway import Gateway
from .models import Asset, ChainEvent, EnergyLock

logger = logging.getLogger(__name__)
LOCKS = "locks"
STATES = (EnergyLock.State.RESERVED, EnergyLock.State.LOCKED, EnergyLock.State.DELIVERED, EnergyLock.State.RELEASED)

# A lock is new or has moved, in the transaction that books it: ``lock``, ``event``.
changed = Signal()


def book(event: ChainEvent) -> None:
    """Mirror one event of the contract and post what it moved."""
    if event.name == "reserved":
        lock = _begin(event)
    elif event.name in ("locked", "delivered", "released"):
        lock = _move(event)
    else:
        return
    if lock is None:
        logger.warning("%s in %s is not about our members", event.name, event.transaction_hash)
        return
    postings = _postings(lock)
    if postings:
        reference = f"event:{event.id}"
        journal.post(lock.community, f"lock {event.name}", reference, postings, transaction_hash=event.transaction_hash)
    changed.send(EnergyLock, lock=lock, event=event)


def _begin(event: ChainEvent) -> EnergyLock | None:
    value = event.data["value"]
    parties = Wallet.objects.select_related("member__community").in_bulk(event.data["topics"], field_name="address")
    if len(parties) != 2:
        return None
    buyer, seller = (parties[address].member for address in event.data["topics"])
    return EnergyLock.objects.create(
        id=value["id"],
        community=buyer.community,
        buyer=buyer,
        seller=seller,
        device_key=value["device"],
        wh=int(value["wh"]),
        price=int(value["price"]),
        stroops=int(value["amount"]),
        lock_by=datetime.fromtimestamp(int(value["lock_by"]), UTC),
        deliver_by=datetime.fromtimestamp(int(value["deliver_by"]), UTC),
    )


def _move(event: ChainEvent) -> EnergyLock | None:
    lock = EnergyLock.objects.select_related("community").filter(pk=event.data["topics"][0]).first()
    if lock is None:
        return None
    value: dict[str, Any] = event.data["value"] or {}
    changes = {}
    if event.name == "delivered":
        changes = {"delivered_wh": int(value["wh"]), "paid_stroops": int(value["paid"])}
    change_state(lock, EnergyLock.TRANSITIONS, EnergyLock.State[event.name.upper()], **changes)
    return lock


def _postings(lock: EnergyLock) -> list[journal.Posting]:
    """In from the wallets when reserved, out to them at the end; what was delivered is consumed."""
    if lock.state == EnergyLock.State.LOCKED:
        return []
    into = 1 if lock.state == EnergyLock.State.RESERVED else -1
    return [
        ("wallets", Asset.WATT, -into * lock.stroops),
        (LOCKS, Asset.WATT, into * lock.stroops),
        (LOCKS, Asset.KWH, into * lock.wh),
        ("energy-wallets", Asset.KWH, -into * (lock.wh - lock.delivered_wh)),
        ("consumed", Asset.KWH, lock.delivered_wh),
    ]


def compare(
    community: Community, booked: Mapping[tuple[str, str], int], gateway: Gateway
) -> tuple[int, list[dict[str, Any]]]:
    """(how many compared, differences): what waits in the contract's open locks, with our rows and the journal."""
    standing = list(EnergyLock.objects.filter(community=community, state__in=EnergyLock.OPEN))
    waiting = {Asset.WATT: 0, Asset.KWH: 0}
    for lock in standing:
        there = contracts.ask(gateway, energy_locks.energy_lock(bytes.fromhex(lock.pk)))
        if there and STATES[int(there.state.u32.uint32)] in EnergyLock.OPEN:
            waiting[Asset.WATT] += amount(there.wh, there.price)
            waiting[Asset.KWH] += there.wh
    ours = {Asset.WATT: sum(lock.stroops for lock in standing), Asset.KWH: sum(lock.wh for lock in standing)}
    differences = [
        {
            "member": "energy locks",
            "asset": asset,
            "journal": booked.get((LOCKS, asset), 0),
            "contract": there,
            "working balance": ours[asset],
        }
        for asset, there in waiting.items()
        if not there == ours[asset] == booked.get((LOCKS, asset), 0)
    ]
    return 2 * len(waiting) + len(standing), differences
