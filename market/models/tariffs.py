"""Tables of the utility's plans."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.members.models import Member


class Tariff(models.Model):
    """What the utility charges and pays on one of its plans: the yardstick of every saving."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="tariffs")
    plan = models.CharField(max_length=40, blank=True, default="", help_text="empty: the community's own")
    name = models.CharField(max_length=80)
    retail = models.BigIntegerField(help_text="stroops per kWh bought from the utility")
    feed_in = models.BigIntegerField(help_text="stroops per kWh sold to the utility")
    day_charge = models.BigIntegerField(default=0, help_text="standing charge, stroops per day of the community")
    tax = models.PositiveSmallIntegerField(default=0, help_text="on energy bought from the utility, basis points")
    valid_from = models.DateTimeField()

    class Meta:
        ordering = ["-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["community", "plan", "valid_from"], name="one_tariff_per_plan_and_start"),
            models.CheckConstraint(
                condition=Q(feed_in__gte=0, retail__gte=F("feed_in")), name="retail_not_below_feed_in"
            ),
            models.CheckConstraint(condition=Q(day_charge__gte=0, tax__lte=10_000), name="tariff_charges_in_range"),
        ]

    def __str__(self) -> str:
        return self.name


class TariffBand(models.Model):
    """Hours of the community's own week at prices of their own; outside any band the tariff's prices hold."""

    tariff = models.ForeignKey(Tariff, on_delete=models.CASCADE, related_name="bands")
    name = models.CharField(max_length=40)
    weekdays = models.PositiveSmallIntegerField(help_text="sum of 1 Monday, 2 Tuesday, 4 … 64 Sunday")
    from_minute = models.PositiveSmallIntegerField(help_text="of the local day")
    to_minute = models.PositiveSmallIntegerField(help_text="of the local day; 1440: midnight")
    retail = models.BigIntegerField(help_text="stroops per kWh bought from the utility")
    feed_in = models.BigIntegerField(help_text="stroops per kWh sold to the utility")

    class Meta:
        ordering = ["tariff", "from_minute", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(weekdays__gte=1, weekdays__lte=127), name="band_has_weekdays"),
            models.CheckConstraint(
                condition=Q(from_minute__lt=F("to_minute"), to_minute__lte=1440), name="band_lies_in_a_day"
            ),
            models.CheckConstraint(
                condition=Q(feed_in__gte=0, retail__gte=F("feed_in")), name="band_retail_not_below_feed_in"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MemberPlan(models.Model):
    """The utility plan a member is on from a moment on; a later row follows it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="plans")
    plan = models.CharField(max_length=40, blank=True, help_text="empty: the community's own")
    valid_from = models.DateTimeField()

    class Meta:
        ordering = ["-valid_from"]
        constraints = [models.UniqueConstraint(fields=["member", "valid_from"], name="one_plan_per_member_and_start")]

    def __str__(self) -> str:
        return f"{self.member}: {self.plan or 'the community plan'}"
