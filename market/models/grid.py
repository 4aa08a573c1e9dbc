"""Zones' fees, what members get off them, and the members' static shares."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.members.models import Member


class GridFee(models.Model):
    """What the grid charges for energy in one zone from a moment on; a later row for the zone follows it."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="grid_fees")
    zone = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=80)
    inside = models.BigIntegerField(help_text="among neighbours of the zone, stroops per kWh")
    out = models.BigIntegerField(help_text="from the zone up to the common level, stroops per kWh")
    into = models.BigIntegerField(help_text="from the common level into the zone, stroops per kWh")
    feeder_w = models.BigIntegerField(null=True, blank=True, help_text="most power across the zone's border")
    valid_from = models.DateTimeField()

    class Meta:
        ordering = ["zone", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["community", "zone", "valid_from"], name="one_grid_fee_per_zone_and_start"),
            models.CheckConstraint(
                condition=Q(inside__gte=0, out__gte=0, into__gte=0, inside__lte=F("out") + F("into")),
                name="inside_not_dearer_than_out_and_in",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (zone {self.zone})"


class FeeDiscount(models.Model):
    """What part of the grid fee a member gets back for staked GRID, from a slot on; a later row follows it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="fee_discounts", db_index=False)
    percent = models.PositiveSmallIntegerField()
    valid_from = models.DateTimeField(help_text="the first slot that counts")
    at_trade = models.BooleanField(
        default=False, editable=False, help_text="was taken off each trade, as all were once: nothing of it comes back"
    )

    class Meta:
        ordering = ["-valid_from", "-id"]
        indexes = [models.Index(fields=["member", "-valid_from", "-id"], name="fee_discounts_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(percent__lte=100), name="fee_discount_within_the_fee"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % off the grid fee for {self.member}"


class AllocationKey(models.Model):
    """A member's fixed share of the community's surplus, where the community shares by static keys."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="allocation_key")
    basis_points = models.PositiveSmallIntegerField(help_text="of 10,000")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(basis_points__lte=10_000), name="allocation_key_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.basis_points} bp"
