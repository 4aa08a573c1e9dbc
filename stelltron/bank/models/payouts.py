from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from stelltron.ledger.models import PaymentProposal, Redemption
from stelltron.members.models import Member

from .statements import BankAccount, BankLine


class PaymentFile(models.Model):
    """Payments that two people send to the bank together."""

    class State(models.TextChoices):
        PREPARED = "PREPARED", "waits for a second person"
        RELEASED = "RELEASED", "released to the bank"
        DISSOLVED = "DISSOLVED", "taken apart again"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PREPARED: {State.RELEASED, State.DISSOLVED}}

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="payment_files")
    state = models.CharField(max_length=9, choices=State, default=State.PREPARED)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(auto_now_add=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "payment file"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(released_by=None) | ~models.Q(released_by=models.F("prepared_by")),
                name="a_second_person_releases",
            ),
            models.CheckConstraint(
                condition=models.Q(state="RELEASED", released_by__isnull=False, released_at__isnull=False)
                | models.Q(state__in=["PREPARED", "DISSOLVED"], released_by__isnull=True),
                name="released_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"payments {self.pk}"


class Payout(models.Model):
    """Money on its way out of the bank: a member's WATT that were burned for it, or a payment that goes back."""

    class Kind(models.TextChoices):
        WITHDRAWAL = "WITHDRAWAL", "withdrawal"
        RETURN = "RETURN", "payment sent back"

    class State(models.TextChoices):
        ASKED = "ASKED", "asked for"
        HELD = "HELD", "being looked at"
        BURNING = "BURNING", "its WATT are being burned"
        FAILED = "FAILED", "its WATT could not be burned"
        READY = "READY", "to be sent"
        FILED = "FILED", "in a payment file"
        SENT = "SENT", "sent to the bank"
        PAID = "PAID", "paid"
        BOUNCED = "BOUNCED", "came back"
        CANCELLED = "CANCELLED", "cancelled"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.ASKED: {State.HELD, State.BURNING, State.CANCELLED},
        # Burned by the member's own wallet while it was held, or after it was cancelled: then the money is owed.
        State.HELD: {State.ASKED, State.CANCELLED, State.BURNING},
        State.CANCELLED: {State.BURNING},
        State.BURNING: {State.READY, State.FAILED},
        # Only a payment that was to go back, and that its bank has taken back itself.
        State.READY: {State.FILED, State.CANCELLED},
        State.FILED: {State.SENT, State.READY},
        State.SENT: {State.PAID, State.BOUNCED},
        State.PAID: {State.BOUNCED},
    }
    # Before the burn, money has not moved; after the bank's debit, it is gone.
    UNBURNED = (State.ASKED, State.HELD, State.BURNING)
    OWED = (State.READY, State.FILED, State.SENT)

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="payouts")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="payouts")
    reference = models.CharField(max_length=35, unique=True, help_text="the bank's end-to-end id, and the burn's")
    stroops = models.BigIntegerField()
    name = models.CharField(max_length=70)
    iban = models.CharField("IBAN", max_length=34)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    redemption = models.OneToOneField(
        Redemption, on_delete=models.PROTECT, null=True, blank=True, related_name="payout"
    )
    returns = models.OneToOneField(
        BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="return_payout"
    )
    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, null=True, blank=True, related_name="payouts")
    debit = models.OneToOneField(BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="pays")
    bounce = models.OneToOneField(BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="gives_back")
    reissue = models.OneToOneField(
        PaymentProposal, on_delete=models.PROTECT, null=True, blank=True, related_name="bounced_payout"
    )
    problem = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    burned_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["member", "-asked_at"], name="payout_of_member")]
        constraints = [
            models.CheckConstraint(condition=models.Q(stroops__gt=0), name="payout_is_positive"),
            models.CheckConstraint(
                condition=models.Q(kind="WITHDRAWAL", member__isnull=False, returns__isnull=True)
                | models.Q(kind="RETURN", returns__isnull=False, redemption__isnull=True),
                name="payout_has_its_origin",
            ),
            # Money leaves only for WATT that are burned, or as it came.
            models.CheckConstraint(
                condition=models.Q(kind="RETURN")
                | models.Q(burned_at__isnull=False)
                | models.Q(state__in=["ASKED", "HELD", "BURNING", "FAILED", "CANCELLED"]),
                name="burned_before_it_is_sent",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
