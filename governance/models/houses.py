"""Where a community decides: its contracts, who is on its roll, and by which rules."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.members.models import Member

from .kinds import Kind

WHOLE = 10_000


class House(models.Model):
    """A community's roll, governor, timelock and parameters on the chain, founded once."""

    community = models.OneToOneField(Community, on_delete=models.PROTECT, primary_key=True, related_name="house")
    founded_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True, blank=True, help_text="with the chain, last")
    differences = models.JSONField(default=list, blank=True, help_text="what the chain says otherwise; empty: equal")

    def __str__(self) -> str:
        return f"the house of {self.community}"

    def contract(self, code: str) -> str:
        """The name under which the house's own ``code`` is known (``ledger.contracts``)."""
        return f"{code}:{self.community_id.hex[-12:]}"


class Rules(models.Model):
    """What a kind of proposal has to meet, as the governor says; a proposal keeps those it began with."""

    house = models.ForeignKey(House, on_delete=models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=10, choices=Kind)
    quorum_bps = models.PositiveIntegerField(help_text="of those on the roll who have to vote, abstentions included")
    majority_bps = models.PositiveIntegerField(help_text="of yes and no that has to be yes")
    notice_seconds = models.PositiveIntegerField(help_text="between the proposal and the vote")
    period_seconds = models.PositiveIntegerField(help_text="the vote lasts")
    delay_seconds = models.PositiveIntegerField(help_text="between the vote and what it does, at least")
    by_stake = models.BooleanField(default=False, help_text="votes weigh the GRID at stake")

    class Meta:
        verbose_name_plural = "rules"
        constraints = [
            models.UniqueConstraint(fields=["house", "kind"], name="one_set_of_rules_per_kind"),
            models.CheckConstraint(condition=Q(quorum_bps__lte=WHOLE, majority_bps__lte=WHOLE), name="rules_are_parts"),
        ]

    def __str__(self) -> str:
        return f"rules for {self.get_kind_display()}"


class RollEntry(models.Model):
    """A wallet's time on the roll of those who vote; who comes back has another entry."""

    house = models.ForeignKey(House, on_delete=models.CASCADE, related_name="roll")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="roll_entries")
    address = models.CharField(max_length=56)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "roll"
        indexes = [models.Index(fields=["house", "address"], name="roll_by_address")]
        constraints = [
            models.UniqueConstraint(fields=["house", "address"], condition=Q(left_at=None), name="once_on_the_roll"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")), name="left_after_joining"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address[:6]}… from {self.joined_at:%Y-%m-%d}"
