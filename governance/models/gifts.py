"""GRID that the co-op gives to members out of the operator's holding."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member


class GridGift(models.Model):
    """One staff user proposes it with a reason; a second one approves before anything moves."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        APPROVED = "APPROVED", "approved"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.APPROVED, State.REJECTED}}

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="grid_gifts")
    stroops = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "gift of GRID"
        verbose_name_plural = "gifts of GRID"
        constraints = [
            models.CheckConstraint(condition=Q(stroops__gt=0), name="grid_gift_is_positive"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="a_second_person_gives_grid"
            ),
            models.CheckConstraint(
                condition=Q(state="APPROVED", approved_by__isnull=False, intent__isnull=False)
                | Q(state__in=["PROPOSED", "REJECTED"], approved_by__isnull=True, intent__isnull=True),
                name="grid_gift_approved_and_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"GRID for {self.member}"
