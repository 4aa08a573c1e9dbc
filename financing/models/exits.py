"""The exit auction: units of one generator change hands at one price."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .generators import Generator


class ExitAuction(models.Model):
    """Sellers and buyers of units meet once, at the same price."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        CLEARED = "CLEARED", "cleared"
        EMPTY = "EMPTY", "ended without a trade"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.CLEARED, State.EMPTY}}

    id = models.BigAutoField(primary_key=True)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="exits")
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    price = models.BigIntegerField(null=True, blank=True, help_text="stroops a unit, for all")
    units = models.PositiveIntegerField(default=0, help_text="that changed hands")

    class Meta:
        ordering = ["-id"]
        verbose_name = "exit auction"
        constraints = [
            models.UniqueConstraint(fields=["generator"], condition=Q(state="OPEN"), name="one_open_exit_auction"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opened_at")), name="an_auction_has_time"),
        ]

    def __str__(self) -> str:
        return f"exit from {self.generator}"


class ExitOrder(models.Model):
    """Units to sell for at least, or to buy for at most, so much each."""

    class Side(models.TextChoices):
        SELL = "SELL", "sell"
        BUY = "BUY", "buy"

    id = models.BigAutoField(primary_key=True)
    auction = models.ForeignKey(ExitAuction, on_delete=models.PROTECT, related_name="orders")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="exit_orders")
    side = models.CharField(max_length=4, choices=Side)
    units = models.PositiveIntegerField()
    limit = models.BigIntegerField(help_text="stroops a unit")
    filled = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        verbose_name = "exit order"
        constraints = [
            models.UniqueConstraint(fields=["auction", "member"], name="one_exit_order_per_member"),
            models.CheckConstraint(condition=Q(units__gt=0, limit__gt=0), name="an_exit_order_is_for_something"),
            models.CheckConstraint(condition=Q(filled__lte=F("units")), name="no_more_filled_than_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.units} units"


class ExitFill(models.Model):
    """One purchase that the auction decided; the contract carries it out."""

    class State(models.TextChoices):
        SENT = "SENT", "on its way"
        DONE = "DONE", "done"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.SENT: {State.DONE, State.FAILED}, State.FAILED: {State.DONE}}

    id = models.BigAutoField(primary_key=True)
    auction = models.ForeignKey(ExitAuction, on_delete=models.PROTECT, related_name="fills")
    seller = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    units = models.PositiveIntegerField()
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "exit fill"
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0) & ~Q(buyer=F("seller")), name="a_fill_is_between_two")
        ]

    def __str__(self) -> str:
        return f"{self.units} units from {self.seller} to {self.buyer}"
