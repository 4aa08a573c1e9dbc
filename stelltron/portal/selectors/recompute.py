"""One statement line computed again, with what it follows from."""

from __future__ import annotations

from dataclasses import dataclass, field

from market.figures.savings import Kind
from market.models import LateReading, SlotRun, StatementLine
from market.resettlement.recompute import inputs_of, line_again, root_differs
from market.tariffs.prices import UtilityBook

UTILITY = (Kind.UTILITY_IMPORT, Kind.UTILITY_EXPORT, Kind.TAX, Kind.STANDING_CHARGE)


@dataclass
class Again:
    """``stroops`` and ``wh`` are None where no such line should exist."""

    wh: int | None
    stroops: int | None
    equal: bool
    inputs: list[tuple[str, str]] = field(default_factory=list)


def of(line: StatementLine) -> Again:
    computed = line_again(line)
    equal = computed == (line.wh, line.amount) and not (line.run and root_differs(line.run))
    again = Again(*(computed or (None, None)), equal=equal)
    if line.run:
        again.inputs += _of_run(line, line.run)
    if line.trade:
        again.inputs.append(("Trade on the spot book", f"{line.trade.wh} Wh"))
    return again


def _of_run(line: StatementLine, run: SlotRun) -> list[tuple[str, str]]:
    found = []
    if run.version == 1:
        inputs = inputs_of(run)
        own = [reading for reading in inputs.readings if reading.member_id == line.member_id]
        found += [(f"Meter {r.code}", f"{r.exported_wh} Wh fed in, {r.imported_wh} Wh drawn") for r in own]
        sold = sum(trade.wh for trade in inputs.trades if trade.seller_id == line.member_id)
        bought = sum(trade.wh for trade in inputs.trades if trade.buyer_id == line.member_id)
        found.append(("Trades of the slot", f"{sold} Wh sold, {bought} Wh bought"))
        held, expired = inputs.held.get(line.member_id, 0), inputs.expired.get(line.member_id, 0)
        if held or expired:
            found.append(("Energy you held", f"{held} Wh used, {expired} Wh passed on"))
    else:
        late = LateReading.objects.filter(run=run, reading__point__member=line.member_id)
        for reading in (row.reading for row in late.select_related("reading__point")):
            what = f"{reading.exported_wh} Wh fed in, {reading.imported_wh} Wh drawn"
            found.append((f"Late reading of {reading.point.code}", what))
        found.append((f"Version {run.version}", run.reason))
    if line.kind in UTILITY:
        book = UtilityBook(run.community)
        tariff, band = book.tariff(run.slot, line.member_id), book.prices(run.slot, line.member_id).band
        found.append(("Tariff", f"{tariff.name}{f', {band}' if band else ''}"))
    return found
