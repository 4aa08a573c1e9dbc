"""Income that is paid out without being asked for each time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .generators import Stake


class AutoPayout(models.Model):
    """An owner's wish: each generator's income is claimed once it is at least so much."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="auto_payout")
    least = models.BigIntegerField(help_text="stroops of one generator")
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = "payout by itself"
        constraints = [models.CheckConstraint(condition=Q(least__gt=0), name="a_payout_is_of_something")]

    def __str__(self) -> str:
        return str(self.member)


class AutoClaim(models.Model):
    """A claim that was sent by itself."""

    stake = models.ForeignKey(Stake, on_delete=models.PROTECT, related_name="auto_claims")
    # One that the owner asked for in the same moment is the same claim.
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = "claim by itself"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"claim of {self.stake}"
