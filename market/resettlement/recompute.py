"""Every line again from what is stored: readings, held energy, trades, tariffs; equal to the last unit or named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from devices.models import SlotReading
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.ledger.batch import decode_sections
from stelltron.ledger.models import ChainIntent, Seat

from .. import parameters
from ..clearing.delivering import counted_by, spoken_for
from ..clearing.delivering import lines_of as lines_of_stored_trade
from ..clearing.lines import Line, charges_due, lines_of_slot
from ..clearing.metered import Metered, metered, root_of
from ..engine.rounds import Position, Rules, allocate
from ..models import Dispute, HeldEnergy, LateReading, SlotRun, StatementLine, Trade
from ..selectors import month_bounds
from ..spot.book_rows import lines_of as lines_of_spot_trade
from ..tariffs.prices import UtilityBook
from .late import changes_of
from .late import lines_of as lines_of_late
from .undo import lines_without_trades

Key = tuple[object, str, int]
Value = tuple[int, int]
READINGS = "READINGS"


@dataclass(frozen=True)
class Difference:
    """A line that does not follow from its inputs; Wh and stroops, None where there is no such line."""

    run: SlotRun | None
    member_id: object
    kind: str
    price: int
    stored: Value | None
    computed: Value | None
    line_id: int | None = None

    def __str__(self) -> str:
        if self.kind == READINGS:
            return f"slot {self.run}: a reading is not what its Merkle root proves"
        where = f"slot {self.run}" if self.run else "outside a run"
        name = f"line {self.line_id}" if self.line_id else "a missing line"
        return f"{name}, {where}, {self.kind} at {self.price}: stored {_told(self.stored)}, computed {_told(self.computed)}"


@dataclass
class Inputs:
    """What a run's lines follow from."""

    readings: list[Metered]
    trades: list[Trade]
    held: dict[object, int] = field(default_factory=dict)
    expired: dict[object, int] = field(default_factory=dict)


def recompute_month(community: Community, month: str) -> Iterator[Difference]:
    """The differences of a month, in order of time. Raises ValueError."""
    start, end = month_bounds(community, month)
    book = UtilityBook(community)
    for run in SlotRun.objects.filter(community=community, slot__gte=start, slot__lt=end).order_by("slot", "version"):
        yield from differences(run, book)
        if root_differs(run):
            yield Difference(run, None, READINGS, 0, None, None)
    single = StatementLine.objects.filter(member__community=community, run=None, slot__gte=start, slot__lt=end)
    for line in single.select_related("trade").order_by("slot", "id").iterator(chunk_size=2000):
        yield from single_difference(line)


def differences(run: SlotRun, book: UtilityBook | None = None) -> list[Difference]:
    """Where the run's stored lines, or its root, are not what its inputs say."""
    computed = {(line.who, str(line.kind), line.price): (line.wh, line.stroops) for line in lines_again(run, book)}
    rows = StatementLine.objects.filter(run=run).values_list("member_id", "kind", "price", "wh", "amount", "id")
    stored = {(who, kind, price): (wh, stroops, pk) for who, kind, price, wh, stroops, pk in rows}
    found = []
    for key in sorted({*computed, *stored}, key=str):
        there = stored.get(key)
        value = there[:2] if there else None
        if value != computed.get(key):
            found.append(Difference(run, *key, value, computed.get(key), there[2] if there else None))
    return found


def root_differs(run: SlotRun) -> bool:
    """Whether a reading was changed since the run proved it."""
    seen = _read_until(run)
    return root_of(run.slot, [reading for reading in _all_cleared(run) if reading.id in seen]) != run.root


def lines_again(run: SlotRun, book: UtilityBook | None = None) -> list[Line]:
    """What the run's lines must be."""
    book = book or UtilityBook(run.community)
    late = set(LateReading.objects.filter(run=run).values_list("reading_id", flat=True))
    if late:
        return _late_again(run, late, book)
    return _undone_again(run, book) if run.version > 1 else _first_again(run, inputs_of(run), book)


def inputs_of(run: SlotRun) -> Inputs:
    """What the first version read: readings in time, held energy that was used, trades."""
    seen = _read_until(run)
    readings = [reading for reading in _all_cleared(run) if reading.id in seen]
    kept = HeldEnergy.objects.filter(run=run).values_list("member_id", "used_wh", "expired_wh")
    inputs = Inputs(readings, list(run.trades.order_by("id")))
    for member_id, used, expired in kept:
        inputs.held[member_id], inputs.expired[member_id] = used, expired
    return inputs


def _first_again(run: SlotRun, inputs: Inputs, book: UtilityBook) -> list[Line]:
    exported: dict[object, int] = defaultdict(int)
    imported: dict[object, int] = defaultdict(int)
    for reading in inputs.readings:
        exported[reading.member_id] += reading.exported_wh
        imported[reading.member_id] += reading.imported_wh
    given, used = spoken_for(run)
    for who, wh in given.items():
        exported[who] -= wh
    for who, wh in used.items():
        imported[who] -= wh
    # Without limits nobody trades: only the round of own use is left, and the trades are as they are stored.
    positions = {who: Position(who, exported[who], imported[who], held_wh=inputs.held.get(who, 0)) for who in exported}
    outcome = allocate(positions, 0, Rules(0, 0))
    for trade in inputs.trades:
        outcome.unsold[trade.seller_id] = outcome.unsold.get(trade.seller_id, 0) - trade.wh
        outcome.from_utility[trade.buyer_id] = outcome.from_utility.get(trade.buyer_id, 0) - trade.wh
    outcome.unsold = {who: wh for who, wh in outcome.unsold.items() if wh}
    outcome.from_utility = {who: wh for who, wh in outcome.from_utility.items() if wh}
    to_utility = {who: wh for who, wh in inputs.expired.items() if wh}
    banked = value_at(run.community, parameters.BANKING_SLOTS, run.slot)
    minted = _minted(run) if banked else set()
    for who, wh in outcome.unsold.items():
        if who not in minted:
            to_utility[who] = to_utility.get(who, 0) + wh
    charges = charges_due(book, run, exported)
    return lines_of_slot(outcome, inputs.trades, to_utility, book.in_slot(run.slot), charges)


def _undone_again(run: SlotRun, book: UtilityBook) -> list[Line]:
    """The version that took back the trades of the one before."""
    first = SlotRun.objects.get(community=run.community, slot=run.slot, version=run.version - 1)
    trades = list(first.trades.all())
    sold: dict[object, int] = defaultdict(int)
    bought: dict[object, int] = defaultdict(int)
    for trade in trades:
        sold[trade.seller_id] += trade.wh
        bought[trade.buyer_id] += trade.wh
    banked = bool(value_at(run.community, parameters.BANKING_SLOTS, run.slot))
    return lines_without_trades(first, trades, sold, bought, book, banked)


def _late_again(run: SlotRun, late: set[int], book: UtilityBook) -> list[Line]:
    readings = [reading for reading in _all_cleared(run) if reading.id in late]
    seats = dict(Seat.objects.filter(member__community=run.community).values_list("member_id", "index"))
    changes = changes_of(run, readings, seats, counted_by(run))
    charges = charges_due(book, run, [one.who for one in changes])
    return lines_of_late(run, changes, charges, book)


def _all_cleared(run: SlotRun) -> list[Metered]:
    return metered(run.community, run.slot, [SlotReading.State.CLEARED])


def _read_until(run: SlotRun) -> set[int]:
    """The readings that this version knew: all but those of later versions."""
    later = LateReading.objects.filter(
        run__community=run.community, run__slot=run.slot, run__version__gt=run.version
    ).values("reading")
    known = SlotReading.objects.filter(community=run.community, slot=run.slot, state=SlotReading.State.CLEARED)
    return set(known.exclude(pk__in=later).values_list("pk", flat=True))


def _minted(run: SlotRun) -> set[object]:
    """Who had a seat, and so kept their surplus as KWH: the very sections say it."""
    intent = ChainIntent.objects.filter(pk=run.intent_id).first()
    if intent is None:
        return set()
    seats = {seat for section in decode_sections(bytes(intent.section)) for seat, _ in section.mints}
    return set(Seat.objects.filter(index__in=seats).values_list("member_id", flat=True))


def single_difference(line: StatementLine) -> Iterator[Difference]:
    """A spot trade's line follows from its trade (or takes it back), a correction from its dispute."""
    stored = line.wh, line.amount
    computed = _single(line)
    if computed != stored:
        yield Difference(None, line.member_id, line.kind, line.price, stored, computed, line.pk)


def _single(line: StatementLine) -> Value | None:
    if line.trade is None:
        dispute = Dispute.objects.filter(correction_line=line, state=Dispute.State.UPHELD).first()
        return (0, dispute.correction) if dispute else None
    stored = line.trade.venue == Trade.Venue.STORED
    for who, _, slot, kind, wh, price, stroops in (lines_of_stored_trade if stored else lines_of_spot_trade)(
        line.trade
    ):
        if (who, slot, kind, price) == (line.member_id, line.slot, line.kind, line.price):
            return (-wh, -stroops) if line.wh < 0 else (wh, stroops)
    return None


def line_again(line: StatementLine) -> Value | None:
    """What one line must be; None where there should be no such line."""
    if line.run is None:
        return _single(line)
    for again in lines_again(line.run):
        if (again.who, again.kind, again.price) == (line.member_id, line.kind, line.price):
            return again.wh, again.stroops
    return None


def _told(value: Value | None) -> str:
    return f"{value[0]} Wh {value[1]} stroops" if value else "none"
