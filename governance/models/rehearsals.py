"""What the last weeks would have cost each member under other rules."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.members.models import Member


class Rehearsal(models.Model):
    """A value played over recorded slots, beside the values that were in force; kept for whoever asks again."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", "is being played"
        DONE = "DONE", "done"
        FAILED = "FAILED", "failed"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.RUNNING: {State.DONE, State.FAILED},
        State.FAILED: {State.RUNNING},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="rehearsals")
    key = models.CharField(max_length=80)
    value = models.BigIntegerField()
    first = models.DateTimeField(help_text="the first slot played")
    end = models.DateTimeField(help_text="the end of the last")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    slots = models.PositiveIntegerField()
    played_before = models.PositiveIntegerField(default=0, help_text="slots, under the values in force")
    played_after = models.PositiveIntegerField(default=0, help_text="slots, under the proposed value")
    before = models.JSONField(null=True, blank=True, help_text="what the community came to, as it was")
    after = models.JSONField(null=True, blank=True, help_text="and as it would have been")
    began_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(auto_now=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community", "key", "value", "first", "end"], name="one_rehearsal"),
            models.CheckConstraint(
                condition=Q(played_before__lte=F("slots"), played_after__lte=F("slots")), name="no_more_than_recorded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}, {self.first:%Y-%m-%d} to {self.end:%Y-%m-%d}"

    @property
    def percent(self) -> int:
        return 100 * (self.played_before + self.played_after) // (2 * self.slots) if self.slots else 100


class RehearsedBill(models.Model):
    """What one member would have paid (below zero) or been paid for energy, and did."""

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="bills")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    before = models.BigIntegerField(default=0, help_text="stroops")
    after = models.BigIntegerField(default=0, help_text="stroops")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rehearsal", "member"], name="one_bill_a_rehearsal")]
        indexes = [models.Index("rehearsal", F("after") - F("before"), name="rehearsed_by_effect")]

    def __str__(self) -> str:
        return f"{self.member}: {self.before} -> {self.after}"
