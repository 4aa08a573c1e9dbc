"""A slot's run, and the energy it banked and proved."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member


class SlotRun(models.Model):
    """One clearing of one slot."""

    class State(models.TextChoices):
        SETTLING = "SETTLING", "settling"
        SETTLED = "SETTLED", "settled"
        FAILED = "FAILED", "settlement failed"
        REPLACED = "REPLACED", "replaced by a later version"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SETTLING: {State.SETTLED, State.FAILED},
        State.FAILED: {State.SETTLED, State.REPLACED},
    }

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="runs")
    slot = models.DateTimeField()
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.SETTLING)
    points = models.PositiveIntegerField()
    surplus_wh = models.BigIntegerField()
    deficit_wh = models.BigIntegerField()
    bound_wh = models.BigIntegerField(help_text="most that could physically be traded")
    traded_wh = models.BigIntegerField()
    mechanism = models.PositiveSmallIntegerField(default=0, help_text="market.mechanism in force in the slot")
    price = models.BigIntegerField(null=True, help_text="what sellers got, stroops per kWh; empty without trade")
    reason = models.CharField(max_length=200, blank=True, help_text="why there is a later version")
    root = models.CharField(max_length=64, help_text="Merkle root of the slot's readings")
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, related_name="run")
    cleared_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-slot"]
        constraints = [
            models.UniqueConstraint(fields=["community", "slot", "version"], name="one_run_per_slot_and_version"),
            models.CheckConstraint(condition=Q(traded_wh__lte=F("bound_wh")), name="traded_within_the_bound"),
        ]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:%M} v{self.version}"


class BankedEnergy(models.Model):
    """Surplus kept as KWH; what is left when it expires goes to the utility. What was bought keeps its own end."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="banked", db_index=False)
    slot = models.DateTimeField(help_text="the slot it was produced or bought in")
    expires_at = models.DateTimeField()
    wh = models.BigIntegerField(help_text="what is left of it")

    class Meta:
        verbose_name_plural = "banked energy"
        constraints = [
            models.UniqueConstraint(fields=["member", "slot", "expires_at"], name="one_lot_per_member_slot_and_expiry"),
            models.CheckConstraint(condition=Q(wh__gte=0), name="banked_is_not_negative"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(wh__gt=0), name="banked_left")]

    def __str__(self) -> str:
        return f"{self.wh} Wh until {self.expires_at:%Y-%m-%d %H:%M}"


class EnergyProof(models.Model):
    """One member's day: minted against metered. A difference freezes that member's devices."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="energy_proofs")
    day = models.DateField(help_text="UTC")
    metered_wh = models.BigIntegerField()
    minted_wh = models.BigIntegerField()
    equal = models.BooleanField()
    proved_at = models.DateTimeField()

    class Meta:
        ordering = ["-day", "member"]
        constraints = [models.UniqueConstraint(fields=["member", "day"], name="one_proof_per_member_and_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.member}"
