"""Tables of what a run read and found, beside its readings, trades and lines."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from devices.models import SlotReading
from stelltron.members.models import Member

RUN = "market.SlotRun"


class WorseOff(models.Model):
    """A member whom a clearing left worse off than the utility alone would have."""

    run = models.ForeignKey(RUN, on_delete=models.PROTECT, related_name="worse_off")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    stroops = models.BigIntegerField(help_text="what the utility alone would have saved them")

    class Meta:
        verbose_name_plural = "worse off"
        constraints = [
            models.UniqueConstraint(fields=["run", "member"], name="worse_off_once_per_run_and_member"),
            models.CheckConstraint(condition=Q(stroops__gt=0), name="worse_off_by_something"),
        ]

    def __str__(self) -> str:
        return f"{self.member} in {self.run}"


class HeldEnergy(models.Model):
    """What a clearing took of a member's energy from earlier slots: an input of the run's lines."""

    run = models.ForeignKey(RUN, on_delete=models.PROTECT, related_name="held_energy")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    used_wh = models.BigIntegerField(default=0, help_text="covered the member's own need")
    expired_wh = models.BigIntegerField(default=0, help_text="went to the utility, its time was over")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "held energy"
        constraints = [
            models.UniqueConstraint(fields=["run", "member"], name="one_held_energy_per_run_and_member"),
            models.CheckConstraint(condition=Q(used_wh__gte=0, expired_wh__gte=0), name="held_energy_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.used_wh} Wh used, {self.expired_wh} Wh expired"


class LateReading(models.Model):
    """A reading that came after its slot was cleared, and the later version that settled it."""

    reading = models.OneToOneField(SlotReading, on_delete=models.PROTECT, related_name="settled_late")
    run = models.ForeignKey(RUN, on_delete=models.PROTECT, related_name="late_readings")

    def __str__(self) -> str:
        return f"{self.reading} in version {self.run.version}"
