"""A device whose memory was wiped counts from 1 again and must find its way back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from devices import services
from devices.ingest import Ingest
from devices.models import Quarantined, Register, SlotReading
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.members.models import User

from .conftest import FakeMeter


def test_a_wiped_device_reports_again_after_its_registers_start_anew(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0, imported_wh=500), meter.message(60, imported_wh=600)])
    meter.sequence = 0
    ingest.take([meter.message(70)])
    assert Quarantined.objects.get().reason == Quarantined.Reason.REPLAYED
    services.reset_register(meter.device, actor=User.objects.create_superuser("s@coop.example"), reason="wiped")
    meter.sequence = 0
    again = [meter.message(80), meter.message(120, imported_wh=20), meter.message(180, imported_wh=50)]
    assert ingest.take(again).acks == {meter.device.pk: (3, False)}
    outcome = ingest.take(again)
    assert (outcome.stored, outcome.repeated, outcome.quarantined) == (0, 3, 0)
    assert list(SlotReading.objects.order_by("slot").values_list("imported_wh", flat=True)) == [100, 30]
    assert ActionLog.objects.get(action="device.reset_register").reason == "wiped"


def test_a_device_never_heard_has_nothing_to_start_anew(meter: FakeMeter) -> None:
    with pytest.raises(Refused) as refused:
        services.reset_register(meter.device, actor=User.objects.create_superuser("s@coop.example"), reason="wiped")
    assert refused.value.code == "no_register"


def browser(role: str) -> Client:
    user = User.objects.create_user(f"{role.replace(' ', '')}@coop.example", "correct horse battery", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


def test_staff_start_registers_anew_with_a_reason(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0)])
    page = reverse("admin:devices_device_reset_register", args=[meter.device.pk])
    technician = browser("Device technician")
    assert technician.get(page).status_code == 200
    assert "This field is required" in technician.post(page, {"reason": ""}).content.decode()
    assert Register.objects.exists()
    assert technician.post(page, {"reason": "flash wiped"}).status_code == 302
    assert not Register.objects.exists()
    assert ActionLog.objects.get(action="device.reset_register").reason == "flash wiped"
    assert browser("Treasury").get(page).status_code == 403
