"""The allocation-key file: what each metering point gave to the community and received from it, slot by slot.

Counted is what changed hands in the slot itself (auction, contracts among friends, stored energy delivered), in all
versions of its run. Where a member has several points, what they sold or bought is split by what each point measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.db.models import Sum

from devices.models import SlotReading
from market.models import StatementLine
from stelltron.core.units import split_pro_rata

from .books import CHUNK, Row
from .period import Period

Kind = StatementLine.Kind
GIVEN = (Kind.COMMUNITY_SALE, Kind.FRIEND_SALE, Kind.STORED_SALE)
RECEIVED = (Kind.COMMUNITY_PURCHASE, Kind.FRIEND_PURCHASE, Kind.STORED_PURCHASE)
WHOLE = 1_000_000


class Point(NamedTuple):
    slot: datetime
    code: str
    direction: str
    quality: str
    member_id: UUID
    exported_wh: int
    imported_wh: int


def allocation(period: Period) -> Iterator[Row]:
    """One row per point and slot; the shares of a slot are in millionths and add up to a million where any was shared."""
    yield (
        "slot", "point", "direction", "quality", "exported_wh", "imported_wh", "given_wh", "received_wh",
        "given_millionths", "received_millionths",
    )  # fmt: skip
    traded = _Traded(period)
    for slot, group in groupby(_points(period), key=lambda point: point.slot):
        points = list(group)
        given = _by_point(points, traded.of(slot, GIVEN), lambda point: point.exported_wh)
        received = _by_point(points, traded.of(slot, RECEIVED), lambda point: point.imported_wh)
        shares = zip(
            points, given, received, split_pro_rata(WHOLE, given), split_pro_rata(WHOLE, received), strict=True
        )
        for point, *figures in shares:
            yield (
                slot.isoformat(),
                point.code,
                point.direction,
                point.quality,
                point.exported_wh,
                point.imported_wh,
                *figures,
            )


def _points(period: Period) -> Iterator[Point]:
    rows = SlotReading.objects.filter(community=period.community, slot__gte=period.start, slot__lt=period.end).order_by(
        "slot", "point__code"
    )
    fields = (
        "slot", "point__code", "point__direction", "quality", "point__member_id", "exported_wh", "imported_wh",
    )  # fmt: skip
    return (Point(*row) for row in rows.values_list(*fields).iterator(CHUNK))


class _Traded:
    """Sums of the lines by slot, member and kind, read beside the points: both come in the order of the slots."""

    def __init__(self, period: Period) -> None:
        lines = StatementLine.objects.filter(
            member__community=period.community,
            run__isnull=False,
            kind__in=(*GIVEN, *RECEIVED),
            slot__gte=period.start,
            slot__lt=period.end,
        )
        sums = lines.order_by("slot").values_list("slot", "member_id", "kind").annotate(total=Sum("wh"))
        self._groups = groupby(sums.iterator(CHUNK), key=lambda row: row[0])
        self._slot: datetime | None = None
        self._sums: dict[str, dict[UUID, int]] = {}

    def of(self, slot: datetime, kinds: Iterable[str]) -> Mapping[UUID, int]:
        """Wh by member; ``slot`` never goes back."""
        while self._slot is None or self._slot < slot:
            found = next(self._groups, None)
            if found is None:
                self._slot, self._sums = slot, {}
                break
            self._slot, rows = found
            self._sums = defaultdict(dict)
            for _, member_id, kind, wh in rows:
                self._sums[kind][member_id] = wh
        total: dict[UUID, int] = defaultdict(int)
        if self._slot == slot:
            for kind in kinds:
                for member_id, wh in self._sums.get(kind, {}).items():
                    total[member_id] += wh
        return total


def _by_point(points: list[Point], traded: Mapping[UUID, int], measured: Callable[[Point], int]) -> list[int]:
    """What each point's member traded, split among the member's points by what they measured."""
    places = defaultdict(list)
    for place, point in enumerate(points):
        places[point.member_id].append(place)
    shares = [0] * len(points)
    for member_id, own in places.items():
        parts = split_pro_rata(traded.get(member_id, 0), [measured(points[place]) for place in own])
        for place, wh in zip(own, parts, strict=True):
            shares[place] = wh
    return shares
