"""What the co-op announces to do without the requester, who does not answer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.ledger.models import ChainIntent

from .generators import Generator, Milestone


class Announcement(models.Model):
    """A milestone to be paid, or without one the generator's end: proposed by one of the Treasury, approved by another,
    announced on the chain, and carried out once the requester has had the contract's time to object."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for the second of the Treasury"
        SENT = "SENT", "being announced"
        WAITING = "WAITING", "the requester may object"
        ACTING = "ACTING", "being carried out"
        DONE = "DONE", "carried out"
        OBJECTED = "OBJECTED", "objected to"
        SETTLED = "SETTLED", "not needed any more"
        REFUSED = "REFUSED", "not approved, or taken back"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.PROPOSED: {State.SENT, State.REFUSED, State.SETTLED},
        State.SENT: {State.WAITING, State.FAILED, State.SETTLED},
        State.WAITING: {State.ACTING, State.OBJECTED, State.SETTLED, State.REFUSED},
        State.ACTING: {State.DONE, State.OBJECTED, State.SETTLED, State.FAILED},
        # Sent again by staff.
        State.FAILED: {State.WAITING, State.DONE, State.OBJECTED, State.SETTLED},
        # It reached the chain after the one that took its place.
        State.SETTLED: {State.WAITING},
    }
    # As far as the chain knows, it may still be done.
    ANNOUNCED: ClassVar[tuple[str, ...]] = ("WAITING", "ACTING", "FAILED")
    OPEN: ClassVar[tuple[str, ...]] = ("PROPOSED", "SENT", "WAITING", "ACTING")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="announcements")
    milestone = models.ForeignKey(
        Milestone, on_delete=models.PROTECT, null=True, blank=True, related_name="announcements", help_text="to be paid"
    )
    evidence = models.CharField(max_length=1000, blank=True, help_text="for its end; a milestone has its own")
    evidence_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    why = models.CharField(max_length=300, blank=True, help_text="why it was not approved, or refused")
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="none: announced past this office, which does not carry it out",
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    until = models.DateTimeField(null=True, blank=True, help_text="the requester may object, as the contract says")
    intent = models.OneToOneField(
        ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="announces it"
    )
    objection = models.OneToOneField(
        ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="objects to it"
    )
    act = models.OneToOneField(
        ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="carries it out"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["until"], condition=Q(state="WAITING"), name="announcement_waits_until")]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="two_people_announce"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "REFUSED", "SETTLED"])
                | Q(approved_by__isnull=False)
                | Q(proposed_by=None),
                name="announcements_are_approved",
            ),
            models.UniqueConstraint(
                fields=["generator"],
                condition=Q(state__in=["PROPOSED", "SENT", "WAITING", "ACTING"]),
                name="one_open_announcement_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.milestone} is paid" if self.milestone else f"{self.generator} is retired"
