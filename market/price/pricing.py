"""The dynamic reference price: six factors on a base price. Pure integers.

A factor is a whole number of billionths (``ONE`` is 1). Every step rounds down, and the portal's
``formula.ts`` takes the very same steps, so that browser and server agree to the last stroop.
"""

from __future__ import annotations

from dataclasses import dataclass

ONE = 10**9
BASIS = 10_000
LN_2 = 693_147_180
LOG_BITS = 30
LOWEST, HIGHEST = ONE // 2, 5 * ONE
# Demand counts as at most a hundred times supply, and at least a hundredth: nights have no supply at all.
MOST_RATIO = 100
EVENING, MORNING, NIGHT = range(18, 22), range(6, 9), range(2, 6)


@dataclass(frozen=True)
class Coefficients:
    """What members vote on. ``base`` in stroops per kWh, the rest in basis points unless named otherwise."""

    base: int
    supply_demand: int
    charge: int
    distance_per_km: int
    reliability: int
    delivery_weight: int
    voltage_weight: int
    battery_weight: int
    evening: int
    morning: int
    night: int
    winter: int
    summer: int
    winter_month: int
    smoothing: int


@dataclass(frozen=True)
class Conditions:
    """One slot. None: nobody measures it, and the factor or the part of it is left out."""

    supply_wh: int
    demand_wh: int
    hour: int
    month: int
    charge_bp: int | None = None
    metres: int = 0
    delivered: int = 0
    agreed: int = 0
    voltage_bp: int | None = None
    battery_bp: int | None = None


@dataclass(frozen=True)
class Price:
    """The factors in billionths; ``multiplier`` within the bounds, ``clamped`` where they held it."""

    supply_demand: int
    charge: int
    distance: int
    time: int
    reliability: int
    season: int
    multiplier: int
    clamped: bool
    price: int


def price_of(conditions: Conditions, terms: Coefficients) -> Price:
    """The price before smoothing, stroops per kWh."""
    factors = (
        supply_demand_factor(conditions.supply_wh, conditions.demand_wh, terms.supply_demand),
        charge_factor(conditions.charge_bp, terms.charge),
        ONE + conditions.metres * terms.distance_per_km * (ONE // BASIS) // 1000,
        time_factor(conditions.hour, terms),
        reliability_factor(conditions, terms),
        season_factor(conditions.month, terms),
    )
    product = 1
    for factor in factors:
        product *= factor
    raw = product // ONE ** (len(factors) - 1)
    multiplier = min(max(raw, LOWEST), HIGHEST)
    return Price(*factors, multiplier, multiplier != raw, terms.base * multiplier // ONE)


def smoothed(before: int | None, target: int, smoothing_bp: int) -> int:
    """``smoothing_bp`` of the way from the last price to ``target``, and at least one stroop of it."""
    if before is None or before == target:
        return target
    step = max(abs(target - before) * smoothing_bp // BASIS, 1)
    return before + step if target > before else before - step


def supply_demand_factor(supply_wh: int, demand_wh: int, a: int) -> int:
    """1 + a ln(D / S), D and S in energy."""
    if supply_wh == demand_wh:
        return ONE
    more, less = max(supply_wh, demand_wh), min(supply_wh, demand_wh)
    ratio = MOST_RATIO * ONE if more >= MOST_RATIO * less else more * ONE // less
    part = a * natural_log(ratio) // BASIS
    return ONE + part if demand_wh > supply_wh else max(ONE - part, 0)


def charge_factor(charge_bp: int | None, b: int) -> int:
    """1 + b (1 - SoC)^2; without batteries there is none."""
    if charge_bp is None:
        return ONE
    empty = BASIS - charge_bp
    return ONE + b * empty * empty * ONE // BASIS**3


def time_factor(hour: int, terms: Coefficients) -> int:
    for hours, factor in ((EVENING, terms.evening), (MORNING, terms.morning), (NIGHT, terms.night)):
        if hour in hours:
            return factor * (ONE // BASIS)
    return ONE


def reliability_factor(conditions: Conditions, terms: Coefficients) -> int:
    """1 + r Q: Q weighs deliveries, voltage stability and battery health, over the parts that are measured."""
    parts = [
        (terms.delivery_weight, conditions.delivered * BASIS // (conditions.agreed + 1)),
        (terms.voltage_weight, conditions.voltage_bp),
        (terms.battery_weight, conditions.battery_bp),
    ]
    measured = [(weight, part) for weight, part in parts if part is not None]
    total = sum(weight for weight, _ in measured)
    if total == 0:
        return ONE
    quality = sum(weight * part for weight, part in measured) // total
    return ONE + terms.reliability * quality * ONE // BASIS**2


def season_factor(month: int, terms: Coefficients) -> int:
    """Winter is the three months around its middle, summer the three opposite, between them the factor is 1."""
    away = abs((month - terms.winter_month + 6) % 12 - 6)
    if away <= 1:
        return terms.winter * (ONE // BASIS)
    return terms.summer * (ONE // BASIS) if away >= 5 else ONE


def natural_log(ratio: int) -> int:
    """ln of ``ratio`` billionths, at least 1, in billionths: binary digits by repeated squaring."""
    whole = 0
    while ratio >= 2 * ONE:
        ratio //= 2
        whole += 1
    log_2 = whole << LOG_BITS
    for bit in range(LOG_BITS - 1, -1, -1):
        ratio = ratio * ratio // ONE
        if ratio >= 2 * ONE:
            ratio //= 2
            log_2 += 1 << bit
    return log_2 * LN_2 >> LOG_BITS
