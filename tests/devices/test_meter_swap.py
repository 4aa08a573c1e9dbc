"""A meter is replaced: the point keeps one reading a slot, and nobody's ingest stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devices import services
from devices.ingest import Ingest
from devices.models import Device, MeteringPoint, Quarantined, Register, SlotReading
from stelltron.core.models import Community
from tests.conftest import START

from .conftest import FakeMeter

Reason = Quarantined.Reason


@pytest.fixture
def spare(community: Community) -> FakeMeter:
    device, _ = services.register_device(community, "spare")
    return FakeMeter(device)


def swap(old: FakeMeter, new: FakeMeter) -> MeteringPoint:
    point = old.device.point
    Device.objects.filter(pk=old.device.pk).update(point=None)
    services.assign(new.device, point)
    return point


def test_a_spare_that_reported_before_counts_from_the_next_boundary_on(
    ingest: Ingest, meter: FakeMeter, spare: FakeMeter
) -> None:
    ingest.take([spare.message(0), meter.message(0), meter.message(60, imported_wh=100)])
    swap(meter, spare)
    assert Register.objects.get(pk="spare").mark_at is None
    ingest.take([spare.message(120, imported_wh=10)])
    ingest.take([spare.message(180, imported_wh=15)])
    hours = [
        (int((r.slot - START).total_seconds()) // 3600, r.imported_wh) for r in SlotReading.objects.order_by("slot")
    ]
    assert hours == [(0, 100), (2, 5)]
    assert not Quarantined.objects.exists()


def test_a_slot_that_has_a_reading_keeps_it_and_the_other_goes_to_quarantine(
    ingest: Ingest, meter: FakeMeter, new_member: Callable
) -> None:
    other = FakeMeter(Device.objects.get(owner=new_member("B")))
    ingest.take([meter.message(0), other.message(0), meter.message(60, imported_wh=100)])
    reading = SlotReading.objects.get()
    Register.objects.filter(pk=meter.device.pk).update(
        mark_at=START, mark_exported_mwh=0, mark_imported_mwh=0, at=START
    )
    outcome = ingest.take([meter.message(60, imported_wh=100), other.message(60, imported_wh=30)])
    assert SlotReading.objects.get(point=meter.device.point) == reading
    assert SlotReading.objects.get(point=other.device.point).imported_wh == 30
    assert outcome.acks[meter.device.pk] == (3, False)
    kept = Quarantined.objects.get()
    assert kept.reason == Reason.DUPLICATE_SLOT
    assert "100 Wh imported" in kept.detail
