"""The community auction: one call per slot, one price for all, rationed pro rata at the margin."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby

from stelltron.core.units import split_pro_rata


@dataclass(frozen=True)
class Quote:
    """A bid or an ask: Wh at a limit in stroops per kWh."""

    who: Hashable
    wh: int
    limit: int


@dataclass(frozen=True)
class Result:
    """``price`` is the midpoint of the marginal bid and ask; None when nothing trades."""

    price: int | None
    traded_wh: int
    sold: dict[Hashable, int]
    bought: dict[Hashable, int]


def clear(asks: Sequence[Quote], bids: Sequence[Quote], most_wh: int | None = None) -> Result:
    """The largest volume at which the marginal bid still meets the marginal ask, at most ``most_wh``.

    Standing mandates have no arrival time, so equals at the margin share by largest remainder.
    """
    asks = sorted((q for q in asks if q.wh > 0), key=lambda q: q.limit)
    bids = sorted((q for q in bids if q.wh > 0), key=lambda q: -q.limit)
    volume = _crossing_volume(asks, bids)
    if most_wh is not None:
        volume = min(volume, most_wh)
    if volume <= 0:
        return Result(None, 0, {}, {})
    sold, marginal_ask = _fill(asks, volume)
    bought, marginal_bid = _fill(bids, volume)
    return Result((marginal_ask + marginal_bid) // 2, volume, sold, bought)


def pair(
    sold: Sequence[tuple[Hashable, int]], bought: Sequence[tuple[Hashable, int]]
) -> list[tuple[Hashable, Hashable, int]]:
    """Who gets whose energy, (buyer, seller, Wh): at most sellers + buyers - 1 pairs, in the given order."""
    pairs = []
    sellers, buyers = list(sold), list(bought)
    seller = buyer = 0
    left_sold = sellers[0][1] if sellers else 0
    left_bought = buyers[0][1] if buyers else 0
    while seller < len(sellers) and buyer < len(buyers):
        wh = min(left_sold, left_bought)
        if wh:
            pairs.append((buyers[buyer][0], sellers[seller][0], wh))
        left_sold, left_bought = left_sold - wh, left_bought - wh
        if left_sold == 0:
            seller += 1
            left_sold = sellers[seller][1] if seller < len(sellers) else 0
        if left_bought == 0:
            buyer += 1
            left_bought = buyers[buyer][1] if buyer < len(buyers) else 0
    return pairs


def _crossing_volume(asks: Sequence[Quote], bids: Sequence[Quote]) -> int:
    volume = supplied = demanded = 0
    ask = bid = 0
    while ask < len(asks) and bid < len(bids) and bids[bid].limit >= asks[ask].limit:
        volume = min(supplied + asks[ask].wh, demanded + bids[bid].wh)
        if supplied + asks[ask].wh <= volume:
            supplied += asks[ask].wh
            ask += 1
        if demanded + bids[bid].wh <= volume:
            demanded += bids[bid].wh
            bid += 1
    return volume


def _fill(quotes: Sequence[Quote], volume: int) -> tuple[dict[Hashable, int], int]:
    """Shares of ``volume`` best limit first, and the limit of the last level that got any."""
    shares: dict[Hashable, int] = {}
    marginal = 0
    for limit, level in groupby(quotes, key=lambda q: q.limit):
        if volume == 0:
            break
        same = list(level)
        weights = [q.wh for q in same]
        taken = min(volume, sum(weights))
        for quote, share in zip(same, split_pro_rata(taken, weights), strict=True):
            if share:
                shares[quote.who] = shares.get(quote.who, 0) + share
        volume -= taken
        marginal = limit
    return shares, marginal
