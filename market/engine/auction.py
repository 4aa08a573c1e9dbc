"""The community auction: one call per slot, one price per zone, rationed pro rata at the margin. Pure.

Zones meet at a common level: energy pays its zone's fee ``out`` up to it and the other zone's ``into`` down from it,
or only ``inside`` among neighbours. The volumes are those of the greatest welfare, fees counted as cost: for a price
at the common level every zone has a best net export, which rises with it; where they sum to zero is the optimum
(a transport problem on a star, solved by its dual). A zone's export may be capped by its feeder.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from stelltron.core.units import split_pro_rata

from .fees import GridFees

FREE = GridFees()
# Above every limit (2^32) with its fees.
CEILING = 1 << 36


class Quote(NamedTuple):
    """A bid or an ask, one per ``who``: Wh at a limit in stroops per kWh; a bid's limit includes the grid fee."""

    who: Hashable
    wh: int
    limit: int
    zone: int = 0


@dataclass
class Result:
    """``prices``: per zone, what its sellers get; its buyers pay that and the zone's own fee. None without trade."""

    prices: list[int | None]
    traded_wh: int = 0
    sold: dict[Hashable, int] = field(default_factory=dict)
    bought: dict[Hashable, int] = field(default_factory=dict)
    # Wh that leave (above zero) or enter each zone.
    exports: list[int] = field(default_factory=list)

    @property
    def price(self) -> int | None:
        """The one price of a community with one zone."""
        return self.prices[0]


def clear(
    asks: Sequence[Quote],
    bids: Sequence[Quote],
    most_wh: int | None = None,
    fees: GridFees = FREE,
    feeders: Sequence[int | None] | None = None,
) -> Result:
    """The volumes of greatest welfare, at most ``most_wh`` in all; ``feeders``: most Wh across each zone's border.

    Standing mandates have no arrival time, so equals at the margin share by largest remainder.
    """
    count = len(fees.zones)
    asks_of, bids_of = _by_zone(asks, count), _by_zone(bids, count)
    zones = [
        _Zone(_Curve(asks_of[z]), _Curve(bids_of[z], fees.inside[z]), fees.inside[z], fees.out[z], fees.into[z], cap)
        for z, cap in enumerate(feeders or [None] * count)
    ]
    level, exports = _balance(zones) if count > 1 else (0, [0])
    volumes = [zone.volumes(export) for zone, export in zip(zones, exports, strict=True)]
    if most_wh is not None:
        _shorten(volumes, most_wh)
    result = Result([None] * count)
    for z, (zone, (sold, bought)) in enumerate(zip(zones, volumes, strict=True)):
        lowest = zone.asks.ration(sold, result.sold)
        highest = zone.bids.ration(bought, result.bought)
        result.exports.append(sold - bought)
        result.prices[z] = zone.price(sold - bought, level, lowest, highest)
        result.traded_wh += bought
    return result


def pair(
    sold: Iterable[tuple[Hashable, int]], bought: Iterable[tuple[Hashable, int]]
) -> list[tuple[Hashable, Hashable, int]]:
    """Who gets whose energy, (buyer, seller, Wh): at most sellers + buyers - 1 pairs, in the given order.

    No share may be zero.
    """
    pairs = []
    sellers, buyers = iter(sold), iter(bought)
    seller, left_sold = next(sellers, (None, 0))
    buyer, left_bought = next(buyers, (None, 0))
    while left_sold and left_bought:
        wh = left_sold if left_sold < left_bought else left_bought
        pairs.append((buyer, seller, wh))
        left_sold -= wh
        left_bought -= wh
        if not left_sold:
            seller, left_sold = next(sellers, (None, 0))
        if not left_bought:
            buyer, left_bought = next(buyers, (None, 0))
    return pairs


class _Curve:
    """One side of a zone, best first. ``limit`` is in the zone's own price: a bid's without the fee inside."""

    def __init__(self, quotes: list[Quote], fee: int | None = None) -> None:
        self.is_bid = fee is not None
        quotes.sort(key=attrgetter("limit"), reverse=self.is_bid)
        self.quotes = quotes
        self.keys = [fee - q.limit for q in quotes] if fee is not None else [q.limit for q in quotes]
        self.sums = [0, *accumulate([q.wh for q in quotes])]

    def beyond(self, price: int) -> int:
        """Wh of those who trade gladly at ``price``: asks below it, bids above it."""
        return self.sums[bisect_left(self.keys, -price if self.is_bid else price)]

    def up_to(self, price: int) -> int:
        """... and of those to whom ``price`` is all the same."""
        return self.sums[bisect_right(self.keys, -price if self.is_bid else price)]

    def ration(self, volume: int, shares: dict[Hashable, int]) -> int | None:
        """Give ``volume`` to the best, pro rata at the margin. Returns the limit of the last that got any."""
        if volume <= 0:
            return None
        last = bisect_left(self.sums, volume) - 1
        margin = self.keys[last]
        first, after = bisect_left(self.keys, margin), bisect_right(self.keys, margin)
        shares.update((quote.who, quote.wh) for quote in self.quotes[:first])
        level = self.quotes[first:after]
        for quote, wh in zip(level, split_pro_rata(volume - self.sums[first], [q.wh for q in level]), strict=True):
            if wh:
                shares[quote.who] = wh
        return -margin if self.is_bid else margin


@dataclass
class _Zone:
    asks: _Curve
    bids: _Curve
    inside: int
    out: int
    into: int
    feeder: int | None

    def volumes(self, export: int) -> tuple[int, int]:
        """(sold, bought), as much as meets when ``export`` leaves the zone (enters it, below zero)."""
        price = _first(lambda at: self.asks.up_to(at) - self.bids.beyond(at) >= export)
        bought = min(self.bids.up_to(price), self.asks.up_to(price) - export)
        return bought + export, bought

    def best_export(self, level: int, *, most: bool) -> int:
        """The least or the most net export that is best for the zone at a price at the common level."""
        low, high = level - self.out, level + self.into - self.inside
        if most:
            leaves = self.asks.up_to(low) - self.bids.beyond(low)
            enters = self.asks.up_to(high) - self.bids.beyond(high)
        else:
            leaves = self.asks.beyond(low) - self.bids.up_to(low)
            enters = self.asks.beyond(high) - self.bids.up_to(high)
        export = leaves if leaves > 0 else min(enters, 0)
        if self.feeder is not None:
            export = max(min(export, self.feeder), -self.feeder)
        return export

    def price(self, export: int, level: int, ask: int | None, bid: int | None) -> int | None:
        """What sellers get: the common level's price less the way there, or the midpoint of the marginal quotes.

        Behind a full feeder the zone has a price of its own; what others pay beyond it is the grid's.
        """
        if ask is None and bid is None:
            return None
        border = level - self.out if export > 0 else level + self.into - self.inside
        if export and (self.feeder is None or abs(export) < self.feeder):
            return border
        low = border if ask is None else ask
        high = border if bid is None else bid
        if export > 0:
            high = min(high, border)
        elif export < 0:
            low = max(low, border)
        return (low + high) // 2


def _by_zone(quotes: Sequence[Quote], count: int) -> list[list[Quote]]:
    zones: list[list[Quote]] = [[] for _ in range(count)]
    if count == 1:
        zones[0] = [quote for quote in quotes if quote.wh > 0]
    else:
        for quote in quotes:
            if quote.wh > 0:
                zones[quote.zone].append(quote)
    return zones


def _balance(zones: Sequence[_Zone]) -> tuple[int, list[int]]:
    """The price at the common level, and each zone's net export; the exports sum to zero."""
    lowest = _first(lambda level: sum(zone.best_export(level, most=True) for zone in zones) >= 0)
    above = _first(lambda level: sum(zone.best_export(level, most=False) for zone in zones) > 0)
    level = (lowest + above - 1) // 2
    least = [zone.best_export(level, most=False) for zone in zones]
    spare = [zone.best_export(level, most=True) - export for zone, export in zip(zones, least, strict=True)]
    shares = split_pro_rata(-sum(least), spare)
    return level, [export + share for export, share in zip(least, shares, strict=True)]


def _first(holds: Callable[[int], bool]) -> int:
    """The lowest price from which a rising condition holds."""
    low, high = -CEILING, CEILING
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _shorten(volumes: list[tuple[int, int]], most_wh: int) -> None:
    """Take off what exceeds ``most_wh``: among neighbours first, then between a zone that sells and one that buys."""
    excess = sum(bought for _, bought in volumes) - most_wh
    for z, (sold, bought) in enumerate(volumes):
        if excess <= 0:
            return
        cut = min(excess, sold, bought)
        volumes[z] = (sold - cut, bought - cut)
        excess -= cut
    for side in (0, 1):
        left = excess
        for z, pair_of in enumerate(volumes):
            cut = min(left, pair_of[side])
            volumes[z] = (pair_of[0] - cut, pair_of[1]) if side == 0 else (pair_of[0], pair_of[1] - cut)
            left -= cut
