from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.members.models import Member
from stelltron.members.secrets import decrypt


def new_salt() -> bytes:
    return secrets.token_bytes(32)


class MeteringPoint(models.Model):
    """Where a member's energy is measured: the unit of every reading, trade and bill line."""

    class Direction(models.TextChoices):
        CONSUMPTION = "CONSUMPTION", "consumption"
        GENERATION = "GENERATION", "generation"
        BOTH = "BOTH", "both ways"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="metering_points")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="metering_points")
    code = models.CharField(max_length=60)
    direction = models.CharField(max_length=11, choices=Direction, default=Direction.BOTH)
    zone = models.PositiveSmallIntegerField(default=0)
    most_power_w = models.PositiveIntegerField(default=25_000, help_text="more than this is implausible")
    proof_salt = models.BinaryField(
        default=new_salt, editable=False, help_text="keeps published proofs from revealing readings"
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["community", "code"], name="one_metering_point_per_code")]

    def __str__(self) -> str:
        return self.code


class Device(models.Model):
    """A meter, node or generator meter: its own id, its own key."""

    class Kind(models.TextChoices):
        METER = "METER", "meter (ESP32)"
        NODE = "NODE", "node (Raspberry Pi)"
        GENERATOR = "GENERATOR", "generator meter"

    class State(models.TextChoices):
        REGISTERED = "REGISTERED", "registered, never heard"
        ACTIVE = "ACTIVE", "active"
        BLOCKED = "BLOCKED", "blocked"

    id = models.CharField(primary_key=True, max_length=40)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="devices")
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="devices")
    point = models.OneToOneField(MeteringPoint, on_delete=models.PROTECT, null=True, blank=True, related_name="device")
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.METER)
    state = models.CharField(max_length=10, choices=State, default=State.REGISTERED)
    key = models.BinaryField(editable=False, help_text="encrypted HMAC key")
    public_key = models.BinaryField(
        null=True, blank=True, editable=False, help_text="ed25519: what the device signs for the chain with"
    )
    claim_code = models.CharField(max_length=12, unique=True, null=True, blank=True)
    registered_at = models.DateTimeField(auto_now_add=True)
    alarm_since = models.DateTimeField(null=True, blank=True)
    alarm_raised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.id

    def hmac_key(self) -> bytes:
        return decrypt(self.key)

    @property
    def is_online(self) -> bool:
        register = getattr(self, "register", None)
        if register is None or self.state != self.State.ACTIVE:
            return False
        silence = timedelta(seconds=settings.DEVICE_OFFLINE_AFTER_SECONDS)
        return datetime.now(UTC) - register.received_at < silence


class Register(models.Model):
    """The last accepted reading of a device, and its registers at the last slot boundary."""

    device = models.OneToOneField(Device, on_delete=models.PROTECT, primary_key=True, related_name="register")
    sequence = models.BigIntegerField()
    boot = models.BigIntegerField()
    at = models.DateTimeField(help_text="device clock")
    received_at = models.DateTimeField()
    exported_mwh = models.BigIntegerField(help_text="cumulative, in thousandths of a Wh")
    imported_mwh = models.BigIntegerField()
    power_w = models.IntegerField(default=0, help_text="positive: exporting")
    charge_bp = models.PositiveSmallIntegerField(null=True, help_text="batteries only: state of charge, basis points")
    health_bp = models.PositiveSmallIntegerField(null=True, help_text="batteries only: state of health, basis points")
    mark_at = models.DateTimeField(null=True, blank=True, help_text="last slot boundary passed")
    mark_exported_mwh = models.BigIntegerField(null=True, blank=True)
    mark_imported_mwh = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.device_id} #{self.sequence}"


class Telemetry(models.Model):
    """Every accepted message, partitioned by month of the device clock."""

    id = models.BigIntegerField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.DO_NOTHING, db_constraint=False)
    sequence = models.BigIntegerField()
    boot = models.BigIntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    exported_mwh = models.BigIntegerField()
    imported_mwh = models.BigIntegerField()
    power_w = models.IntegerField()
    voltage_dv = models.IntegerField(null=True, help_text="tenths of a volt")

    class Meta:
        # Django cannot declare partitions: the table is made by the migration's own SQL.
        managed = False
        db_table = "devices_telemetry"
        ordering = ["-at"]
        verbose_name_plural = "telemetry"


class Quarantined(models.Model):
    """A message that was refused: kept with its reason, never lost."""

    class Reason(models.TextChoices):
        UNKNOWN_DEVICE = "UNKNOWN_DEVICE", "unknown device"
        BLOCKED_DEVICE = "BLOCKED_DEVICE", "blocked device"
        TOO_LARGE = "TOO_LARGE", "payload too large"
        NOT_JSON = "NOT_JSON", "not the wire format"
        WRONG_MAC = "WRONG_MAC", "wrong MAC"
        WRONG_TOPIC = "WRONG_TOPIC", "published on another device's topic"
        REPLAYED = "REPLAYED", "sequence number used before with other content"
        OUT_OF_ORDER = "OUT_OF_ORDER", "older than the last reading and does not fit"
        REGISTER_BACKWARDS = "REGISTER_BACKWARDS", "register went backwards"
        IMPLAUSIBLE_POWER = "IMPLAUSIBLE_POWER", "more energy than the connection can carry"
        CLOCK_AHEAD = "CLOCK_AHEAD", "device clock in the future"
        DUPLICATE_SLOT = "DUPLICATE_SLOT", "a reading for this point and slot exists"
        REFUSED_BY_BOOKS = "REFUSED_BY_BOOKS", "the books could not take it"
        WRONG_SIGNATURE = "WRONG_SIGNATURE", "not signed with the device's own key"
        OTHER_KEY = "OTHER_KEY", "another public key than the device's first one"
        GAP_TOO_LONG = "GAP_TOO_LONG", "energy of a gap too long to bill"

    received_at = models.DateTimeField(auto_now_add=True)
    device_id = models.CharField(max_length=60)
    reason = models.CharField(max_length=20, choices=Reason)
    detail = models.CharField(max_length=300, blank=True)
    payload = models.BinaryField(help_text="the first 4 KB")
    size = models.PositiveIntegerField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "quarantined message"
        indexes = [models.Index(fields=["device_id", "-id"])]

    def __str__(self) -> str:
        return f"{self.device_id}: {self.get_reason_display()}"


class SlotReading(models.Model):
    """Energy of one metering point in one slot, with the registers that prove it."""

    class Quality(models.TextChoices):
        MEASURED = "MEASURED", "measured"
        ESTIMATED = "ESTIMATED", "estimated (interpolated over a silence)"

    class State(models.TextChoices):
        OPEN = "OPEN", "not yet cleared"
        CLEARED = "CLEARED", "cleared"
        LATE = "LATE", "came after its slot was cleared"

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    point = models.ForeignKey(MeteringPoint, on_delete=models.PROTECT, related_name="readings")
    slot = models.DateTimeField(help_text="start of the slot")
    exported_wh = models.BigIntegerField()
    imported_wh = models.BigIntegerField()
    exported_from_mwh = models.BigIntegerField()
    exported_to_mwh = models.BigIntegerField()
    imported_from_mwh = models.BigIntegerField()
    imported_to_mwh = models.BigIntegerField()
    quality = models.CharField(max_length=9, choices=Quality, default=Quality.MEASURED)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)

    class Meta:
        ordering = ["-slot"]
        constraints = [
            models.UniqueConstraint(fields=["point", "slot"], name="one_reading_per_point_and_slot"),
            models.CheckConstraint(
                condition=models.Q(exported_wh__gte=0, imported_wh__gte=0), name="slot_energy_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["community", "slot"], condition=models.Q(state="OPEN"), name="slot_reading_open"),
            models.Index(fields=["community", "slot"], condition=models.Q(state="LATE"), name="slot_reading_late"),
        ]

    def __str__(self) -> str:
        return f"{self.point} {self.slot:%Y-%m-%d %H:%M}"
