"""What a new live connection sees first."""

from __future__ import annotations

from typing import Any

from devices.models import Device
from stelltron.members.models import Member


def own_meters(member: Member) -> list[Device]:
    """The member's devices with their last reading, if any."""
    return list(Device.objects.filter(owner=member).select_related("register", "point").order_by("pk"))


def member_snapshot(member: Member) -> dict[str, Any]:
    """The registers as the live frames show them."""
    meters = [device for device in own_meters(member) if hasattr(device, "register")]
    return {
        "meters": [
            {
                "device": device.pk,
                "power_w": device.register.power_w,
                "exported_wh": device.register.exported_mwh // 1000,
                "imported_wh": device.register.imported_mwh // 1000,
                "at": device.register.at.isoformat(),
            }
            for device in meters
        ]
    }
