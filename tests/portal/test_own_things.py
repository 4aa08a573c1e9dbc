"""Devices and wallet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from devices.models import Device, Register
from devices.services import register_device
from stelltron.core.models import Community
from stelltron.members.models import Member
from tests.conftest import START, meter_of


def hear(device: Device, received_at: datetime) -> None:
    Register.objects.create(
        device=device,
        sequence=1,
        boot=1,
        at=START,
        received_at=received_at,
        exported_mwh=0,
        imported_mwh=0,
        power_w=-300,
    )
    Device.objects.filter(pk=device.pk).update(state=Device.State.ACTIVE)


def test_a_device_is_claimed_with_its_code(
    new_member: Callable[..., Member], community: Community, signed_in: Callable
) -> None:
    device, _ = register_device(community, "meter-77")
    client = signed_in(new_member("mike"))
    response = client.post("/devices", {"code": device.claim_code.lower()}, follow=True)
    assert "meter-77 is yours now" in response.content.decode()
    device.refresh_from_db()
    assert device.owner.code == "mike"
    refused = client.post("/devices", {"code": "AAAAAAAAAA"})
    assert refused.status_code == 422
    assert "No unclaimed device has this code" in refused.content.decode()


def test_the_state_of_a_meter_is_plain(new_member: Callable[..., Member], signed_in: Callable) -> None:
    member = new_member("mike")
    client = signed_in(member)
    assert "never heard" in client.get("/devices").content.decode()
    hear(meter_of(member), datetime.now(UTC))
    assert "online" in client.get("/devices").content.decode()
    Register.objects.update(received_at=datetime.now(UTC) - timedelta(hours=1))
    assert "silent since" in client.get("/devices").content.decode()


def test_only_ones_own_devices_are_shown(new_member: Callable[..., Member], signed_in: Callable) -> None:
    new_member("sarah")
    page = signed_in(new_member("mike")).get("/devices").content.decode()
    assert "meter-mike" in page
    assert "meter-sarah" not in page


def test_the_wallet_shows_deposits_and_no_secret(trader: Callable[..., Member], signed_in: Callable) -> None:
    member = trader("mike")
    page = signed_in(member).get("/wallet").content.decode()
    assert member.wallet.address in page
    assert "deposited" in page
    assert "100.00 WATT" in page
    assert member.wallet.keypair().secret not in page
