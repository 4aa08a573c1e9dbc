"""GRID at stake as the staking contract's events tell it, in the contract's own integers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from stelltron.members.models import Member


class GridPool(models.Model):
    """The staking contract's sums and terms (contracts/grid_staking/src/pool.rs), accrued up to ``updated``."""

    address = models.CharField(max_length=56, primary_key=True)
    staked = models.BigIntegerField(default=0)
    unstaking = models.BigIntegerField(default=0, help_text="taken out of the stakes, not yet paid out")
    funded = models.BigIntegerField(default=0, help_text="everything ever paid into the pool of rewards")
    free = models.BigIntegerField(default=0, help_text="funded and not yet earned by anybody")
    owed = models.BigIntegerField(default=0, help_text="earned and not yet claimed")
    claimed = models.BigIntegerField(default=0)
    index = models.BigIntegerField(default=0, help_text="what one staked unit has earned, in parts of 1e18")
    index_carry = models.BigIntegerField(default=0)
    owed_carry = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0, help_text="unix seconds")
    rate_bps = models.PositiveIntegerField(help_text="a year")
    ends_at = models.BigIntegerField(help_text="unix seconds after which nothing is earned")
    unstake_delay = models.PositiveIntegerField(help_text="seconds")
    licence_stake = models.BigIntegerField()
    tiers = models.JSONField(help_text="[stake, discount in percent], from the lowest stake")
    compared_at = models.DateTimeField(null=True, blank=True, help_text="with the chain, last")
    differences = models.JSONField(default=list, blank=True, help_text="what the chain says otherwise; empty: equal")

    class Meta:
        verbose_name = "GRID pool"
        constraints = [
            models.CheckConstraint(
                condition=Q(funded=F("free") + F("owed") + F("claimed")), name="grid_pool_conserves"
            ),
            models.CheckConstraint(
                condition=Q(staked__gte=0, unstaking__gte=0, free__gte=0, owed__gte=0, claimed__gte=0),
                name="grid_pool_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return "the GRID pool"


class GridPosition(models.Model):
    """What one wallet has in the pool; ``earned`` is reckoned up to ``index``."""

    address = models.CharField(max_length=56, primary_key=True)
    member = models.OneToOneField(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="grid_position")
    staked = models.BigIntegerField(default=0)
    index = models.BigIntegerField(default=0)
    carry = models.BigIntegerField(default=0, help_text="below one stroop, in parts of 1e18")
    earned = models.BigIntegerField(default=0, help_text="not yet claimed, as of the wallet's last act")
    unstaking = models.BigIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True, help_text="when the unstaking amount may be taken")
    claimed = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "GRID at stake"
        verbose_name_plural = "GRID at stake"
        constraints = [
            models.CheckConstraint(
                condition=Q(staked__gte=0, earned__gte=0, unstaking__gte=0, claimed__gte=0),
                name="grid_position_not_negative",
            ),
            models.CheckConstraint(condition=Q(unstaking=0) | Q(ready_at__isnull=False), name="grid_unstaking_is_due"),
        ]

    def __str__(self) -> str:
        return f"{self.address[:6]}…"


class GridMovement(models.Model):
    """One thing a wallet did with its stake."""

    class Kind(models.TextChoices):
        STAKED = "STAKED", "put at stake"
        ASKED = "ASKED", "asked back"
        TAKEN = "TAKEN", "taken back"
        CLAIMED = "CLAIMED", "reward claimed"

    position = models.ForeignKey(GridPosition, on_delete=models.CASCADE, related_name="movements")
    kind = models.CharField(max_length=7, choices=Kind)
    amount = models.BigIntegerField()
    at = models.DateTimeField()
    transaction_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        verbose_name = "GRID movement"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="grid_movement_is_positive")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"
