"""Telemetry through the real database: what is stored, what is refused, what is acknowledged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from devices.ingest import Ingest, Message
from devices.models import Device, Quarantined, Register, SlotReading
from stelltron.core.models import Community
from tests.conftest import START

from .conftest import FakeMeter

Reason = Quarantined.Reason


def stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM devices_telemetry")
        return cursor.fetchone()[0]


def only_reason() -> str:
    return Quarantined.objects.get().reason


def test_two_boundaries_make_a_slot_reading(ingest: Ingest, meter: FakeMeter) -> None:
    outcome = ingest.take([meter.message(0), meter.message(60, exported_wh=2500)])
    reading = SlotReading.objects.get()
    assert (reading.slot, reading.exported_wh, reading.imported_wh) == (START, 2500, 0)
    assert reading.exported_to_mwh - reading.exported_from_mwh == 2_500_000
    assert outcome.acks == {meter.device.pk: (2, False)}
    assert stored() == 2


def test_first_contact_makes_a_device_active(ingest: Ingest, meter: FakeMeter) -> None:
    assert meter.device.state == Device.State.REGISTERED
    assert not meter.device.is_online
    ingest.take([meter.message(0)])
    device = Device.objects.get()
    assert device.state == Device.State.ACTIVE
    assert device.is_online


def test_a_battery_tells_its_charge_and_health(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0, c=6_500, h=9_400)])
    assert (Register.objects.get().charge_bp, Register.objects.get().health_bp) == (6_500, 9_400)
    ingest.take([meter.message(1, c=10_001)])
    assert only_reason() == Reason.NOT_JSON
    ingest.take([meter.message(2)])
    assert Register.objects.get().charge_bp is None


def test_the_same_message_again_is_stored_once_and_acknowledged_again(ingest: Ingest, meter: FakeMeter) -> None:
    message = meter.message(0)
    ingest.take([message, message])
    outcome = ingest.take([message])
    assert stored() == 1
    assert outcome.repeated == 1
    assert outcome.acks == {meter.device.pk: (1, False)}
    assert not Quarantined.objects.exists()


def test_a_used_sequence_number_with_other_content_is_quarantined(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0)])
    ingest.take([meter.message(1, exported_wh=9, seq=1, low=1)])
    assert only_reason() == Reason.REPLAYED
    assert Register.objects.get().exported_mwh == 0


def test_a_message_after_a_lost_one_waits_until_the_lost_one_is_sent_again(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0)])
    lost, later = meter.message(30, imported_wh=40), meter.message(60, imported_wh=100, low=2)
    assert ingest.take([later]).acks == {meter.device.pk: (1, True)}
    assert stored() == 1
    assert ingest.take([lost, later]).acks == {meter.device.pk: (3, False)}
    assert SlotReading.objects.get().imported_wh == 100


def test_messages_in_the_wrong_order_in_one_batch_are_put_in_order(ingest: Ingest, meter: FakeMeter) -> None:
    first, second, third = (meter.message(n * 30, imported_wh=n * 10, low=1) for n in range(3))
    ingest.take([third, first, second])
    assert stored() == 3
    assert SlotReading.objects.get().imported_wh == 20


def test_a_reading_the_device_no_longer_has_is_not_waited_for(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0)])
    meter.sequence = 8
    outcome = ingest.take([meter.message(60, imported_wh=100)])
    assert outcome.acks == {meter.device.pk: (9, False)}
    assert SlotReading.objects.get().imported_wh == 100


def test_wrong_mac_unknown_device_and_another_devices_topic(ingest: Ingest, meter: FakeMeter) -> None:
    good = meter.message(0)
    outcome = ingest.take(
        [
            meter.message(1, key=b"wrong" * 8),
            Message("st/v1/nobody/telemetry", good.payload),
            Message("st/v1/" + meter.device.pk + "/telemetry", good.payload.replace(b"meter-A", b"meter-B")),
        ]
    )
    assert outcome.acks == {}
    assert set(Quarantined.objects.values_list("reason", flat=True)) == {Reason.WRONG_MAC, Reason.UNKNOWN_DEVICE}
    assert stored() == 0


def test_a_device_cannot_report_as_another(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([Message(meter.message(0).topic, meter.message(0, device="meter-Z").payload)])
    assert only_reason() == Reason.WRONG_TOPIC


@pytest.mark.parametrize("payload", [b"", b"not json", b"{}", b'{"v":1}', b"\x00" * 200, b'{"mac":"' * 20])
def test_garbage_is_quarantined_with_its_bytes(ingest: Ingest, meter: FakeMeter, payload: bytes) -> None:
    ingest.take([Message(f"st/v1/{meter.device.pk}/telemetry", payload)])
    kept = Quarantined.objects.get()
    assert kept.reason == Reason.NOT_JSON
    assert bytes(kept.payload) == payload
    assert kept.detail


def test_nul_bytes_cannot_stop_the_batch_they_are_in(ingest: Ingest, meter: FakeMeter) -> None:
    spoofed = meter.message(0, device="x\x00y")
    outcome = ingest.take(
        [
            Message("st/v1/a\x00b/telemetry", b"?"),
            Message("st/v1/" + "\ud800" + "/telemetry", b"?"),
            spoofed,
            meter.message(1, low=1, seq=1),
        ]
    )
    assert (outcome.stored, outcome.quarantined) == (1, 3)


def test_ten_megabytes_are_refused_and_only_their_head_is_kept(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([Message(f"st/v1/{meter.device.pk}/telemetry", b"x" * 10_000_000)])
    kept = Quarantined.objects.get()
    assert (kept.reason, kept.size, len(kept.payload)) == (Reason.TOO_LARGE, 10_000_000, 4096)


def test_a_register_that_goes_backwards_is_quarantined_and_the_next_reading_still_fits(
    ingest: Ingest, meter: FakeMeter
) -> None:
    ingest.take([meter.message(0, exported_wh=100)])
    outcome = ingest.take([meter.message(30, exported_wh=90)])
    assert only_reason() == Reason.REGISTER_BACKWARDS
    assert outcome.acks == {meter.device.pk: (2, False)}
    ingest.take([meter.message(60, exported_wh=150)])
    assert SlotReading.objects.get().exported_wh == 50


def test_more_energy_than_the_connection_carries_is_implausible(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0), meter.message(60, imported_wh=40_000)])
    assert only_reason() == Reason.IMPLAUSIBLE_POWER


def test_a_data_clock_takes_readings_dated_in_the_future(ingest: Ingest, meter: FakeMeter) -> None:
    outcome = ingest.take([meter.message(0, t=int(START.timestamp()) + 10 * 365 * 86400)])
    assert outcome.stored == 1
    assert not Quarantined.objects.exists()


def test_a_clock_ahead_of_ours_is_quarantined(ingest: Ingest, meter: FakeMeter) -> None:
    Community.objects.update(clock=Community.Clock.WALL)
    ingest.take([meter.message(0, t=int(START.timestamp()) + 10 * 365 * 86400)])
    assert only_reason() == Reason.CLOCK_AHEAD


def test_a_blocked_device_is_refused(ingest: Ingest, meter: FakeMeter) -> None:
    Device.objects.update(state=Device.State.BLOCKED)
    ingest.take([meter.message(0)])
    assert only_reason() == Reason.BLOCKED_DEVICE


def test_a_good_message_is_kept_beside_bad_ones(ingest: Ingest, meter: FakeMeter) -> None:
    outcome = ingest.take([Message("st/v1/x/telemetry", b"?"), meter.message(0), Message("garbage", b"?")])
    assert (outcome.stored, outcome.quarantined) == (1, 2)


def test_a_reading_for_a_slot_that_is_cleared_is_kept_as_late(
    ingest: Ingest, meter: FakeMeter, new_member: Callable
) -> None:
    other = FakeMeter(Device.objects.get(owner=new_member("B")))
    ingest.take([meter.message(0), other.message(0), meter.message(60, imported_wh=10)])
    SlotReading.objects.update(state=SlotReading.State.CLEARED)
    ingest.take([other.message(60, imported_wh=30)])
    assert SlotReading.objects.get(point__device=other.device).state == SlotReading.State.LATE
