"""Looking after a generator: what users report, and what two of the staff and the requester do about it together."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .generator_models import Generator


class Ticket(models.Model):
    """A fault or a question about one generator, answered by staff."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        ANSWERED = "ANSWERED", "answered"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.ANSWERED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="tickets")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="tickets")
    fault = models.BooleanField(help_text="something does not work")
    text = models.CharField(max_length=1000)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["generator", "member"], condition=Q(state="OPEN"), name="one_open_ticket_each"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN") | Q(answered_at__isnull=False), name="answered_tickets_have_an_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{'Fault' if self.fault else 'Question'} at {self.generator}"


class Upkeep(models.Model):
    """An act that the contract takes from requester and co-op together: one of the Treasury proposes it, the requester
    agrees, a second one approves it."""

    class Kind(models.TextChoices):
        SPEND = "SPEND", "pay from the maintenance fund"
        REPLACE = "REPLACE", "bind another device"
        RETIRE = "RETIRE", "retire the generator"

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for the requester"
        AGREED = "AGREED", "waits for the second of the Treasury"
        APPROVED = "APPROVED", "on its way"
        DONE = "DONE", "done"
        REFUSED = "REFUSED", "not agreed"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.PROPOSED: {State.AGREED, State.REFUSED},
        State.AGREED: {State.APPROVED, State.REFUSED},
        State.APPROVED: {State.DONE, State.FAILED},
        # Sent again by staff.
        State.FAILED: {State.DONE},
    }
    OPEN: ClassVar[tuple[str, ...]] = ("PROPOSED", "AGREED", "APPROVED")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="upkeeps")
    kind = models.CharField(max_length=7, choices=Kind)
    payee = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.BigIntegerField(null=True, blank=True, help_text="stroops")
    device_key = models.CharField(max_length=64, blank=True, help_text="ed25519, hex")
    evidence = models.CharField(max_length=1000)
    evidence_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    why = models.CharField(max_length=300, blank=True, help_text="why it was not agreed, or refused")
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True, help_text="by who asked for the generator")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "upkeep"
        verbose_name_plural = "upkeep"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="two_people_keep_up"
            ),
            models.CheckConstraint(
                condition=Q(kind="SPEND", amount__gt=0, payee__isnull=False, device_key="")
                | Q(kind="REPLACE", amount=None, payee=None) & ~Q(device_key="")
                | Q(kind="RETIRE", amount=None, payee=None, device_key=""),
                name="upkeep_says_what",
            ),
            models.UniqueConstraint(
                fields=["generator", "kind"],
                condition=Q(state__in=["PROPOSED", "AGREED", "APPROVED"]),
                name="one_open_upkeep_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.generator}"
