"""What the database refuses of one device stops that device's messages only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DataError, IntegrityError

from devices import ingest as module
from devices.ingest import Ingest
from devices.models import Device, Quarantined, Register

from .conftest import FakeMeter


@pytest.mark.parametrize("problem", [IntegrityError, DataError])
def test_one_poison_device_does_not_stop_the_others(
    ingest: Ingest,
    meter: FakeMeter,
    new_member: Callable,
    monkeypatch: pytest.MonkeyPatch,
    problem: type[Exception],
) -> None:
    other = FakeMeter(Device.objects.get(owner=new_member("B")))
    store = module.store

    def refusing(rows: list) -> None:
        if any(row.device == meter.device.pk for row in rows):
            raise problem("a constraint\nDETAIL: ...")
        store(rows)

    monkeypatch.setattr(module, "store", refusing)
    outcomes = list(ingest.take_what_fits([meter.message(0), other.message(0), meter.message(5)]))
    assert Register.objects.get().device == other.device
    assert set(Quarantined.objects.values_list("device_id", "reason", "detail")) == {
        (meter.device.pk, Quarantined.Reason.REFUSED_BY_BOOKS, "a constraint")
    }
    acks = {device: ack for outcome in outcomes for device, ack in outcome.acks.items()}
    assert acks == {meter.device.pk: (2, False), other.device.pk: (1, False)}
    monkeypatch.undo()
    (outcome,) = ingest.take_what_fits([meter.message(10, low=3)])
    assert outcome.acks == {meter.device.pk: (3, False)}
    assert Register.objects.filter(device=meter.device).exists()
