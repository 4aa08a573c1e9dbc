"""Closing a settlement slot: readings in, trades, statement lines and ONE chain intent out, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from devices.models import Device, Register, SlotReading
from stelltron.core import prepared, slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.ids import uuid7s
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.core.rows import copy_rows
from stelltron.core.units import amount
from stelltron.ledger import withdrawals
from stelltron.ledger.models import Asset, Holding, Seat

from .. import parameters
from ..engine.mechanisms import Mechanism
from ..engine.rounds import Exchange, Outcome, Position, Rules, allocate
from ..friends.agreements import contracts_in
from ..grid.zones import Grid, grid_at
from ..live import announce_slot
from ..models import AllocationKey, HeldEnergy, SlotRun, Trade
from ..tariffs.prices import UtilityBook
from . import banking, delivering
from .guard import record_worse_off
from .limits import rooms
from .lines import charges_due, lines_of_slot, write_lines
from .metered import Metered, bound_wh, metered, root_of
from .new_trades import NewTrade
from .settling import settle_slot

# Plain SQL: every order asks it.
OLDEST_OPEN = """
SELECT min(slot) FROM devices_slotreading
WHERE community_id = %(community)s AND state = 'OPEN'
  AND slot >= (SELECT min(valid_from) FROM market_tariff WHERE community_id = %(community)s AND plan = '')
"""


def close_due_slots(community: Community, most: int = 10_000) -> int:
    """Close every slot that is due, oldest first, each in a transaction of its own. Returns how many."""
    closed = 0
    while closed < most and close_next_slot(community):
        closed += 1
    return closed


@transaction.atomic
def close_next_slot(community: Community) -> SlotRun | None:
    """Close the oldest slot that is due, if any."""
    lock_market(community.pk)
    slot = next_due_slot(community)
    if slot is None:
        return None
    run = _close(community, slot)
    transaction.on_commit(lambda: announce_slot(run))
    return run


def next_due_slot(community: Community) -> datetime | None:
    """A slot is due when every active meter has reported past its end, or its grace has run out."""
    first = oldest_open_slot(community)
    if first is None:
        return None
    end = slots.next_slot(first, community.slot_minutes)
    active = Register.objects.filter(
        device__community=community, device__state=Device.State.ACTIVE, device__point__isnull=False
    )
    slowest = active.aggregate(at=Min("at"))["at"]
    if slowest and slowest >= end:
        return first
    community.refresh_from_db(fields=["data_time"])
    grace = timedelta(seconds=value_at(community, parameters.GRACE_SECONDS, end))
    return first if community.now() >= end + grace else None


def oldest_open_slot(community: Community) -> datetime | None:
    """The oldest slot that waits to be cleared; what lies before the first tariff waits for one."""
    ((oldest,),) = prepared.run(OLDEST_OPEN, {"community": community.pk})
    return oldest


@dataclass
class Slot:
    """What clearing reads once and every step needs."""

    community: Community
    start: datetime
    end: datetime
    readings: list[Metered]
    seats: dict[object, int]
    book: UtilityBook
    banking_slots: int
    grid: Grid
    mechanism: Mechanism

    @property
    def kept_for(self) -> timedelta:
        """How long unsold energy is banked after the slot; zero: not at all."""
        return timedelta(minutes=self.community.slot_minutes * self.banking_slots)

    def rules(self, keys: dict[object, int]) -> Rules:
        """Bill sharing gives producers less than the feed-in tariff on purpose: the guard would stop it."""
        usual = self.book.prices(self.start)
        return Rules(
            usual.retail,
            usual.feed_in,
            self.mechanism,
            self.grid.fees,
            self.grid.feeders,
            keys,
            guard=self.mechanism is not Mechanism.BILL_SHARING,
        )


def _close(community: Community, start: datetime) -> SlotRun:
    readings = metered(community, start, [SlotReading.State.OPEN])
    members = {reading.member_id for reading in readings}
    slot = read_slot(community, start, readings)
    parts = delivering.delivered_in(community, start, slot.end, readings)
    bound = bound_wh(readings, sum(part.wh for part in parts), sum(part.used_wh for part in parts))
    outcome = allocate(
        delivering.covered(_positions(slot, members), parts),
        bound,
        slot.rules(_keys(community)),
        contracts_in(community, start, slot.end),
    )
    assert sum(outcome.sold().values()) == sum(outcome.bought().values()) == outcome.traded_wh <= bound
    run = _record_run(slot, outcome, bound)
    delivering.record(run, parts)
    sales = _sales(slot, run, outcome)
    for who, wh in outcome.from_held.items():
        banking.draw(who, wh)
    expired = banking.expire(community, slot.end, spent=outcome.from_held)
    _record_held(run, outcome, expired)
    to_utility = _to_utility(slot, outcome, expired)
    charges = charges_due(slot.book, run, members)
    prices = slot.book.in_slot(start)
    lines = lines_of_slot(outcome, sales, to_utility, prices, charges)
    write_lines(run, lines, slot.book)
    record_worse_off(run, lines, prices)
    delivering.bank(parts, slot.start, slot.end, slot.kept_for)
    settle_slot(slot, run, outcome, sales, to_utility)
    SlotReading.objects.filter(community=community, slot=start, state=SlotReading.State.OPEN).update(
        state=SlotReading.State.CLEARED
    )
    return run


def read_slot(community: Community, start: datetime, readings: list[Metered]) -> Slot:
    return Slot(
        community,
        start,
        slots.next_slot(start, community.slot_minutes),
        readings,
        dict(Seat.objects.filter(member__community=community).values_list("member_id", "index")),
        UtilityBook(community),
        value_at(community, parameters.BANKING_SLOTS, start),
        grid_at(community, start),
        Mechanism(value_at(community, parameters.MECHANISM, start)),
    )


def _positions(slot: Slot, members: set[object]) -> dict[object, Position]:
    exported: dict[object, int] = defaultdict(int)
    imported: dict[object, int] = defaultdict(int)
    zones: dict[object, int] = {}
    for reading in slot.readings:
        exported[reading.member_id] += reading.exported_wh
        imported[reading.member_id] += reading.imported_wh
        zones.setdefault(reading.member_id, slot.grid.zone(reading.zone))
    withdrawals.top_up(members)
    held = Holding.objects.select_for_update(of=["self"]).filter(member__community=slot.community)
    held = held.order_by("member_id", "asset")
    balances = {(who, asset): free for who, asset, free in held.values_list("member_id", "asset", "available")}
    allowed = rooms(slot.community, slot.start, members & slot.seats.keys())
    own = {who: slot.book.prices(slot.start, who) for who in slot.book.on_own_plan(slot.start)}
    positions = {}
    for who in sorted(members):  # type: ignore[type-var]
        room = allowed.get(who)
        positions[who] = Position(
            who,
            exported[who],
            imported[who],
            held_wh=balances.get((who, Asset.KWH), 0),
            sell_at_least=room.sell_at_least if room and room.sells else None,
            buy_at_most=room.buy_at_most if room and room.buys else None,
            room_wh=room.wh if room else 0,
            free_stroops=balances.get((who, Asset.WATT), 0),
            zone=zones[who],
            retail=own[who].retail if who in own else None,
            feed_in=own[who].feed_in if who in own else None,
        )
    return positions


def _keys(community: Community) -> dict[object, int]:
    """Static allocation keys, in basis points of the surplus."""
    given = AllocationKey.objects.filter(member__community=community)
    return dict(given.values_list("member_id", "basis_points"))


def _record_run(slot: Slot, outcome: Outcome, bound: int) -> SlotRun:
    return SlotRun.objects.create(
        community=slot.community,
        slot=slot.start,
        points=len(slot.readings),
        surplus_wh=sum(reading.exported_wh for reading in slot.readings),
        deficit_wh=sum(reading.imported_wh for reading in slot.readings),
        bound_wh=bound,
        traded_wh=outcome.traded_wh,
        mechanism=slot.mechanism,
        price=outcome.price,
        root=root_of(slot.start, slot.readings),
        cleared_at=datetime.now(UTC),
    )


def _sales(slot: Slot, run: SlotRun, outcome: Outcome) -> list[NewTrade]:
    return [
        _sale(id, slot, run, exchange)
        for id, exchange in zip(uuid7s(len(outcome.exchanges)), outcome.exchanges, strict=True)
    ]


def _sale(id: UUID, slot: Slot, run: SlotRun, exchange: Exchange) -> NewTrade:
    return NewTrade(
        id,
        slot.community.pk,
        (Trade.Venue.FRIENDS if exchange.among_friends else Trade.Venue.AUCTION).value,
        slot.start,
        exchange.buyer,
        exchange.seller,
        exchange.wh,
        exchange.price,
        amount(exchange.wh, exchange.price),
        exchange.fee,
        amount(exchange.wh, exchange.fee),
        run.cleared_at,
        run.pk,
    )


def _record_held(run: SlotRun, outcome: Outcome, expired: dict[object, int]) -> None:
    """The inputs that no reading or trade shows, so that the lines can be recomputed."""
    used = {who: wh for who, wh in outcome.from_held.items() if wh}
    rows = [
        HeldEnergy(run=run, member_id=who, used_wh=used.get(who, 0), expired_wh=expired.get(who, 0))
        for who in used.keys() | expired.keys()
    ]
    copy_rows(HeldEnergy, rows)


def _to_utility(slot: Slot, outcome: Outcome, expired: dict[object, int]) -> dict[object, int]:
    """Unsold surplus where nothing is banked, and what has been banked too long."""
    total = dict(expired)
    for who, wh in outcome.unsold.items():
        if not slot.banking_slots or who not in slot.seats:
            total[who] = total.get(who, 0) + wh
    return total
