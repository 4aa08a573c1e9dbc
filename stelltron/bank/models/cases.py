from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from stelltron.core.models import Community
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member

from .payouts import Payout
from .statements import BankLine


class Clearance(models.Model):
    """How much the co-op knows of a member beyond the identity check; without a row: the basic level."""

    class Level(models.TextChoices):
        BASIC = "BASIC", "identity checked"
        FULL = "FULL", "origin of the money known as well"

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="clearance")
    level = models.CharField(max_length=5, choices=Level, default=Level.BASIC)

    def __str__(self) -> str:
        return f"{self.member}: {self.get_level_display()}"


class Case(models.Model):
    """Something about money that staff look into; what it is about waits until it is closed with a reason."""

    class Kind(models.TextChoices):
        KYC = "KYC", "no identity check"
        LIMIT = "LIMIT", "above a limit"
        VELOCITY = "VELOCITY", "many payments in a short time"
        STRUCTURING = "STRUCTURING", "several payments just under a limit"
        STOPPED = "STOPPED", "payment by a member who is stopped"
        CHARGEBACK = "CHARGEBACK", "a deposit was taken back"
        BURN = "BURN", "burned otherwise than asked for"

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        CLEARED = "CLEARED", "cleared"
        UPHELD = "UPHELD", "upheld"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.CLEARED, State.UPHELD}}
    # Money has moved already.
    BY_TWO = (Kind.CHARGEBACK, Kind.BURN)

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=11, choices=Kind)
    text = models.CharField(max_length=300)
    stroops = models.BigIntegerField(help_text="what hangs on it")
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    proposal = models.ForeignKey(
        PaymentProposal,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        help_text="a payment that was booked by hand",
    )
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "kind", "member"],
                condition=models.Q(line__isnull=False),
                name="one_case_per_line_and_kind",
            ),
            models.UniqueConstraint(
                fields=["payout", "kind"], condition=models.Q(payout__isnull=False), name="one_case_per_payout_and_kind"
            ),
            models.UniqueConstraint(
                fields=["proposal", "kind"],
                condition=models.Q(proposal__isnull=False),
                name="one_case_per_payment_by_hand_and_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(state="OPEN") | (models.Q(closed_by__isnull=False) & ~models.Q(reason="")),
                name="a_case_is_closed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.member}"


class CaseStep(models.Model):
    """What one of the Treasury wants done about a chargeback or a burn; another one does it."""

    class Kind(models.TextChoices):
        CLEAR = "CLEAR", "clear the case"
        UPHOLD = "UPHOLD", "uphold the case"
        COLLECT = "COLLECT", "burn what the wallet holds"
        PAY = "PAY", "pay out what was burned"

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        DONE = "DONE", "done"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.DONE, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=7, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "step of a case"
        verbose_name_plural = "steps of cases"
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(state="PROPOSED"), name="one_step_of_a_case_at_a_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="DONE")
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("proposed_by"))),
                name="a_second_person_settles",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.case.member}"
