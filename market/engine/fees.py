"""Grid fees between zones: what the network charges for energy on its way from seller to buyer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ZoneFees:
    """Stroops per kWh. Energy pays ``inside`` within its zone; else ``out`` up to the common level and ``into`` down.

    Nowhere is the way inside dearer than the way out and back in, so that neighbours come first.
    """

    inside: int = 0
    out: int = 0
    into: int = 0

    def __post_init__(self) -> None:
        if min(self.inside, self.out, self.into) < 0:
            raise ValueError("a grid fee is not negative")
        if self.inside > self.out + self.into:
            raise ValueError("a zone's own fee may not exceed the fee out of it and back in")


class GridFees:
    """The fees of a community's zones, which are numbered from 0."""

    def __init__(self, zones: Sequence[ZoneFees] = (ZoneFees(),)) -> None:
        self.zones = tuple(zones)
        self.inside = [zone.inside for zone in zones]
        self.out = [zone.out for zone in zones]
        self.into = [zone.into for zone in zones]
        self.are_none = not any((*self.inside, *self.out, *self.into))

    def between(self, seller: int, buyer: int) -> int:
        """What a kWh from zone ``seller`` to zone ``buyer`` pays."""
        if seller == buyer:
            return self.inside[seller]
        return self.out[seller] + self.into[buyer]
