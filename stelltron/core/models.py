from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from .ids import uuid7
from .slots import ALLOWED_MINUTES


def _known_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        raise ValidationError(f"{name} is not a time zone of the IANA database") from None


class Community(models.Model):
    """A cooperative: one clock, one currency, one settlement grid."""

    class Clock(models.TextChoices):
        WALL = "WALL", "wall clock"
        DATA = "DATA", "data clock (recorded readings, replayed)"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[_known_time_zone])
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217; one WATT is one unit of it")
    slot_minutes = models.PositiveSmallIntegerField(default=15, choices=[(n, f"{n} minutes") for n in ALLOWED_MINUTES])
    clock = models.CharField(max_length=4, choices=Clock, default=Clock.WALL)
    data_time = models.DateTimeField(
        null=True, blank=True, help_text="how far a data clock has come; empty for the wall clock"
    )
    is_demo = models.BooleanField(default=False, help_text="shown on every page of the portal")
    is_governed = models.BooleanField(default=False, help_text="its members decide on parameters by vote")

    class Meta:
        verbose_name_plural = "communities"

    def __str__(self) -> str:
        return self.name

    def now(self) -> datetime:
        """The community's own time."""
        if self.clock == self.Clock.DATA:
            return self.data_time or datetime.fromtimestamp(0, UTC)
        return datetime.now(UTC)

    def day_at(self, moment: datetime) -> date:
        """The day of its own calendar."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def today(self) -> date:
        return self.day_at(self.now())


class ParameterVersion(models.Model):
    """The value of one business parameter from a moment on; never changed, only followed."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="parameters")
    key = models.CharField(max_length=80)
    value = models.BigIntegerField()
    effective_from = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community", "key", "effective_from"], name="one_value_per_parameter_and_moment"
            )
        ]
        ordering = ["key", "-effective_from"]

    def __str__(self) -> str:
        return f"{self.key} = {self.value} from {self.effective_from:%Y-%m-%d %H:%M}"


class ActionLog(models.Model):
    """Who did what, and why. Rows are only ever added."""

    at = models.DateTimeField(auto_now_add=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, help_text="empty: the system"
    )
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "action"
        verbose_name_plural = "action log"
        indexes = [models.Index(fields=["target", "-id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target}".strip()


class Heartbeat(models.Model):
    """When each of our own processes last made progress; a silent one is an alarm."""

    process = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.process
