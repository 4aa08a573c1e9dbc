"""The dynamic price: the last quote with its breakdown, its history, and the coefficients in force."""

from __future__ import annotations

from dataclasses import dataclass

from market.models import PriceQuote
from market.price.price_parameters import terms_at
from market.price.pricing import Coefficients, Price
from stelltron.core.models import Community
from stelltron.core.units import STROOPS, kwh
from stelltron.members.models import Member

CHART_QUOTES = 168


@dataclass(frozen=True)
class Factor:
    """One of the six, and in words what made it."""

    name: str
    label: str
    value: int
    because: str


def last_quote(community: Community) -> PriceQuote | None:
    return PriceQuote.objects.filter(community=community).first()


def breakdown(quote: PriceQuote) -> list[Factor]:
    measured = [
        f"{quote.delivered} of {quote.agreed} trades delivered",
        *([f"{_percent(quote.voltage_bp)} of voltages stable"] if quote.voltage_bp is not None else []),
        *([f"batteries' health {_percent(quote.battery_bp)}"] if quote.battery_bp is not None else []),
    ]
    charge = "no battery reports one" if quote.charge_bp is None else f"batteries at {_percent(quote.charge_bp)}"
    because = (
        f"{kwh(quote.demand_wh)} kWh drawn, {kwh(quote.supply_wh)} kWh fed in",
        charge,
        "none in the community's own price",
        "by the community's clock",
        ", ".join(measured),
        "by the month",
    )
    return [Factor(name, label, getattr(quote, name), why) for (name, label), why in zip(FACTORS, because, strict=True)]


FACTORS = (
    ("supply_demand", "Supply and demand"),
    ("charge", "State of charge"),
    ("distance", "Distance"),
    ("time", "Time of day"),
    ("reliability", "Reliability"),
    ("season", "Season"),
)


def factors_of(price: Price) -> list[Factor]:
    return [Factor(name, label, getattr(price, name), "") for name, label in FACTORS]


def coefficients(community: Community) -> Coefficients:
    return terms_at(community, community.now()).coefficients


def price_series(member: Member) -> dict[str, list]:
    """The last quotes, for the chart: epoch seconds, then the price per kWh before and after smoothing."""
    rows = PriceQuote.objects.filter(community=member.community).values_list("slot", "price", "target")
    last = list(reversed(rows[:CHART_QUOTES]))
    return {
        "at": [int(slot.timestamp()) for slot, _, _ in last],
        "price": [price / STROOPS for _, price, _ in last],
        "target": [target / STROOPS for _, _, target in last],
    }


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:.0f} %"
