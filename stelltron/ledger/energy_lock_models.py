"""The table of energy locks."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from stelltron.core.models import Community
from stelltron.members.models import Member


class EnergyLock(models.Model):
    """A lock as the contract's events tell it: a buyer's money and a seller's KWH that wait for a delivery."""

    class State(models.TextChoices):
        RESERVED = "RESERVED", "reserved"
        LOCKED = "LOCKED", "locked by the device"
        DELIVERED = "DELIVERED", "delivered"
        RELEASED = "RELEASED", "released"

    OPEN = (State.RESERVED, State.LOCKED)
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.RESERVED: {State.LOCKED, State.RELEASED},
        State.LOCKED: {State.DELIVERED, State.RELEASED},
    }

    id = models.CharField(max_length=64, primary_key=True, help_text="the contract's id, in hex")
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    buyer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    device_key = models.CharField(max_length=64)
    wh = models.BigIntegerField()
    price = models.BigIntegerField(help_text="stroops per kWh")
    stroops = models.BigIntegerField(help_text="the buyer's, that wait")
    lock_by = models.DateTimeField()
    deliver_by = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.RESERVED)
    delivered_wh = models.BigIntegerField(default=0)
    paid_stroops = models.BigIntegerField(default=0, help_text="to the seller")

    class Meta:
        ordering = ["deliver_by"]
        indexes = [
            models.Index(
                fields=["lock_by"], condition=models.Q(state__in=["RESERVED", "LOCKED"]), name="energy_lock_open"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    delivered_wh__gte=0,
                    delivered_wh__lte=models.F("wh"),
                    paid_stroops__gte=0,
                    paid_stroops__lte=models.F("stroops"),
                ),
                name="no_more_delivered_than_locked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wh} Wh of {self.seller} for {self.buyer}"

    @property
    def due_by(self) -> datetime:
        """When everything goes back unless the device has spoken."""
        return self.lock_by if self.state == self.State.RESERVED else self.deliver_by
