"""What staff and members change between two batches holds from the next batch on."""

from __future__ import annotations

import pytest

from devices import services
from devices.ingest import Ingest
from devices.models import Device, Quarantined, SlotReading
from stelltron.core.models import Community
from stelltron.members.models import User
from stelltron.members.services import join

from .conftest import FakeMeter


def test_a_block_holds_from_the_next_batch_on(ingest: Ingest, meter: FakeMeter) -> None:
    ingest.take([meter.message(0)])
    services.block(meter.device, actor=User.objects.create_superuser("s@coop.example"), reason="stolen")
    assert ingest.take([meter.message(1)]).stored == 0
    assert Quarantined.objects.get().reason == Quarantined.Reason.BLOCKED_DEVICE


def test_a_claim_holds_from_the_next_batch_on(ingest: Ingest, community: Community) -> None:
    device, _ = services.register_device(community, "esp-1")
    fresh = FakeMeter(device)
    ingest.take([fresh.message(0)])
    member = join(community, name="Ann", code="ann")
    services.claim(device.claim_code, member)
    ingest.take([fresh.message(60), fresh.message(120, imported_wh=30)])
    assert SlotReading.objects.get().point.member == member
    assert ingest.owners()["esp-1"] == (community.pk, member.pk)


def test_keys_are_decrypted_once(ingest: Ingest, meter: FakeMeter, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest.take([meter.message(0)])
    monkeypatch.setattr(Device, "hmac_key", lambda device: pytest.fail("decrypted again"))
    assert ingest.take([meter.message(1)]).stored == 1
