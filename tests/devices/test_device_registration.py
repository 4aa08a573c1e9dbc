from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from devices import services
from devices.models import Device, Register
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.members.models import Member, User


def test_a_device_is_registered_with_its_own_key_and_claimed_once(community: Community, new_member: Callable) -> None:
    device, key = services.register_device(community, "esp-1")
    assert device.hmac_key() == key
    assert key not in bytes(Device.objects.get(pk="esp-1").key)
    member = new_member("A")
    claimed = services.claim(f" {device.claim_code.lower()} ", member)
    assert claimed.owner == member
    assert claimed.point.member == member
    with pytest.raises(Refused) as refused:
        services.claim(device.claim_code, member)
    assert refused.value.code == "unknown_claim_code"


@pytest.mark.parametrize("device_id", ["", "a/b", "a b", "+", "#", "x" * 41])
def test_an_id_that_does_not_fit_a_topic_is_refused(community: Community, device_id: str) -> None:
    with pytest.raises(Refused) as refused:
        services.register_device(community, device_id)
    assert refused.value.code == "bad_device_id"


def test_ids_are_unique(community: Community) -> None:
    services.register_device(community, "esp-1")
    with pytest.raises(Refused) as refused:
        services.register_device(community, "esp-1")
    assert refused.value.code == "device_id_taken"


def test_a_silent_device_alarms_and_repeats_every_hour(new_member: Callable[..., Member]) -> None:
    device = Device.objects.get(owner=new_member("A"))
    now = datetime.now(UTC)
    assert services.raise_alarms(now) == 0
    Device.objects.update(state=Device.State.ACTIVE)
    Register.objects.create(
        device=device,
        sequence=1,
        boot=1,
        at=now,
        received_at=now - timedelta(minutes=6),
        exported_mwh=0,
        imported_mwh=0,
    )
    assert [services.raise_alarms(now + timedelta(minutes=m)) for m in (0, 5, 59, 61, 62)] == [1, 0, 0, 1, 0]
    assert ActionLog.objects.filter(action="device.silent").count() == 2


def test_blocking_needs_a_reason_in_the_log(new_member: Callable[..., Member]) -> None:
    device = Device.objects.get(owner=new_member("A"))
    services.block(device, actor=User.objects.create_superuser("s@coop.example"), reason="stolen")
    device.refresh_from_db()
    assert device.state == Device.State.BLOCKED
    assert ActionLog.objects.get(action="device.block").reason == "stolen"
