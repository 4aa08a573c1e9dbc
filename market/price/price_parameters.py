"""The dynamic price's coefficients: what a vote may change, within hard bounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stelltron.core.models import Community
from stelltron.core.parameters import Parameter, declare, versions_at
from stelltron.core.units import LARGEST_PRICE

from .pricing import Coefficients


def _share(name: str, default: int, help: str, *, lowest: int = 0, highest: int = 10_000) -> Parameter:
    return declare(f"price.{name}", unit="bp", default=default, lowest=lowest, highest=highest, help=help)


def _time(name: str, default: int, help: str) -> Parameter:
    return _share(name, default, help, lowest=5_000, highest=20_000)


PARAMETERS: dict[str, Parameter] = {
    "base": declare(
        "price.base",
        unit="stroops per kWh",
        default=1_500_000,
        lowest=1,
        highest=LARGEST_PRICE // 5,
        help="what the six factors multiply",
    ),
    "supply_demand": _share("supply_demand", 2_000, "a in 1 + a ln(demand / supply)"),
    "charge": _share("charge", 5_000, "b in 1 + b (1 - state of charge)^2", highest=20_000),
    "distance_per_km": _share("distance_per_km", 2_000, "g in 1 + g km"),
    "reliability": _share("reliability", 1_000, "r in 1 + r Q, Q the sellers' reliability", highest=5_000),
    "delivery_weight": _share("delivery_weight", 4_000, "weight of deliveries in Q"),
    "voltage_weight": _share("voltage_weight", 3_000, "weight of voltage stability in Q"),
    "battery_weight": _share("battery_weight", 3_000, "weight of battery health in Q"),
    "evening": _time("evening", 13_000, "factor from 18 to 22 h"),
    "morning": _time("morning", 11_500, "factor from 6 to 9 h"),
    "night": _time("night", 8_500, "factor from 2 to 6 h"),
    "winter": _time("winter", 11_000, "factor in the three months of winter"),
    "summer": _time("summer", 9_000, "factor in the three months of summer"),
    "winter_month": declare(
        "price.winter_month",
        unit="month",
        default=1,
        lowest=1,
        highest=12,
        help="the middle of winter: 1 in the north, 7 in the south",
    ),
    "smoothing": _share("smoothing", 1_000, "how much of the way to the new price one slot goes", lowest=100),
}


@dataclass(frozen=True)
class Terms:
    """The coefficients in force, and the version each was read from (None: the default)."""

    coefficients: Coefficients
    versions: dict[str, int | None]


def terms_at(community: Community, moment: datetime) -> Terms:
    found = versions_at(community, PARAMETERS.values(), moment)
    values, versions = {}, {}
    for name, parameter in PARAMETERS.items():
        version = found.get(parameter.key)
        values[name] = version.value if version else parameter.default
        versions[parameter.key] = version.pk if version else None
    return Terms(Coefficients(**values), versions)
