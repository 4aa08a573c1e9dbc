"""Proof of energy: what was minted for a member on a day is what their meters measured, or their device is frozen.

Only whole UTC days whose every slot is settled are proved; a mismatch blocks the member's devices, nobody else's.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q

from devices import services as device_services
from devices.models import Device, SlotReading
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.units import MWH_PER_WH
from stelltron.ledger.batch import decode_sections
from stelltron.ledger.models import ChainIntent, Seat

from .models import EnergyProof, LateReading, SlotRun

logger = logging.getLogger(__name__)
DAYS_BACK = 7


def prove_due_days(community: Community) -> int:
    """Prove every finished day of the last week that is not proved yet. Returns how many mismatches there are."""
    today = community.now().astimezone(UTC).date()
    first = SlotRun.objects.filter(community=community).aggregate(at=Min("slot"))["at"]
    if first is None:
        return 0
    day = max(first.date(), today - timedelta(days=DAYS_BACK))
    mismatches = 0
    while day < today:
        if _is_due(community, day):
            mismatches += prove_day(community, day)
        day += timedelta(days=1)
    return mismatches


def _is_due(community: Community, day: date) -> bool:
    """Not proved yet, or late readings were settled since."""
    proved = EnergyProof.objects.filter(member__community=community, day=day).aggregate(at=Max("proved_at"))["at"]
    if proved is None:
        return True
    start = datetime.combine(day, time(), UTC)
    runs = SlotRun.objects.filter(community=community, slot__gte=start, slot__lt=start + timedelta(days=1))
    return runs.filter(version__gt=1, cleared_at__gt=proved).exists()


@transaction.atomic
def prove_day(community: Community, day: date) -> int:
    """Compare minted with metered for each member and freeze the devices of whoever differs. Returns how many do.

    Does nothing while a slot of the day is not settled.
    """
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    runs = SlotRun.objects.filter(community=community, slot__gte=start, slot__lt=end)
    if not runs.exists() or runs.exclude(state__in=(SlotRun.State.SETTLED, SlotRun.State.REPLACED)).exists():
        return 0
    mints = list(_mints(community, start, end))
    seats = list(Seat.objects.filter(member__community=community).select_related("member"))
    earlier = EnergyProof.objects.filter(member__community=community, day__lt=day)
    proved_before = set(earlier.values_list("member_id", flat=True))
    # On a member's first day only what followed the first mint counts: before it there was no seat to mint to.
    first: dict[int, datetime] = {}
    for mint in mints:
        if not mint.late:
            first[mint.seat] = min(mint.slot, first.get(mint.seat, end))
    since = {seat.member_id: first.get(seat.index, end) for seat in seats if seat.member_id not in proved_before}
    metered = _metered(community, start, end, since)
    opens = {seat.index: since.get(seat.member_id, start) for seat in seats}
    minted: dict[int, int] = defaultdict(int)
    for mint in mints:
        if mint.slot >= opens.get(mint.seat, start):
            minted[mint.seat] += mint.wh
    proofs = [
        EnergyProof(
            member=seat.member,
            day=day,
            metered_wh=metered.get(seat.member_id, 0),
            minted_wh=minted.get(seat.index, 0),
            equal=metered.get(seat.member_id, 0) == minted.get(seat.index, 0),
            proved_at=datetime.now(UTC),
        )
        for seat in seats
    ]
    EnergyProof.objects.bulk_create(
        proofs,
        update_conflicts=True,
        unique_fields=["member", "day"],
        update_fields=["metered_wh", "minted_wh", "equal", "proved_at"],
    )
    wrong = [proof for proof in proofs if not proof.equal]
    for proof in wrong:
        _freeze(proof)
    return len(wrong)


def _metered(community: Community, start: datetime, end: datetime, since: dict[object, datetime]) -> dict[object, int]:
    """Wh exported per member, by the registers that prove each cleared reading."""
    cleared = SlotReading.objects.filter(
        community=community, state=SlotReading.State.CLEARED, slot__gte=start, slot__lt=end
    )
    totals: dict[object, int] = defaultdict(int)
    rows = cleared.values_list("point__member_id", "slot", "exported_from_mwh", "exported_to_mwh")
    for member, slot, first, last in rows:
        if slot >= since.get(member, start):
            totals[member] += last // MWH_PER_WH - first // MWH_PER_WH
    return totals


class _Mint(NamedTuple):
    seat: int
    slot: datetime
    wh: int
    late: bool


def _mints(community: Community, start: datetime, end: datetime) -> Iterator[_Mint]:
    """What the chain has confirmed for the day's slots, from the very sections.

    A run says which slot its mints are for: late energy may have settled in a section of a newer slot.
    """
    settled = ChainIntent.objects.filter(community=community, state=ChainIntent.State.CONFIRMED).filter(
        Q(run__slot__gte=start, run__slot__lt=end)
        | Q(run=None, slot__gte=slots.to_chain(start), slot__lt=slots.to_chain(end))
    )
    for raw, slot, late in settled.annotate(
        late=Exists(LateReading.objects.filter(run__intent=OuterRef("pk")))
    ).values_list("section", "run__slot", "late"):
        for section in decode_sections(bytes(raw)):
            for seat, wh in section.mints:
                yield _Mint(seat, slot or slots.from_chain(section.slot), wh, late)


def _freeze(proof: EnergyProof) -> None:
    reason = f"proof of energy for {proof.day}: {proof.metered_wh} Wh metered, {proof.minted_wh} Wh minted"
    logger.error("%s: %s", proof.member, reason)
    for device in Device.objects.filter(owner=proof.member).exclude(state=Device.State.BLOCKED):
        device_services.block(device, actor=None, reason=reason)
