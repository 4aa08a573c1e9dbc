"""Proof of energy: what was minted for a member on a day is what their meters measured, or their device is frozen.

Only whole UTC days whose every slot is settled are proved; a mismatch blocks the member's devices, nobody else's.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Min

from devices import services as device_services
from devices.models import Device, SlotReading
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.units import MWH_PER_WH
from stelltron.ledger.batch import decode_sections
from stelltron.ledger.models import ChainIntent, Seat

from .models import EnergyProof, SlotRun

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
        if not EnergyProof.objects.filter(member__community=community, day=day).exists():
            mismatches += prove_day(community, day)
        day += timedelta(days=1)
    return mismatches


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
    minted, first_minted = _minted(community, start, end)
    seats = list(Seat.objects.filter(member__community=community).select_related("member"))
    proved_before = set(EnergyProof.objects.filter(member__community=community).values_list("member_id", flat=True))
    # On a member's first day only what followed the first mint counts: before it there was no seat to mint to.
    since = {seat.member_id: first_minted.get(seat.index, end) for seat in seats if seat.member_id not in proved_before}
    metered = _metered(community, start, end, since)
    proofs = [
        EnergyProof(
            member=seat.member,
            day=day,
            metered_wh=metered.get(seat.member_id, 0),
            minted_wh=minted.get(seat.index, 0),
            equal=metered.get(seat.member_id, 0) == minted.get(seat.index, 0),
        )
        for seat in seats
    ]
    EnergyProof.objects.bulk_create(proofs)
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


def _minted(community: Community, start: datetime, end: datetime) -> tuple[dict[int, int], dict[int, datetime]]:
    """Wh minted per seat, from the very sections the chain has confirmed, and the first slot of each seat's mints."""
    totals: dict[int, int] = defaultdict(int)
    first: dict[int, datetime] = {}
    settled = ChainIntent.objects.filter(
        community=community,
        state=ChainIntent.State.CONFIRMED,
        slot__gte=slots.to_chain(start),
        slot__lt=slots.to_chain(end),
    )
    for raw in settled.order_by("slot").values_list("section", flat=True):
        for section in decode_sections(bytes(raw)):
            for seat, wh in section.mints:
                totals[seat] += wh
                first.setdefault(seat, slots.from_chain(section.slot))
    return totals, first


def _freeze(proof: EnergyProof) -> None:
    reason = f"proof of energy for {proof.day}: {proof.metered_wh} Wh metered, {proof.minted_wh} Wh minted"
    logger.error("%s: %s", proof.member, reason)
    for device in Device.objects.filter(owner=proof.member).exclude(state=Device.State.BLOCKED):
        device_services.block(device, actor=None, reason=reason)
