"""A gap too long to share out over slots costs its energy, but neither the reading nor the device."""

from __future__ import annotations

from devices.ingest import Ingest
from devices.models import Device, Quarantined, Register, SlotReading

from .conftest import FakeMeter

YEARS = 3 * 365 * 24 * 60


def test_years_between_two_readings_make_no_slots_and_name_the_energy(ingest: Ingest, meter: FakeMeter) -> None:
    outcome = ingest.take([meter.message(0), meter.message(30, imported_wh=10), meter.message(YEARS, imported_wh=900)])
    assert outcome.stored == 3
    assert outcome.acks == {meter.device.pk: (3, False)}
    assert not SlotReading.objects.exists()
    kept = Quarantined.objects.get()
    assert kept.reason == Quarantined.Reason.GAP_TOO_LONG
    assert "0 Wh exported and 900 Wh imported at A from 2026-06-01 12:00" in kept.detail
    ingest.take([meter.message(YEARS + 60, imported_wh=950)])
    assert SlotReading.objects.get().imported_wh == 50


def test_nothing_is_unbilled_where_no_point_is(ingest: Ingest, meter: FakeMeter) -> None:
    Device.objects.update(point=None)
    ingest.take([meter.message(0), meter.message(YEARS, imported_wh=900)])
    assert not Quarantined.objects.exists()
    assert Register.objects.get().imported_mwh == 900_000
