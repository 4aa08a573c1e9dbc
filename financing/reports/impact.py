"""What a stake did: people with power, the quantity delivered, CO2 that was not emitted; its part is units of 10,000."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from stelltron.core.models import Community, ParameterVersion
from stelltron.core.parameters import versions_at

from ..models import UNITS, Generator, Stake
from ..parameters import REPLACED_CO2_G_PER_KWH

KWH = "kWh"
WH_PER_KWH = 1_000
DEFAULT_SOURCE = (
    "a diesel generator that turns a third of its fuel into power: 74.1 kg of CO2 a GJ of diesel (IPCC 2006)"
)


@dataclass(frozen=True)
class Factor:
    """Grams a kWh, and where the figure comes from."""

    g_per_kwh: int
    source: str


@dataclass(frozen=True)
class Impact:
    """``shared`` is people times units: 10,000 of it is one person. Quantities in parts; CO2 of kWh only, in mg."""

    made: Generator
    units: int
    people: int
    quantity: int
    whole_quantity: int
    co2_mg: int | None
    factor: Factor | None

    @property
    def shared(self) -> int:
        return self.people * self.units

    @property
    def measure(self) -> str:
        return self.made.offering.request.measure

    @property
    def parts(self) -> int:
        return self.made.offering.request.parts


@dataclass(frozen=True)
class Total:
    """Of a portfolio; ``quantities`` by measure and its parts."""

    stakes: list[Impact]
    people: float
    quantities: list[tuple[str, int, int]]
    co2_mg: int


def impact_of(stakes: Iterable[Stake], now: datetime | None = None) -> Total:
    """Of the units that are owned now, for all their generators have delivered. Metered, not promised."""
    owned = [stake for stake in stakes if stake.units]
    factors = _factors({stake.generator.community for stake in owned}, now or datetime.now(UTC))
    found = [_impact(stake, factors[stake.generator.community_id]) for stake in owned]
    sums: dict[tuple[str, int], int] = {}
    for one in found:
        key = (one.measure, one.parts)
        sums[key] = sums.get(key, 0) + one.quantity
    return Total(
        found,
        sum(one.shared for one in found) / UNITS,
        [(measure, parts, amount) for (measure, parts), amount in sorted(sums.items())],
        sum(one.co2_mg or 0 for one in found),
    )


def _impact(stake: Stake, factor: Factor) -> Impact:
    made = stake.generator
    request = made.offering.request
    delivered = made.dispensed + made.free
    # mg: Wh times g a kWh.
    whole = delivered * WH_PER_KWH // request.parts * factor.g_per_kwh if request.measure == KWH else None
    return Impact(
        made=made,
        units=stake.units,
        people=request.people if made.state == Generator.State.ACTIVE else 0,
        quantity=delivered * stake.units // UNITS,
        whole_quantity=delivered,
        co2_mg=None if whole is None else whole * stake.units // UNITS,
        factor=None if whole is None else factor,
    )


def _factors(communities: set[Community], now: datetime) -> dict[object, Factor]:
    found: dict[object, Factor] = {}
    for community in communities:
        version = versions_at(community, [REPLACED_CO2_G_PER_KWH], now).get(REPLACED_CO2_G_PER_KWH.key)
        found[community.pk] = _told(version) if version else Factor(REPLACED_CO2_G_PER_KWH.default, DEFAULT_SOURCE)
    return found


def _told(version: ParameterVersion) -> Factor:
    return Factor(version.value, f"set by the co-op from {version.effective_from:%Y-%m-%d}: {version.reason}")
