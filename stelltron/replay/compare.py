"""Every way a community may share, over the same recorded slots: who gains, who loses. No database, no chain.

The rules are clearing's own (market/rounds.py), fed with the very slots a replay measures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from market.engine.mechanisms import NEXT_TO_NOTHING, Mechanism
from market.engine.rounds import Outcome, Position, Rules, allocate
from stelltron.core.units import MWH_PER_WH, amount

from .community import MOST_SLOT_WH
from .profile import Profile, meter_states

PLENTY = 10**15


class Slot(NamedTuple):
    """One home's slot: whole Wh as its registers give them, and the registers' own mWh."""

    exported_wh: int
    imported_wh: int
    exported_mwh: int
    imported_mwh: int


Homes = dict[str, Slot]


@dataclass
class Tally:
    """What a mechanism came to so far; bills in stroops, negative where the member is owed."""

    traded_wh: int = 0
    bills: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def compare(profile: Profile, retail: int, feed_in: int) -> list[dict[str, Any]]:
    """A row for each mechanism: traded, share of the greatest welfare, saving, members better off, the worst member.

    Prices in stroops per kWh. Static keys are each home's part of what all of them consume.
    """
    slots = _slots(profile)
    keys = _keys(profile)
    utility: dict[str, int] = defaultdict(int)
    most_wh = 0
    for homes in slots:
        for home, slot in homes.items():
            utility[home] += amount(slot.imported_wh, retail) - amount(slot.exported_wh, feed_in)
        most_wh += _bound_wh(homes)
    rows = []
    for mechanism in Mechanism:
        tally = _run(slots, Rules(retail, feed_in, mechanism, keys=keys, guard=mechanism != Mechanism.BILL_SHARING))
        savings = {home: utility[home] - tally.bills[home] for home in utility}
        worst = min(savings, key=lambda home: savings[home])
        rows.append(
            {
                "mechanism": mechanism.name.lower(),
                "traded_wh": tally.traded_wh,
                # With asks at the feed-in tariff and bids at retail a traded Wh is worth the same whatever its price.
                "welfare": round(tally.traded_wh / most_wh, 4) if most_wh else 1.0,
                "saving_stroops": sum(savings.values()),
                "better_off": sum(saving > 0 for saving in savings.values()),
                "worse_off": sum(saving < 0 for saving in savings.values()),
                "worst_home": worst,
                "worst_saving_stroops": savings[worst],
            }
        )
    return rows


def _slots(profile: Profile) -> list[Homes]:
    slots: dict[Any, Homes] = defaultdict(dict)
    for home, intervals in profile.homes.items():
        for before, after in pairwise(meter_states(intervals, profile.minutes)):
            slots[before.at][home] = Slot(
                after.exported_mwh // MWH_PER_WH - before.exported_mwh // MWH_PER_WH,
                after.imported_mwh // MWH_PER_WH - before.imported_mwh // MWH_PER_WH,
                after.exported_mwh - before.exported_mwh,
                after.imported_mwh - before.imported_mwh,
            )
    return [slots[at] for at in sorted(slots)]


def _bound_wh(homes: Homes) -> int:
    exported = sum(slot.exported_mwh for slot in homes.values())
    return min(exported, sum(slot.imported_mwh for slot in homes.values())) // MWH_PER_WH


def _keys(profile: Profile) -> dict[Any, int]:
    used = {home: sum(i.consumption_mwh for i in intervals) for home, intervals in profile.homes.items()}
    whole = sum(used.values()) or 1
    return {home: 10_000 * mwh // whole for home, mwh in used.items()}


def _run(slots: list[Homes], rules: Rules) -> Tally:
    tally = Tally()
    # Bill sharing gives nothing for what is shared: who takes part has agreed to that.
    least = NEXT_TO_NOTHING if rules.mechanism is Mechanism.BILL_SHARING else max(rules.feed_in, 1)
    for homes in slots:
        positions = {
            home: Position(home, slot.exported_wh, slot.imported_wh, 0, least, rules.retail, MOST_SLOT_WH, PLENTY)
            for home, slot in homes.items()
        }
        outcome = allocate(positions, _bound_wh(homes), rules)
        tally.traded_wh += outcome.traded_wh
        _bill(tally.bills, outcome, rules)
    return tally


def _bill(bills: dict[str, int], outcome: Outcome, rules: Rules) -> None:
    for exchange in outcome.exchanges:
        paid = amount(exchange.wh, exchange.price)
        bills[str(exchange.buyer)] += paid + amount(exchange.wh, exchange.fee)
        bills[str(exchange.seller)] -= paid
    for home, wh in outcome.unsold.items():
        bills[str(home)] -= amount(wh, rules.feed_in)
    for home, wh in outcome.from_utility.items():
        bills[str(home)] += amount(wh, rules.retail)
