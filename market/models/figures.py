"""Rows that say what happened rather than make it happen: price quotes, daily sums, members' investments."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stelltron.core.models import Community
from stelltron.members.models import Member


class PriceQuote(models.Model):
    """The dynamic reference price of one slot, with everything that made it. Never changed."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="price_quotes")
    slot = models.DateTimeField()
    supply_wh = models.BigIntegerField(help_text="what the community fed in")
    demand_wh = models.BigIntegerField(help_text="what it drew")
    charge_bp = models.PositiveIntegerField(null=True, help_text="state of charge of the batteries that report one")
    delivered = models.PositiveIntegerField(help_text="trades delivered in the last 30 days")
    agreed = models.PositiveIntegerField(help_text="trades agreed in the last 30 days")
    voltage_bp = models.PositiveIntegerField(null=True, help_text="voltages within a tenth of the device's mean")
    battery_bp = models.PositiveIntegerField(null=True, help_text="health of the batteries that report one")
    supply_demand = models.BigIntegerField(help_text="factors in billionths")
    charge = models.BigIntegerField()
    distance = models.BigIntegerField()
    time = models.BigIntegerField()
    reliability = models.BigIntegerField()
    season = models.BigIntegerField()
    multiplier = models.BigIntegerField(help_text="their product within 0.5 and 5, billionths")
    clamped = models.BooleanField(help_text="the bounds held it")
    target = models.BigIntegerField(help_text="base x multiplier, stroops per kWh")
    price = models.BigIntegerField(help_text="smoothed: the price, stroops per kWh")
    parameters = models.JSONField(help_text="value of each coefficient")
    versions = models.JSONField(help_text="parameter version of each coefficient; null: the default")
    quoted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-slot"]
        constraints = [
            models.UniqueConstraint(fields=["community", "slot"], name="one_price_quote_per_slot"),
            models.CheckConstraint(
                condition=Q(multiplier__gte=500_000_000, multiplier__lte=5_000_000_000), name="multiplier_is_bounded"
            ),
            models.CheckConstraint(condition=Q(supply_wh__gte=0, demand_wh__gte=0), name="quoted_energy_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:%M}"


class MemberDay(models.Model):
    """One member's day in the community's calendar, summed from readings and lines; may be rebuilt at any time."""

    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="member_days")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    exported_wh = models.BigIntegerField()
    imported_wh = models.BigIntegerField()
    imported_by_hour = models.JSONField(help_text="Wh drawn per hour of the day")
    sold_wh = models.BigIntegerField()
    earned = models.BigIntegerField(help_text="stroops, as all amounts")
    bought_wh = models.BigIntegerField()
    paid = models.BigIntegerField()
    fees = models.BigIntegerField()
    own_use_wh = models.BigIntegerField()
    fed_in_wh = models.BigIntegerField()
    fed_in = models.BigIntegerField()
    drawn_wh = models.BigIntegerField()
    drawn = models.BigIntegerField()
    net = models.BigIntegerField(help_text="sum of the day's lines; negative: the member pays")
    utility_cost = models.BigIntegerField(help_text="what the utility alone would have charged")
    utility_income = models.BigIntegerField(help_text="what the utility alone would have paid")
    saved = models.BigIntegerField(help_text="better than at the utility; stored energy counts at the feed-in tariff")
    co2_mg = models.BigIntegerField(help_text="of the grid's power that neighbours' and stored energy replaced")
    last_line = models.BigIntegerField(help_text="newest statement line in it")

    class Meta:
        ordering = ["-day", "member"]
        constraints = [models.UniqueConstraint(fields=["member", "day"], name="one_rollup_per_member_and_day")]
        indexes = [
            models.Index(fields=["community", "day"], name="rollup_community_day"),
            models.Index(fields=["community", "-last_line"], name="rollup_newest_line"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.member_id}"


class Investment(models.Model):
    """What a member says their own plant cost and saves behind the meter: for the payback, nothing else."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="investment")
    stroops = models.BigIntegerField()
    own_use_wh_a_year = models.BigIntegerField(default=0, help_text="used in the house before it reaches the meter")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stroops__gt=0, own_use_wh_a_year__gte=0), name="investment_is_positive"),
        ]

    def __str__(self) -> str:
        return f"investment of {self.member_id}"
