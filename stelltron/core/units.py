"""Energy and money as integers: Wh, stroops (1e-7 of a token), stroops per kWh, basis points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation

STROOPS = 10_000_000
# The finest a bank pays.
CENT = STROOPS // 100
WH_PER_KWH = 1_000
MWH_PER_WH = 1_000
LARGEST = 10**18
# What the contracts' 32 bits hold, in stroops per kWh; and more energy than any order is about.
LARGEST_PRICE = 2**32 - 1
LARGEST_WH = 1_000_000_000


def amount(wh: int, price: int) -> int:
    """Stroops for ``wh`` at ``price`` stroops per kWh: the one rounding rule, down."""
    return wh * price // WH_PER_KWH


def split_pro_rata(total: int, weights: Sequence[int]) -> list[int]:
    """Share ``total`` by ``weights``, exactly, remainders to the largest fractions.

    Ties go to the earlier position. No share exceeds its weight where total <= sum(weights).
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    by_fraction = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_fraction[:left]:
        shares[index] += 1
    return shares


def parse_scaled(text: str, scale: int) -> int:
    """``"1.5"`` at ``scale`` 1000 -> 1500. Raises ValueError when it does not fit exactly."""
    try:
        value = Decimal(text.strip()) * scale
    except (InvalidOperation, AttributeError):
        raise ValueError(f"{text!r} is not a number") from None
    if not value.is_finite() or abs(value) > LARGEST:
        raise ValueError(f"{text!r} is not a number")
    if value != value.to_integral_value():
        places = len(str(scale)) - 1
        raise ValueError(f"{text!r} has more than {places} decimals")
    return int(value)


def kwh(wh: int) -> str:
    """Wh as kWh with three decimals and thousands separators."""
    return f"{Decimal(wh) / WH_PER_KWH:,.3f}"


def money(stroops: int, places: int = 2) -> str:
    """Stroops as a token amount, cut (not rounded) to ``places``."""
    quantum = Decimal(1).scaleb(-places)
    value = (Decimal(stroops) / STROOPS).quantize(quantum, rounding=ROUND_DOWN)
    # Without the f, nothing at all would be 0E-7.
    return f"{value:,f}"


def since(moment: datetime, now: datetime) -> str:
    """How long ago, in one unit."""
    seconds = max(int((now - moment).total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} d"
