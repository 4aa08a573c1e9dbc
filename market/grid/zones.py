"""The grid between members: zones, their fees and feeders, as they stand in a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Sum

from stelltron.core import prepared
from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_market
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Member, User

from ..engine.fees import GridFees, ZoneFees
from ..models import AllocationKey, GridFee
from ..parameters import GRID_DISTANCE

# The journal account that is paid grid fees.
GRID = "grid"
LARGEST_FEE = 2**31
MOST_ZONES = 256
MINUTES_PER_HOUR = 60
# Basis points: of the surplus, of a fee.
WHOLE = 10_000
# Plain SQL: every order asks it.
IN_FORCE = """
SELECT DISTINCT ON (zone) zone, inside, out, "into", feeder_w, (
  SELECT value FROM core_parameterversion
  WHERE community_id = %(community)s AND key = %(distance)s AND effective_from <= %(moment)s
  ORDER BY effective_from DESC LIMIT 1
) FROM market_gridfee
WHERE community_id = %(community)s AND valid_from <= %(moment)s ORDER BY zone, valid_from DESC
"""


@dataclass(frozen=True)
class Grid:
    """``feeders``: most Wh across each zone's border in the slot, None without a limit."""

    fees: GridFees
    feeders: Sequence[int | None]

    def zone(self, number: int) -> int:
        """A metering point's zone; one that has no fee of its own counts as the first."""
        return number if number < len(self.feeders) else 0


def grid_at(community: Community, moment: datetime, distance: int | None = None) -> Grid:
    """The fees in force at ``moment``: the newest row of each zone, as far as distance counts.

    ``distance`` in basis points, in place of the value in force.
    """
    asked = {"community": community.pk, "moment": moment, "distance": GRID_DISTANCE.key}
    in_force = {zone: row for zone, *row in prepared.run(IN_FORCE, asked)}
    zones, feeders = [], []
    for number in range(max(in_force, default=0) + 1):
        inside, out, into, watts, voted = in_force.get(number, (0, 0, 0, None, None))
        weight = distance if distance is not None else GRID_DISTANCE.default if voted is None else voted
        zones.append(_weighed(inside, out, into, weight))
        feeders.append(None if watts is None else watts * community.slot_minutes // MINUTES_PER_HOUR)
    return Grid(GridFees(zones), feeders)


def _weighed(inside: int, out: int, into: int, weight: int) -> ZoneFees:
    out, into = out * weight // WHOLE, into * weight // WHOLE
    # Rounded down, the way out and back in may have lost more than the way inside.
    return ZoneFees(min(inside * weight // WHOLE, out + into), out, into)


@transaction.atomic
def announce_grid_fee(
    community: Community,
    *,
    zone: int,
    name: str,
    inside: int,
    out: int,
    into: int,
    feeder_w: int | None,
    valid_from: datetime,
    actor: User,
    reason: str,
) -> GridFee:
    """A zone's fees (stroops per kWh) from ``valid_from`` on. Raises Refused: the past keeps its own."""
    if not 0 <= zone < MOST_ZONES:
        raise Refused("zone_out_of_range", f"zones are numbered from 0 to {MOST_ZONES - 1}")
    if not all(0 <= fee <= LARGEST_FEE for fee in (inside, out, into)):
        raise Refused("fee_out_of_range", "a grid fee lies between zero and 200 a kWh")
    if inside > out + into:
        raise Refused("fee_inside_too_high", "energy within a zone may not pay more than out of it and back in")
    if feeder_w is not None and feeder_w < 0:
        raise Refused("feeder_out_of_range", "a feeder's power is not negative; leave it empty for no limit")
    if valid_from < community.now():
        raise Refused("fee_in_the_past", "a grid fee starts now or later: slots of the past were settled with the old")
    try:
        with transaction.atomic():
            fee = GridFee.objects.create(
                community=community,
                zone=zone,
                name=name,
                inside=inside,
                out=out,
                into=into,
                feeder_w=feeder_w,
                valid_from=valid_from,
            )
    except IntegrityError:
        raise Refused("fee_exists", "this zone has another fee from that moment on already") from None
    log_action(
        "grid_fee.announce",
        actor=actor,
        target=f"{name} ({zone})",
        reason=reason,
        community=community,
        inside=inside,
        out=out,
        into=into,
    )
    return fee


@transaction.atomic
def set_allocation_key(member: Member, basis_points: int, *, actor: User, reason: str) -> int:
    """A member's fixed share of the surplus. Returns what is left to give. Raises Refused."""
    lock_market(member.community_id)
    others = AllocationKey.objects.filter(member__community=member.community_id).exclude(member=member)
    left = WHOLE - (others.aggregate(sum=Sum("basis_points"))["sum"] or 0)
    if not 0 <= basis_points <= left:
        raise Refused("key_out_of_range", f"the others leave {left / 100:.2f} % of the surplus: give no more than that")
    AllocationKey.objects.update_or_create(member=member, defaults={"basis_points": basis_points})
    log_action(
        "allocation_key.set",
        actor=actor,
        target=member.code,
        reason=reason,
        community=member.community,
        basis_points=basis_points,
    )
    return left - basis_points
