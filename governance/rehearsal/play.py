"""One way to share, played over recorded slots: what each member would have paid. Pure.

The rules are clearing's own (``market.engine.rounds``). Members are taken to have the money for what they buy, and
neither orders of the spot book nor energy sold ahead is played again: they do not follow from the rules of sharing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from market.engine.rounds import Contract, Outcome, Position, Rules, allocate
from stelltron.core.units import MWH_PER_WH, amount

PLENTY = 10**15
NO_MARKET = Rules(0, 0)


class Reading(NamedTuple):
    """One metering point's slot: whole Wh as its registers give them, and the registers' own mWh."""

    who: Hashable
    zone: int
    exported_wh: int
    imported_wh: int
    exported_mwh: int
    imported_mwh: int


class Mandate(NamedTuple):
    """Up to what a member trades; None: not on this side."""

    sell_at_least: int | None
    buy_at_most: int | None
    slot_wh: int
    day_wh: int


class Utility(NamedTuple):
    """A member's own plan in the slot, stroops per kWh."""

    retail: int
    feed_in: int
    tax: int


@dataclass(frozen=True)
class Slot:
    """What one slot is played with. ``kept_until``: when what is not sold now goes to the utility; None: at once."""

    start: datetime
    end: datetime
    day: date
    readings: list[Reading]
    rules: Rules
    contracts: list[Contract]
    mandates: Mapping[Hashable, Mandate]
    seated: Mapping[Hashable, int]
    usual: Utility
    own: Mapping[Hashable, Utility]
    kept_until: datetime | None

    def utility(self, who: Hashable) -> Utility:
        return self.own.get(who, self.usual)


class Lot(NamedTuple):
    expires_at: datetime
    slot: datetime
    wh: int


@dataclass
class Play:
    """What it has come to so far: stroops per member (negative where they pay), and Wh."""

    balance: dict[Hashable, int] = field(default_factory=lambda: defaultdict(int))
    traded_wh: int = 0
    exported_wh: int = 0
    imported_wh: int = 0
    # Stroops, of what was still held in the end.
    held_worth: int = 0
    lots: dict[Hashable, list[Lot]] = field(default_factory=dict)
    _day: date | None = None
    _traded_on_day: dict[Hashable, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, slot: Slot) -> Outcome:
        """Play the next slot in order of time."""
        if slot.day != self._day:
            self._day, self._traded_on_day = slot.day, defaultdict(int)
        bound_wh = _bound_wh(slot.readings)
        # Where nothing can change hands, as every night, only the round of own use is left.
        rules, contracts = (slot.rules, slot.contracts) if bound_wh else (NO_MARKET, [])
        outcome = allocate(self._positions(slot, bound_wh > 0), bound_wh, rules, contracts)
        for who, wh in outcome.from_held.items():
            self._draw(who, wh)
        to_utility = self._expired(slot.end)
        for who, wh in outcome.unsold.items():
            if slot.kept_until and who in slot.seated:
                self.lots.setdefault(who, []).append(Lot(slot.kept_until, slot.start, wh))
            else:
                to_utility[who] += wh
        self._bill(slot, outcome, to_utility)
        return outcome

    def close(self, slot: Slot) -> None:
        """What is still held counts as it would be paid for now, so that both ways end even."""
        for who, lots in self.lots.items():
            worth = amount(sum(lot.wh for lot in lots), slot.utility(who).feed_in)
            self.balance[who] += worth
            self.held_worth += worth
        self.lots.clear()

    def _positions(self, slot: Slot, trades: bool) -> dict[Hashable, Position]:
        exported: dict[Hashable, int] = defaultdict(int)
        imported: dict[Hashable, int] = defaultdict(int)
        zones: dict[Hashable, int] = {}
        for one in slot.readings:
            exported[one.who] += one.exported_wh
            imported[one.who] += one.imported_wh
            zones.setdefault(one.who, one.zone)
        # Clearing takes members in the order of their ids.
        members = sorted(zones)  # type: ignore[type-var]
        if not trades:
            return {who: Position(who, exported[who], imported[who], self._held(who)) for who in members}
        positions = {}
        for who in members:
            mandate = slot.mandates.get(who) if who in slot.seated else None
            plan = slot.own.get(who)
            room = min(mandate.slot_wh, mandate.day_wh - self._traded_on_day[who]) if mandate else 0
            positions[who] = Position(
                who,
                exported[who],
                imported[who],
                self._held(who),
                mandate.sell_at_least if mandate else None,
                mandate.buy_at_most if mandate else None,
                max(room, 0),
                PLENTY,
                zones[who],
                plan.retail if plan else None,
                plan.feed_in if plan else None,
            )
        return positions

    def _held(self, who: Hashable) -> int:
        lots = self.lots.get(who)
        return sum(lot.wh for lot in lots) if lots else 0

    def _draw(self, who: Hashable, wh: int) -> None:
        """First expiring first."""
        left = []
        for lot in sorted(self.lots.get(who, ())):
            part = min(wh, lot.wh)
            wh -= part
            if lot.wh > part:
                left.append(lot._replace(wh=lot.wh - part))
        self.lots[who] = left

    def _expired(self, moment: datetime) -> dict[Hashable, int]:
        over: dict[Hashable, int] = defaultdict(int)
        for who, lots in self.lots.items():
            if any(lot.expires_at <= moment for lot in lots):
                over[who] = sum(lot.wh for lot in lots if lot.expires_at <= moment)
                self.lots[who] = [lot for lot in lots if lot.expires_at > moment]
        return over

    def _bill(self, slot: Slot, outcome: Outcome, to_utility: Mapping[Hashable, int]) -> None:
        balance = self.balance
        for one in outcome.exchanges:
            paid = amount(one.wh, one.price)
            balance[one.seller] += paid
            balance[one.buyer] -= paid + amount(one.wh, one.fee)
            self._traded_on_day[one.seller] += one.wh
            self._traded_on_day[one.buyer] += one.wh
            self.traded_wh += one.wh
        for who, wh in to_utility.items():
            balance[who] += amount(wh, slot.utility(who).feed_in)
            self.exported_wh += wh
        for who, wh in outcome.from_utility.items():
            plan = slot.utility(who)
            balance[who] -= amount(wh, plan.retail) + amount(wh, plan.tax)
            self.imported_wh += wh


def _bound_wh(readings: Iterable[Reading]) -> int:
    exported = imported = 0
    for one in readings:
        exported += one.exported_mwh
        imported += one.imported_mwh
    return max(min(exported, imported), 0) // MWH_PER_WH
