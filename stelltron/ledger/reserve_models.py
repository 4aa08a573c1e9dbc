"""What stands behind WATT: bank balances, what was attested of them, and what was burned for payments out."""

from __future__ import annotations

from django.db import models

from stelltron.core.models import Community
from stelltron.members.models import Member


class ReserveBalance(models.Model):
    """What a bank account of a co-op held at the end of its last statement; the reserves are the sum of these."""

    account = models.CharField(max_length=34, primary_key=True, help_text="IBAN")
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="reserve_balances")
    stroops = models.BigIntegerField()
    as_of = models.DateField(help_text="the statement's last day")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the statement's file")

    class Meta:
        verbose_name = "reserve balance"

    def __str__(self) -> str:
        return f"{self.account} on {self.as_of}"


class Attestation(models.Model):
    """Reserves as the issuer stated them on the chain; counts once its intent is confirmed."""

    id = models.BigAutoField(primary_key=True)
    stroops = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of what it rests on: a statement, a bank reference")
    as_of = models.DateField(null=True, blank=True, help_text="the statement's last day; empty without a statement")
    intent = models.OneToOneField("ledger.ChainIntent", on_delete=models.PROTECT, related_name="attestation")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=models.Q(stroops__gte=0), name="attested_is_not_negative")]

    def __str__(self) -> str:
        return f"attestation {self.pk}"


class Redemption(models.Model):
    """WATT burned for one payment out of the bank; ``burned_at`` is empty until the chain has it."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="redemptions")
    stroops = models.BigIntegerField()
    reference = models.CharField(max_length=140, unique=True)
    intent = models.OneToOneField("ledger.ChainIntent", on_delete=models.PROTECT, related_name="redemption")
    burned_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="the bank has paid it, or nothing is to be paid: until then it is owed"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=models.Q(stroops__gt=0), name="redemption_is_positive")]

    def __str__(self) -> str:
        return self.reference
