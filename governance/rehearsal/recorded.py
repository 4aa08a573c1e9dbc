"""What was recorded, as a rehearsal plays it: readings, mandates, tariffs and the rules in force, slot by slot."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from django.db import connection

from devices.models import MeteringPoint
from market import parameters
from market.engine.mechanisms import Mechanism
from market.engine.rounds import Contract, Rules
from market.grid.zones import Grid, grid_at
from market.models import AllocationKey, FriendContract, GridFee, SlotRun
from market.models import Mandate as GivenMandate
from market.tariffs.prices import Prices, UtilityBook
from stelltron.core import slots
from stelltron.core.models import Community, ParameterVersion
from stelltron.core.parameters import REGISTRY
from stelltron.ledger.models import Seat
from stelltron.members.models import Member

from .play import Mandate, Reading, Slot, Utility

# The values that decide how energy is shared.
REHEARSED = (parameters.MECHANISM, parameters.BANKING_SLOTS, parameters.GRID_DISTANCE)
# What was read in time: late readings are bills of their own. A slot is one row of columns, which is read in a fifth of
# the time that a row a reading takes.
READINGS = """
SELECT r.slot, array_agg(p.number::integer), array_agg(r.exported_wh), array_agg(r.imported_wh),
       array_agg(r.exported_to_mwh - r.exported_from_mwh), array_agg(r.imported_to_mwh - r.imported_from_mwh)
FROM devices_slotreading r
JOIN unnest(%(points)s::uuid[]) WITH ORDINALITY AS p (id, number) ON p.id = r.point_id
WHERE r.community_id = %(community)s AND r.slot >= %(first)s AND r.slot < %(end)s AND r.state = 'CLEARED'
  AND NOT EXISTS (SELECT 1 FROM market_latereading late WHERE late.reading_id = r.id)
GROUP BY r.slot ORDER BY r.slot
"""
READINGS_A_FETCH = 50_000


def window(community: Community, days: int) -> tuple[datetime, datetime] | None:
    """The last ``days`` that were cleared, [first, end); None where nothing was."""
    last = SlotRun.objects.filter(community=community).order_by("-slot").values_list("slot", flat=True).first()
    if last is None:
        return None
    end = slots.next_slot(last, community.slot_minutes)
    first = SlotRun.objects.filter(community=community).order_by("slot").values_list("slot", flat=True).first()
    return max(end - timedelta(days=days), first), end


class Recorded:
    """A community's recorded slots, with ``instead``: values in place of those in force.

    Members are numbered from 1 in the order of their ids: clearing takes them in that order too, and whole numbers
    are compared and looked up several times faster than ids, millions of times a month.
    """

    def __init__(self, community: Community, first: datetime, end: datetime, instead: Mapping[str, int]) -> None:
        self.community, self.first, self.end, self.instead = community, first, end, instead
        self.book = UtilityBook(community)
        self.members = sorted(Member.objects.filter(community=community).values_list("pk", flat=True))
        self._rank = {who: number for number, who in enumerate(self.members, start=1)}
        points = MeteringPoint.objects.filter(member__community=community).order_by("code")
        # By number from 1: (id, member, zone).
        self._points = [(pk, self._rank[who], zone) for pk, who, zone in points.values_list("pk", "member_id", "zone")]
        seats = Seat.objects.filter(member__community=community).values_list("member_id", "index")
        self.seated = {self._rank[who]: index for who, index in seats}
        keys = AllocationKey.objects.filter(member__community=community).values_list("member_id", "basis_points")
        self.keys = {self._rank[who]: share for who, share in keys}
        self._versions = list(
            ParameterVersion.objects.filter(community=community, key__in=[one.key for one in REHEARSED])
            .order_by("effective_from")
            .values_list("key", "effective_from", "value")
        )
        self._mandates = _Mandates(community, first, end, self._rank)
        agreed = (FriendContract.State.ACTIVE, FriendContract.State.ENDED)
        self._contracts = list(
            FriendContract.objects.filter(
                seller__community=community, state__in=agreed, valid_from__lt=end, valid_until__gt=first
            ).order_by("id")
        )
        self._fee_changes = sorted(GridFee.objects.filter(community=community).values_list("valid_from", flat=True))
        self._grids: dict[tuple[int, int], Grid] = {}

    def count(self) -> int:
        runs = SlotRun.objects.filter(community=self.community, slot__gte=self.first, slot__lt=self.end)
        return runs.values("slot").distinct().count()

    def slots(self) -> Iterator[Slot]:
        """In order of time, streamed: a month of a large community does not fit in one's head at once."""
        asked = {
            "community": self.community.pk,
            "first": self.first,
            "end": self.end,
            "points": [point for point, _, _ in self._points],
        }
        slots_a_fetch = max(READINGS_A_FETCH // (len(self._points) or 1), 1)
        with connection.chunked_cursor() as cursor:
            cursor.execute(READINGS, asked)
            while rows := cursor.fetchmany(slots_a_fetch):
                for start, *columns in rows:
                    # In the order of the points' codes, as clearing reads them.
                    yield self._slot(start, [self._reading(*row) for row in sorted(zip(*columns, strict=True))])

    def _reading(self, number: int, *registers: int) -> Reading:
        _, member, zone = self._points[number - 1]
        return Reading(member, zone, *registers)

    def value(self, key: str, moment: datetime) -> int:
        """The value played: what is proposed, or else what was in force."""
        if key in self.instead:
            return self.instead[key]
        value = REGISTRY[key].default
        for named, since, given in self._versions:
            if named == key and since <= moment:
                value = given
        return value

    def _slot(self, start: datetime, readings: list[Reading]) -> Slot:
        end = slots.next_slot(start, self.community.slot_minutes)
        mechanism = Mechanism(self.value(parameters.MECHANISM.key, start))
        grid = self._grid(start)
        usual = self.book.prices(start)
        kept = self.value(parameters.BANKING_SLOTS.key, start)
        rules = Rules(
            usual.retail,
            usual.feed_in,
            mechanism,
            grid.fees,
            grid.feeders,
            self.keys,
            guard=mechanism is not Mechanism.BILL_SHARING,
        )
        zones = len(grid.feeders)
        return Slot(
            start,
            end,
            start.astimezone(UTC).date(),
            # A zone without a fee of its own counts as the first.
            [one if one.zone < zones else one._replace(zone=0) for one in readings],
            rules,
            [
                Contract(self._rank[one.seller_id], self._rank[one.buyer_id], one.price, one.slot_wh)
                for one in self._contracts
                if one.valid_from <= start and one.valid_until >= end
            ],
            self._mandates.over(start, end),
            self.seated,
            _utility(usual),
            {self._rank[who]: _utility(self.book.prices(start, who)) for who in self.book.on_own_plan(start)},
            end + timedelta(minutes=self.community.slot_minutes * kept) if kept else None,
        )

    def _grid(self, start: datetime) -> Grid:
        distance = self.value(parameters.GRID_DISTANCE.key, start)
        key = bisect_right(self._fee_changes, start), distance
        if key not in self._grids:
            self._grids[key] = grid_at(self.community, start, distance)
        return self._grids[key]


class _Mandates:
    """What each member allows over a slot; looked up anew only where some mandate begins or ends."""

    def __init__(self, community: Community, first: datetime, end: datetime, rank: Mapping[object, int]) -> None:
        self._rank = rank
        states = (GivenMandate.State.ACTIVE, GivenMandate.State.ENDED)
        given = GivenMandate.objects.filter(
            member__community=community, state__in=states, valid_from__lt=end, valid_until__gt=first
        )
        self._given = list(given.order_by("id"))
        self._changes = sorted({at for one in self._given for at in (one.valid_from, one.valid_until)})
        self._known: dict[tuple[int, int], dict[int, Mandate]] = {}

    def over(self, start: datetime, end: datetime) -> dict[int, Mandate]:
        key = bisect_right(self._changes, start), bisect_right(self._changes, end)
        if key not in self._known:
            in_force = [one for one in self._given if one.valid_from <= start and one.valid_until >= end]
            # Of several the newest counts.
            self._known = {key: {self._rank[one.member_id]: _mandate(one) for one in in_force}}
        return self._known[key]


def _mandate(given: GivenMandate) -> Mandate:
    return Mandate(
        given.sell_at_least if given.sells else None,
        given.buy_at_most if given.buys else None,
        given.slot_wh,
        given.day_wh,
    )


def _utility(prices: Prices) -> Utility:
    return Utility(prices.retail, prices.feed_in, prices.tax)
