from __future__ import annotations

from django.db import models

from stelltron.core.ids import uuid7
from stelltron.members.models import Member

from .payouts import Payout
from .statements import BankLine


class AnchorTransfer(models.Model):
    """A deposit or withdrawal that a member began in a wallet (SEP-24); its status follows from what it led to."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", "deposit"
        WITHDRAWAL = "withdrawal", "withdrawal"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="anchor_transfers")
    kind = models.CharField(max_length=10, choices=Kind)
    stroops = models.BigIntegerField(null=True, blank=True, help_text="as asked for in the wallet")
    is_confirmed = models.BooleanField(default=False, help_text="the member has been through the page")
    line = models.OneToOneField(
        BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="anchor_transfer"
    )
    payout = models.OneToOneField(
        Payout, on_delete=models.PROTECT, null=True, blank=True, related_name="anchor_transfer"
    )
    begun_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "wallet transfer"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="deposit", payout__isnull=True)
                | models.Q(kind="withdrawal", line__isnull=True),
                name="transfer_leads_to_its_own_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class CustomerRecord(models.Model):
    """What a member told us for the identity check through a wallet (SEP-12), encrypted."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="customer_record")
    fields = models.BinaryField(editable=False, help_text="encrypted")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "identity details"
        verbose_name_plural = "identity details"

    def __str__(self) -> str:
        return f"details of {self.member}"


class FormerRecord(models.Model):
    """What a member had told before they told it otherwise, once the check had begun; encrypted."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="former_records")
    fields = models.BinaryField(editable=False, help_text="encrypted")
    told_at = models.DateTimeField()
    replaced_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "former identity details"
        verbose_name_plural = "former identity details"

    def __str__(self) -> str:
        return f"details of {self.member} until {self.replaced_at:%Y-%m-%d}"
