"""The allocation rounds of one slot: own use, community auction, utility. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from .engine import auction


@dataclass(frozen=True)
class Position:
    """One member in one slot, all Wh. ``room_wh`` is what the mandate's caps leave."""

    who: Hashable
    exported_wh: int
    imported_wh: int
    held_wh: int = 0
    sell_at_least: int | None = None
    buy_at_most: int | None = None
    room_wh: int = 0
    free_stroops: int = 0


@dataclass
class Outcome:
    """Who used, sold, bought and exchanged with the utility; every Wh is in exactly one place."""

    price: int | None = None
    traded_wh: int = 0
    own_use: dict[Hashable, int] = field(default_factory=dict)
    from_held: dict[Hashable, int] = field(default_factory=dict)
    sold: dict[Hashable, int] = field(default_factory=dict)
    bought: dict[Hashable, int] = field(default_factory=dict)
    unsold: dict[Hashable, int] = field(default_factory=dict)
    from_utility: dict[Hashable, int] = field(default_factory=dict)
    pairs: list[tuple[Hashable, Hashable, int]] = field(default_factory=list)


def allocate(positions: Mapping[Hashable, Position], bound_wh: int) -> Outcome:
    """Run the rounds. The auction trades at most ``bound_wh``: what physically crossed the meters."""
    outcome = Outcome()
    asks, bids = [], []
    for who, p in positions.items():
        own = min(p.imported_wh, p.held_wh + p.exported_wh)
        if own:
            outcome.own_use[who] = own
            outcome.from_held[who] = min(own, p.held_wh)
        # Energy held from earlier slots serves its owner first; this slot's own surplus comes after it.
        surplus = p.exported_wh - max(own - p.held_wh, 0)
        deficit = p.imported_wh - own
        outcome.unsold[who] = surplus
        outcome.from_utility[who] = deficit
        if surplus and p.sell_at_least is not None:
            asks.append(auction.Quote(who, min(surplus, p.room_wh), p.sell_at_least))
        if deficit and p.buy_at_most:
            affordable = p.free_stroops * 1000 // p.buy_at_most
            bids.append(auction.Quote(who, min(deficit, p.room_wh, affordable), p.buy_at_most))
    result = auction.clear(asks, bids, bound_wh)
    outcome.price, outcome.traded_wh = result.price, result.traded_wh
    outcome.sold, outcome.bought = result.sold, result.bought
    for who, wh in result.sold.items():
        outcome.unsold[who] -= wh
    for who, wh in result.bought.items():
        outcome.from_utility[who] -= wh
    outcome.pairs = auction.pair(sorted(result.sold.items()), sorted(result.bought.items()))
    outcome.unsold = {who: wh for who, wh in outcome.unsold.items() if wh}
    outcome.from_utility = {who: wh for who, wh in outcome.from_utility.items() if wh}
    return outcome
