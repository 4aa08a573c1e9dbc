"""Verbs on devices: register, claim, block, alarms."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Member, User
from stelltron.members.secrets import encrypt

from .models import Device, MeteringPoint, Register

CLAIM_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ALARM_AGAIN_AFTER = timedelta(hours=1)


@transaction.atomic
def register_device(
    community: Community,
    device_id: str,
    *,
    kind: str = Device.Kind.METER,
    key: bytes | None = None,
    actor: User | None = None,
    reason: str = "",
) -> tuple[Device, bytes]:
    """A new device with its own key, to be claimed by its owner. The key is shown this once."""
    if not device_id or not all(c.isalnum() or c in "-_." for c in device_id) or len(device_id) > 40:
        raise Refused("bad_device_id", "a device id is up to 40 letters, digits, dots, dashes or underscores")
    if Device.objects.filter(pk=device_id).exists():
        raise Refused("device_id_taken", f"a device {device_id} exists already")
    key = key or secrets.token_bytes(32)
    device = Device.objects.create(
        id=device_id,
        community=community,
        kind=kind,
        key=encrypt(key),
        claim_code="".join(secrets.choice(CLAIM_ALPHABET) for _ in range(10)),
    )
    log_action("device.register", actor=actor, target=device_id, reason=reason, community=community)
    return device, key


@transaction.atomic
def claim(code: str, member: Member) -> Device:
    """The member takes the device with this claim code as their meter. Raises Refused."""
    device = (
        Device.objects.select_for_update().filter(claim_code=code.strip().upper(), community=member.community).first()
    )
    if device is None:
        raise Refused("unknown_claim_code", "no unclaimed device has this code: check the label or the QR code")
    point = MeteringPoint.objects.create(community=member.community, member=member, code=device.pk)
    return assign(device, point)


@transaction.atomic
def assign(device: Device, point: MeteringPoint) -> Device:
    """Bind a device to a metering point and its member; slots from the next boundary on are the point's."""
    device.point, device.owner, device.claim_code = point, point.member, None
    device.save(update_fields=["point", "owner", "claim_code"])
    # What it measured elsewhere, or on the shelf, is not this point's energy.
    Register.objects.filter(pk=device.pk).update(mark_at=None, mark_exported_mwh=None, mark_imported_mwh=None)
    log_action("device.assign", target=device.pk, reason=f"to {point.code}", community=device.community)
    return device


@transaction.atomic
def block(device: Device, *, actor: User | None, reason: str) -> None:
    """Refuse everything the device sends from now on. ``actor`` None: the system itself."""
    Device.objects.filter(pk=device.pk).update(state=Device.State.BLOCKED)
    log_action("device.block", actor=actor, target=device.pk, reason=reason, community=device.community)


@transaction.atomic
def unblock(device: Device, *, actor: User, reason: str) -> None:
    """Believe a blocked device again. Raises Refused where it is not blocked."""
    freed = Device.objects.filter(pk=device.pk, state=Device.State.BLOCKED).update(state=Device.State.ACTIVE)
    if not freed:
        raise Refused("not_blocked", f"{device} is not blocked")
    log_action("device.unblock", actor=actor, target=device.pk, reason=reason, community=device.community)


@transaction.atomic
def reset_register(device: Device, *, actor: User, reason: str) -> None:
    """Take the device's next reading as its first: it lost its memory, or its registers were replaced."""
    deleted, _ = Register.objects.filter(pk=device.pk).delete()
    if not deleted:
        raise Refused("no_register", "the device's next reading is its first anyway")
    # Without its memory it makes a new key, and what the old one had locked is given back.
    Device.objects.filter(pk=device.pk).update(public_key=None)
    log_action("device.reset_register", actor=actor, target=device.pk, reason=reason, community=device.community)


def by_contact(devices: QuerySet[Device], contact: str) -> QuerySet[Device]:
    """Unblocked devices that are "live", "silent" (longer than the alarm waits) or were "never" heard."""
    devices = devices.exclude(state=Device.State.BLOCKED)
    if contact == "never":
        return devices.filter(register=None)
    since = datetime.now(UTC) - timedelta(seconds=settings.DEVICE_OFFLINE_AFTER_SECONDS)
    if contact == "live":
        return devices.filter(state=Device.State.ACTIVE, register__received_at__gt=since)
    return devices.filter(register__received_at__lte=since)


def raise_alarms(now: datetime | None = None) -> int:
    """Alarm every active device that is silent too long, and again each hour. Returns how many."""
    now = now or datetime.now(UTC)
    silent = Device.objects.filter(
        state=Device.State.ACTIVE,
        register__received_at__lt=now - timedelta(seconds=settings.DEVICE_OFFLINE_AFTER_SECONDS),
    ).filter(Q(alarm_raised_at=None) | Q(alarm_raised_at__lt=now - ALARM_AGAIN_AFTER))
    raised = 0
    for device in silent.select_related("register", "community"):
        with transaction.atomic():
            Device.objects.filter(pk=device.pk).update(
                alarm_since=device.alarm_since or device.register.received_at, alarm_raised_at=now
            )
            log_action(
                "device.silent",
                target=device.pk,
                community=device.community,
                reason=f"no reading since {device.register.received_at:%Y-%m-%d %H:%M:%S} UTC",
            )
        raised += 1
    return raised
