from __future__ import annotations

from collections.abc import Callable

import pytest

from devices import wire
from devices.ingest import Ingest, Message
from devices.models import Device
from tests.conftest import START


class FakeMeter:
    """Writes the bytes a meter would send; the registers move as told."""

    def __init__(self, device: Device) -> None:
        self.device, self.key = device, device.hmac_key()
        self.sequence = 0

    def message(self, minutes: float, exported_wh: int = 0, imported_wh: int = 0, **changes: int) -> Message:
        self.sequence += 1
        fields = {
            "v": 1,
            "device": self.device.pk,
            "seq": self.sequence,
            "low": self.sequence,
            "boot": 1,
            "t": int(START.timestamp() + minutes * 60),
            "exp": exported_wh * 1000,
            "imp": imported_wh * 1000,
        }
        payload = wire.encode(changes.pop("key", self.key), wire.Reading(**{**fields, **changes}))
        return Message(wire.telemetry_topic(self.device.pk), payload)


@pytest.fixture
def ingest() -> Ingest:
    return Ingest()


@pytest.fixture
def meter(new_member: Callable) -> FakeMeter:
    return FakeMeter(Device.objects.get(owner=new_member("A")))
