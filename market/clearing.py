"""Closing a settlement slot: readings in, trades, statement lines and ONE chain intent out, in one transaction."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Min

from devices.models import Device, Register, SlotReading
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.core.units import MWH_PER_WH, amount
from stelltron.ledger import holdings, intents, journal, merkle
from stelltron.ledger.batch import PackedTrade, Section
from stelltron.ledger.models import Asset, Holding, Seat

from . import banking, parameters
from .limits import rooms
from .live import announce_slot
from .locks import lock_market
from .models import SlotRun, StatementLine, Tariff, Trade
from .rounds import Outcome, Position, allocate

Kind = StatementLine.Kind


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
    tariff = Tariff.objects.filter(community=community).aggregate(at=Min("valid_from"))["at"]
    if tariff is None:
        return None
    waiting = SlotReading.objects.filter(community=community, state=SlotReading.State.OPEN, slot__gte=tariff)
    return waiting.aggregate(at=Min("slot"))["at"]


@dataclass
class _Slot:
    """What clearing reads once and every step needs."""

    community: Community
    start: datetime
    end: datetime
    readings: list[SlotReading]
    seats: dict[object, int]
    tariff: Tariff
    banking_slots: int


def _close(community: Community, start: datetime) -> SlotRun:
    readings = list(
        SlotReading.objects.filter(community=community, slot=start, state=SlotReading.State.OPEN)
        .select_related("point__member")
        .order_by("point__code")
    )
    members = {reading.point.member_id for reading in readings}
    slot = _Slot(
        community,
        start,
        slots.next_slot(start, community.slot_minutes),
        readings,
        dict(Seat.objects.filter(member__community=community).values_list("member_id", "index")),
        tariff_at(community, start),
        value_at(community, parameters.BANKING_SLOTS, start),
    )
    outcome = allocate(_positions(slot, members), _bound_wh(readings))
    assert sum(outcome.sold.values()) == sum(outcome.bought.values()) == outcome.traded_wh
    run = _record_run(slot, outcome)
    trades = _record_trades(slot, run, outcome)
    for who, wh in outcome.from_held.items():
        banking.draw(who, wh)
    expired = banking.expire(community, slot.end, spent=outcome.from_held)
    _record_lines(slot, run, outcome, trades, expired)
    _settle(slot, run, outcome, trades, expired)
    SlotReading.objects.filter(pk__in=[reading.pk for reading in readings]).update(state=SlotReading.State.CLEARED)
    return run


def tariff_at(community: Community, moment: datetime) -> Tariff:
    """The utility's tariff in force. Raises Tariff.DoesNotExist where the community has none."""
    return Tariff.objects.filter(community=community, valid_from__lte=moment).order_by("-valid_from")[0:1].get()


def _positions(slot: _Slot, members: set[object]) -> dict[object, Position]:
    exported: dict[object, int] = defaultdict(int)
    imported: dict[object, int] = defaultdict(int)
    for reading in slot.readings:
        exported[reading.point.member_id] += reading.exported_wh
        imported[reading.point.member_id] += reading.imported_wh
    balances = {
        (holding.member_id, holding.asset): holding.available
        for holding in Holding.objects.select_for_update().filter(member__in=members).order_by("member_id", "asset")
    }
    allowed = rooms(slot.community, slot.start, members & slot.seats.keys())
    positions = {}
    for who in sorted(members, key=str):
        room = allowed.get(who)
        positions[who] = Position(
            who,
            exported[who],
            imported[who],
            held_wh=balances.get((who, Asset.KWH), 0),
            sell_at_least=room.mandate.sell_at_least if room and room.mandate.sells else None,
            buy_at_most=room.mandate.buy_at_most if room and room.mandate.buys else None,
            room_wh=room.wh if room else 0,
            free_stroops=balances.get((who, Asset.WATT), 0),
        )
    return positions


def _bound_wh(readings: list[SlotReading]) -> int:
    """Most that can change hands: the smaller of surplus and deficit, on whole registers, in full Wh."""
    surplus = sum(reading.exported_to_mwh - reading.exported_from_mwh for reading in readings)
    deficit = sum(reading.imported_to_mwh - reading.imported_from_mwh for reading in readings)
    return min(surplus, deficit) // MWH_PER_WH


def _record_run(slot: _Slot, outcome: Outcome) -> SlotRun:
    leaves = [leaf_of(reading) for reading in slot.readings]
    return SlotRun.objects.create(
        community=slot.community,
        slot=slot.start,
        points=len(slot.readings),
        surplus_wh=sum(reading.exported_wh for reading in slot.readings),
        deficit_wh=sum(reading.imported_wh for reading in slot.readings),
        bound_wh=_bound_wh(slot.readings),
        traded_wh=outcome.traded_wh,
        price=outcome.price,
        root=merkle.root(leaves).hex(),
        cleared_at=datetime.now(UTC),
    )


def leaf_of(reading: SlotReading) -> bytes:
    """A reading's Merkle leaf; its salt follows from the point's own secret and the slot."""
    slot = slots.to_chain(reading.slot)
    salt = hmac.digest(bytes(reading.point.proof_salt), str(slot).encode(), hashlib.sha256)
    return merkle.leaf(reading.point.code, slot, reading.exported_wh, reading.imported_wh, salt)


def _record_trades(slot: _Slot, run: SlotRun, outcome: Outcome) -> list[Trade]:
    assert outcome.price is not None or not outcome.pairs
    return Trade.objects.bulk_create(
        Trade(
            community=slot.community,
            venue=Trade.Venue.AUCTION,
            slot=slot.start,
            run=run,
            buyer_id=buyer,
            seller_id=seller,
            wh=wh,
            price=outcome.price,
            amount=amount(wh, outcome.price),
            matched_at=run.cleared_at,
        )
        for buyer, seller, wh in outcome.pairs
    )


def _record_lines(slot: _Slot, run: SlotRun, outcome: Outcome, trades: list[Trade], expired: dict[object, int]) -> None:
    paid: dict[tuple[object, str], int] = defaultdict(int)
    for trade in trades:
        paid[trade.buyer_id, Kind.COMMUNITY_PURCHASE] -= trade.amount
        paid[trade.seller_id, Kind.COMMUNITY_SALE] += trade.amount
    tariff, price = slot.tariff, outcome.price or 0
    to_utility = _to_utility(slot, outcome, expired)
    lines = [
        *((who, Kind.OWN_USE, wh, 0, 0) for who, wh in outcome.own_use.items()),
        *((who, Kind.COMMUNITY_SALE, wh, price, paid[who, Kind.COMMUNITY_SALE]) for who, wh in outcome.sold.items()),
        *(
            (who, Kind.COMMUNITY_PURCHASE, wh, price, paid[who, Kind.COMMUNITY_PURCHASE])
            for who, wh in outcome.bought.items()
        ),
        *((who, Kind.UTILITY_EXPORT, wh, tariff.feed_in, amount(wh, tariff.feed_in)) for who, wh in to_utility.items()),
        *(
            (who, Kind.UTILITY_IMPORT, wh, tariff.retail, -amount(wh, tariff.retail))
            for who, wh in outcome.from_utility.items()
        ),
    ]
    StatementLine.objects.bulk_create(
        StatementLine(member_id=who, run=run, slot=slot.start, kind=kind, wh=wh, price=price, amount=stroops)
        for who, kind, wh, price, stroops in lines
    )


def _to_utility(slot: _Slot, outcome: Outcome, expired: dict[object, int]) -> dict[object, int]:
    """Unsold surplus where nothing is banked, and what has been banked too long."""
    total = dict(expired)
    for who, wh in outcome.unsold.items():
        if not slot.banking_slots or who not in slot.seats:
            total[who] = total.get(who, 0) + wh
    return total


def _settle(slot: _Slot, run: SlotRun, outcome: Outcome, trades: list[Trade], expired: dict[object, int]) -> None:
    """Move the working balances and queue the slot's one chain intent with the very same amounts."""
    section_start = slots.to_chain(slot.start)
    minted: dict[object, int] = defaultdict(int)
    for reading in slot.readings:
        if reading.point.member_id in slot.seats:
            minted[reading.point.member_id] += reading.exported_wh
    burned = _burned(slot, outcome, expired)
    postings: list[journal.Posting] = []
    for who, wh in minted.items():
        postings += [("meters", Asset.KWH, -wh), (journal.member_account(who), Asset.KWH, wh)]
    for trade in trades:
        postings += trade_postings(trade)
    for who, (used, exported) in burned.items():
        member = journal.member_account(who)
        postings += [
            (member, Asset.KWH, -used - exported),
            ("consumed", Asset.KWH, used),
            ("exported", Asset.KWH, exported),
        ]
    _move_holdings(postings)
    if slot.banking_slots:
        _bank(slot, outcome)
    seat = slot.seats
    section = Section(
        slot=section_start,
        root=bytes.fromhex(run.root),
        leaves=run.points,
        mints=tuple((seat[who], wh) for who, wh in minted.items() if wh),
        trades=tuple(PackedTrade(seat[t.buyer_id], seat[t.seller_id], t.wh, t.price) for t in trades),
        burns=tuple((seat[who], sum(pair)) for who, pair in burned.items() if sum(pair)),
    )
    per_group = value_at(slot.community, parameters.SETTLEMENT_GROUP_SLOTS, slot.start)
    group = section_start // (slot.community.slot_minutes * per_group) if per_group else 0
    intent = intents.queue_settlement(slot.community, section, postings, group=group)
    SlotRun.objects.filter(pk=run.pk).update(intent=intent)
    Trade.objects.filter(pk__in=[trade.pk for trade in trades]).update(intent=intent)


def _burned(slot: _Slot, outcome: Outcome, expired: dict[object, int]) -> dict[object, tuple[int, int]]:
    """Per member with a seat: (used in the community, passed on to the utility)."""
    used: dict[object, int] = defaultdict(int)
    for source in (outcome.own_use, outcome.bought):
        for who, wh in source.items():
            used[who] += wh
    exported = _to_utility(slot, outcome, expired)
    everyone = [who for who in {**used, **exported} if who in slot.seats]
    return {who: (used.get(who, 0), exported.get(who, 0)) for who in sorted(everyone, key=str)}


def trade_postings(trade: Trade) -> list[journal.Posting]:
    """A trade as journal lines: money one way, energy the other."""
    buyer, seller = journal.member_account(trade.buyer_id), journal.member_account(trade.seller_id)
    return [
        (buyer, Asset.WATT, -trade.amount),
        (seller, Asset.WATT, trade.amount),
        (seller, Asset.KWH, -trade.wh),
        (buyer, Asset.KWH, trade.wh),
    ]


def _move_holdings(postings: list[journal.Posting]) -> None:
    changes: dict[tuple[object, str], int] = defaultdict(int)
    for code, asset, delta in postings:
        kind, _, member_id = code.partition("member:")
        if not kind:
            changes[member_id, asset] += delta
    holdings.apply(changes)


def _bank(slot: _Slot, outcome: Outcome) -> None:
    kept_for = timedelta(minutes=slot.community.slot_minutes * slot.banking_slots)
    for who, wh in outcome.unsold.items():
        if who in slot.seats:
            banking.keep(who, slot.start, slot.end + kept_for, wh)
