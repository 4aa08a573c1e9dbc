"""A buy-out: the community offers one price for every unit of its generator."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .generator_models import Generator


class BuyOut(models.Model):
    """One price for all; each owner decides for the own units."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        DONE = "DONE", "all units are bought"
        ENDED = "ENDED", "over"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.DONE, State.ENDED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="buyouts")
    bidder = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="buyouts")
    price = models.BigIntegerField(help_text="stroops a unit")
    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    offered_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "buy-out"
        constraints = [
            models.UniqueConstraint(fields=["generator"], condition=Q(state="OPEN"), name="one_open_buyout"),
            models.CheckConstraint(condition=Q(price__gt=0, ends_at__gt=F("offered_at")), name="a_buyout_says_what"),
        ]

    def __str__(self) -> str:
        return f"buy-out of {self.generator}"


class BuyOutPart(models.Model):
    """Units that one owner sells to the community; the contract carries it out."""

    class State(models.TextChoices):
        SENT = "SENT", "on its way"
        DONE = "DONE", "done"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.SENT: {State.DONE, State.FAILED}, State.FAILED: {State.DONE}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    buyout = models.ForeignKey(BuyOut, on_delete=models.PROTECT, related_name="parts")
    holder = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    units = models.PositiveIntegerField()
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "part of a buy-out"
        verbose_name_plural = "parts of buy-outs"
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="a_buyout_part_is_something")]

    def __str__(self) -> str:
        return f"{self.units} units from {self.holder}"
