"""Nobody worse off: what clearing saved each member against the utility alone, a slot and a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from stelltron.core.models import Community
from stelltron.core.rows import copy_rows

from ..engine.mechanisms import Mechanism
from ..figures.savings import gain, saved
from ..models import SlotRun, StatementLine, WorseOff
from ..selectors import month_bounds
from ..tariffs.prices import Prices, UtilityBook
from .lines import Line

# Each trade is rounded by itself: a slot's many trades may cost a few stroops, a ten-thousandth at the very most.
TOLERANCE = 1000


@dataclass
class MemberGuard:
    """One member's month; ``worst`` is the slot with the least saving, ``by_sharing``: it came from bill sharing."""

    code: str
    saved: int = 0
    slots_worse: int = 0
    worst: int = 0
    worst_slot: datetime | None = None
    by_sharing: bool = False


def record_worse_off(run: SlotRun, lines: Iterable[Line], prices: Mapping[object, Prices]) -> None:
    """Write down whom this clearing leaves worse off than the utility would."""
    gains: dict[object, int] = defaultdict(int)
    for line in lines:
        gains[line.who] += gain(line.kind, line.wh, line.stroops, prices[line.who])
    rows = [
        WorseOff(run=run, member_id=who, stroops=-stroops) for who, stroops in gains.items() if stroops < -TOLERANCE
    ]
    copy_rows(WorseOff, rows)


def month_guard(community: Community, month: str) -> list[MemberGuard]:
    """Every member's month, the least saving first. Raises ValueError."""
    found: dict[str, MemberGuard] = {}
    for code, slot, mechanism, stroops in _slots(community, month):
        one = found.setdefault(code, MemberGuard(code))
        one.saved += stroops
        if stroops < -TOLERANCE:
            one.slots_worse += 1
            one.by_sharing |= mechanism == Mechanism.BILL_SHARING
        if one.worst_slot is None or stroops < one.worst:
            one.worst, one.worst_slot = stroops, slot
    return sorted(found.values(), key=lambda one: (one.saved, one.code))


def _slots(community: Community, month: str) -> Iterator[tuple[str, datetime, int, int]]:
    """Per member and slot what all versions of its run saved; spot orders are the member's own choice."""
    start, end = month_bounds(community, month)
    book = UtilityBook(community)
    lines = StatementLine.objects.filter(run__community=community, slot__gte=start, slot__lt=end)
    ordered = lines.select_related("run", "member").order_by("member__code", "slot").iterator(chunk_size=5000)
    for (code, slot), own in groupby(ordered, key=lambda line: (line.member.code, line.slot)):
        total, mechanism = 0, 0
        for line in own:
            total += saved(line, book.prices(slot, line.member_id))
            mechanism = line.run.mechanism
        yield code, slot, mechanism, total
