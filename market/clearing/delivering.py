"""What meters deliver of stored energy sold ahead: counted slot by slot, the oldest lock of a device first.

A lock's delivery serves what its buyer draws in the same slot; what they do not draw goes on to the utility for them.
The locks contract burns KWH that the seller held before; what the meter exported for it is minted as ever and stays
with the seller in its place, so that no Wh of a slot is sold twice. Where nobody proves the delivery to the contract,
nothing is paid or burned: the buyer then drew from the utility after all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Sum

from stelltron.core.models import Community
from stelltron.core.units import amount
from stelltron.ledger.models import EnergyLock

from ..engine.rounds import Position
from ..models import LockDelivery, LockedTrade, SlotRun, StatementLine, Trade
from ..tariffs.prices import UtilityBook
from . import banking
from .lines import Line, bought_from_utility
from .metered import Metered

Kind = StatementLine.Kind


class Part(NamedTuple):
    """Of one lock in one slot: metered Wh, and what the buyer drew of what it has delivered there."""

    locked: LockedTrade
    buyer: object
    wh: int
    used_wh: int


def open_locks(community: Community, start: datetime, end: datetime) -> list[LockedTrade]:
    """The locks that the slot counts for, in the order in which their devices serve them."""
    waiting = LockedTrade.objects.filter(
        closed=False,
        trade__community=community,
        trade__state=Trade.State.SETTLED,
        counts_from__lte=start,
        deliver_by__gte=end,
    )
    locks = waiting.select_for_update(of=("self",)).select_related("trade", "device__point")
    # Those that a ledger locked together are served as they were agreed.
    return list(locks.order_by("locked_at", "trade__matched_at", "trade_id"))


def delivered_in(community: Community, start: datetime, end: datetime, readings: Sequence[Metered]) -> list[Part]:
    """What the slot's first readings deliver."""
    drawn: dict[object, int] = defaultdict(int)
    for reading in readings:
        drawn[reading.member_id] += reading.imported_wh
    return allot(open_locks(community, start, end), readings, drawn)


def allot(
    locks: Sequence[LockedTrade],
    readings: Sequence[Metered],
    drawn: Mapping[object, int],
    unused: Mapping[object, int] | None = None,
) -> list[Part]:
    """First in, first out: a device's export goes to the lock it made first until that one has all of it.

    ``drawn``: what each buyer drew and nothing has served yet; ``unused``: per lock, what earlier versions counted in
    the slot and its buyer had not drawn. Once a device is asked to sign, nothing is added to what it signs.
    """
    exported: dict[object, int] = {reading.code: reading.exported_wh for reading in readings}
    need = dict(drawn)
    parts = []
    for locked in locks:
        point, buyer = locked.device.point, locked.trade.buyer_id
        left = exported.get(point.code, 0) if point and point.member_id == locked.trade.seller_id else 0
        wh = 0 if locked.proof_asked else min(left, locked.trade.wh - locked.delivered_wh)
        used = min(wh + (unused or {}).get(locked.pk, 0), need.get(buyer, 0))
        if not wh and not used:
            continue
        if wh:
            exported[point.code] = left - wh
        need[buyer] = need.get(buyer, 0) - used
        parts.append(Part(locked, buyer, wh, used))
    return parts


def covered(positions: Mapping[object, Position], parts: Sequence[Part]) -> dict[object, Position]:
    """The positions without what is delivered under locks: neither sold nor bought a second time in this slot."""
    result = dict(positions)
    for locked, buyer, wh, used in parts:
        seller = locked.trade.seller_id
        result[seller] = result[seller]._replace(exported_wh=result[seller].exported_wh - wh)
        if used:
            result[buyer] = result[buyer]._replace(imported_wh=result[buyer].imported_wh - used)
    return result


def bank(parts: Sequence[Part], slot: datetime, end: datetime, kept_for: timedelta) -> None:
    """What takes the place of the burned KWH is held as long as any surplus."""
    for locked, _, wh, _ in parts:
        if kept_for and wh:
            banking.keep(locked.trade.seller_id, slot, end + kept_for, wh)


def record(run: SlotRun, parts: Sequence[Part]) -> None:
    """A row for each lock and version: later versions add what came late, and take nothing back."""
    for locked, _, wh, used in parts:
        LockDelivery.objects.create(locked=locked, run=run, slot=run.slot, wh=wh, used_wh=used)
        LockedTrade.objects.filter(pk=locked.pk).update(delivered_wh=locked.delivered_wh + wh)


class UnderLocks(NamedTuple):
    """Of a slot: Wh exported per seller and drawn per buyer under locks."""

    given: dict[object, int]
    used: dict[object, int]


def spoken_for(run: SlotRun) -> UnderLocks:
    """What the run and the versions before it counted."""
    return _under_locks(
        LockDelivery.objects.filter(
            run__community=run.community_id, slot=run.slot, run__version__lte=run.version
        ).values_list("locked__trade__seller_id", "locked__trade__buyer_id", "wh", "used_wh")
    )


def counted_by(run: SlotRun) -> UnderLocks:
    """What this very version counted."""
    return _under_locks(
        run.lock_deliveries.values_list("locked__trade__seller_id", "locked__trade__buyer_id", "wh", "used_wh")
    )


def given_and_used(parts: Sequence[Part]) -> UnderLocks:
    return _under_locks((part.locked.trade.seller_id, part.buyer, part.wh, part.used_wh) for part in parts)


def _under_locks(rows: Iterable[tuple[object, object, int, int]]) -> UnderLocks:
    under = UnderLocks(defaultdict(int), defaultdict(int))
    for seller, buyer, wh, used_wh in rows:
        if wh:
            under.given[seller] += wh
        if used_wh:
            under.used[buyer] += used_wh
    return under


def unused_in(locks: Sequence[LockedTrade], slot: datetime) -> dict[object, int]:
    """Per lock: what was counted in the slot so far and its buyer has not drawn."""
    counted = LockDelivery.objects.filter(locked__in=locks, slot=slot).order_by().values_list("locked")
    sums = counted.annotate(Sum("wh"), Sum("used_wh"))
    return {locked: wh - used for locked, wh, used in sums}


def lines_of(trade: Trade) -> list[tuple[object, ...]]:
    """A trade that has ended on both statements, slot by slot, as ``book_rows.LINE`` names the columns.

    The chain has paid for the first of the counted Wh, all of them as a rule: the slots' amounts are differences of
    rounded sums, together what it paid. What was never proved is not sold, and the utility delivered what the buyer
    drew of it; the seller has no line for it, since the KWH minted for it are theirs beside those that came back.
    What it paid beyond the counted falls into the slot of the agreement: as much KWH was burned, and went on to the
    utility for the buyer.
    """
    book = UtilityBook(trade.community)
    lock_id = LockedTrade.objects.values("lock_id").filter(pk=trade.pk)
    left = EnergyLock.objects.values_list("delivered_wh", flat=True).get(pk__in=lock_id)
    lines: list[tuple[object, ...]] = []
    before = 0
    for slot, wh, used_wh in _counted(trade, left):
        paid = min(wh, left)
        used = min(used_wh, paid)
        stroops = amount(before + paid, trade.price) - amount(before, trade.price)
        before, left = before + paid, left - paid
        prices = book.prices(slot, trade.buyer_id)
        parts = []
        if paid:
            parts += [
                Line(trade.seller_id, Kind.STORED_SALE, trade.price, paid, stroops),
                Line(trade.buyer_id, Kind.STORED_PURCHASE, trade.price, paid, -stroops),
            ]
        if paid > used:
            rest = paid - used
            fed_in = amount(rest, prices.feed_in)
            parts.append(Line(trade.buyer_id, Kind.UTILITY_EXPORT, prices.feed_in, rest, fed_in))
        if used_wh > used:
            parts += bought_from_utility(trade.buyer_id, used_wh - used, prices)
        lines += [(one.who, trade.pk, slot, str(one.kind), one.wh, one.price, one.stroops) for one in parts]
    return lines


def _counted(trade: Trade, paid_wh: int) -> list[tuple[datetime, int, int]]:
    """(slot, Wh, of it drawn by the buyer) in order, with what was paid beyond the metered."""
    rows = LockDelivery.objects.filter(locked=trade.pk).order_by().values_list("slot")
    counted = {slot: (wh, used) for slot, wh, used in rows.annotate(Sum("wh"), Sum("used_wh"))}
    assert all(used <= wh for wh, used in counted.values())
    beyond = paid_wh - sum(wh for wh, _ in counted.values())
    if beyond > 0:
        wh, used = counted.get(trade.slot, (0, 0))
        counted[trade.slot] = wh + beyond, used
    return [(slot, *counted[slot]) for slot in sorted(counted)]
