"""Futures: the income of units within a period, sold ahead."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.ledger.models import ChainIntent

from .generators import Generator, Stake


class Future(models.Model):
    """The mirror of one future. The units stay the seller's, locked as its margin; their income is the buyer's."""

    class State(models.TextChoices):
        SENT = "SENT", "on its way"
        OFFERED = "OFFERED", "for sale"
        SOLD = "SOLD", "sold"
        SETTLED = "SETTLED", "settled"
        WITHDRAWN = "WITHDRAWN", "withdrawn"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SENT: {State.OFFERED, State.FAILED},
        State.FAILED: {State.OFFERED},
        State.OFFERED: {State.SOLD, State.WITHDRAWN},
        State.SOLD: {State.SETTLED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="futures")
    number = models.PositiveIntegerField(null=True, blank=True, help_text="in the contract, from 0")
    seller = models.ForeignKey(Stake, on_delete=models.PROTECT, related_name="futures_sold")
    buyer = models.ForeignKey(Stake, on_delete=models.PROTECT, null=True, blank=True, related_name="futures_bought")
    units = models.PositiveIntegerField()
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    price = models.BigIntegerField(help_text="stroops for the whole")
    state = models.CharField(max_length=9, choices=State, default=State.SENT)
    index = models.BigIntegerField(default=0, help_text="income is reckoned up to here; what came since is unsettled")
    to_buyer = models.BigIntegerField(default=0, help_text="stroops settled so far")
    to_seller = models.BigIntegerField(default=0, help_text="income of the same units outside the period")
    sold_at = models.DateTimeField(null=True, blank=True)
    sold_event = models.CharField(max_length=60, blank=True, help_text="orders it among all that the chain said")
    sold_hash = models.CharField(max_length=64, blank=True, help_text="of its transaction")
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    purchase = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["ends"], condition=Q(state="SOLD"), name="future_sold_until"),
            models.Index(fields=["begins"], condition=Q(state="OFFERED"), name="future_offered_until"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["generator", "number"], name="one_future_per_number"),
            models.CheckConstraint(condition=Q(units__gt=0, price__gt=0), name="a_future_is_for_something"),
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="a_future_has_a_period"),
            models.CheckConstraint(
                condition=~Q(state__in=["SOLD", "SETTLED"]) | Q(buyer__isnull=False), name="sold_futures_have_a_buyer"
            ),
        ]

    def __str__(self) -> str:
        return f"income of {self.units} units of {self.generator}, {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d}"

    @property
    def unsettled(self) -> int:
        """Earned by the units since the last settlement, for buyer and seller together."""
        return self.units * (self.generator.index - self.index) if self.state == self.State.SOLD else 0
