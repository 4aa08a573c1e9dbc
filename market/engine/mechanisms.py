"""What a community may choose instead of the auction: one price by a formula, energy shared by a rule. Pure.

Formulas in stroops per kWh, with retail b, feed-in s, surplus S and deficit D of the slot. Each of them comes to a
trade of min(S, D) at one price, the rest at the utility's:

- mid-market rate: (b + s) / 2
- SDR, r = S / D: s b / ((b - s) r + s) for r <= 1, else s (Liu et al. 2017, supply and demand ratio)
- bill sharing: next to nothing, so that the community's one bill is shared by consumption. It takes from those who
  produce what they would have got from the utility.
- allocation keys: the mid-market rate; static keys give each member a fixed share of the surplus, which nobody else
  gets when it is not used; dynamic keys share by what is consumed in the slot.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from enum import IntEnum

from stelltron.core.units import split_pro_rata

from .auction import Quote

# The least price a mandate can agree to.
NEXT_TO_NOTHING = 1


class Mechanism(IntEnum):
    AUCTION = 0
    MID_MARKET = 1
    SUPPLY_DEMAND_RATIO = 2
    STATIC_KEYS = 3
    DYNAMIC_KEYS = 4
    BILL_SHARING = 5


def formula_price(mechanism: Mechanism, surplus_wh: int, deficit_wh: int, retail: int, feed_in: int) -> int:
    """What sellers get in a slot, stroops per kWh, rounded down."""
    if mechanism is Mechanism.BILL_SHARING:
        return NEXT_TO_NOTHING
    if mechanism is not Mechanism.SUPPLY_DEMAND_RATIO:
        return (retail + feed_in) // 2
    if surplus_wh >= deficit_wh or retail == feed_in:
        return feed_in
    return feed_in * retail * deficit_wh // ((retail - feed_in) * surplus_wh + feed_in * deficit_wh)


def share(
    asks: Sequence[Quote],
    bids: Sequence[Quote],
    price: int,
    most_wh: int | None = None,
    keys: Mapping[Hashable, int] | None = None,
) -> tuple[dict[Hashable, int], dict[Hashable, int]]:
    """(sold, bought) at ``price``, pro rata among those whose limits allow it; a bid's limit is without the fee.

    ``keys``: basis points of the surplus that each buyer is entitled to, and no more.
    """
    asks = [quote for quote in asks if quote.limit <= price and quote.wh > 0]
    bids = [quote for quote in bids if quote.limit >= price and quote.wh > 0]
    supply = sum(quote.wh for quote in asks)
    if keys is None:
        wanted = [quote.wh for quote in bids]
    else:
        wanted = [min(quote.wh, supply * keys.get(quote.who, 0) // 10_000) for quote in bids]
    volume = min(supply, sum(wanted))
    if most_wh is not None:
        volume = min(volume, most_wh)
    if volume <= 0:
        return {}, {}
    return _shares(asks, [quote.wh for quote in asks], volume), _shares(bids, wanted, volume)


def _shares(quotes: Sequence[Quote], weights: Sequence[int], volume: int) -> dict[Hashable, int]:
    shares = split_pro_rata(volume, weights)
    return {quote.who: wh for quote, wh in zip(quotes, shares, strict=True) if wh}
