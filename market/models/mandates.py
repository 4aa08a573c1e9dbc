"""What members agreed to: mandates, and contracts among friends."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member


class FriendContract(models.Model):
    """Two members' standing agreement: the seller's surplus goes to the buyer first, at a price of their own."""

    class State(models.TextChoices):
        OFFERED = "OFFERED", "offered"
        ACTIVE = "ACTIVE", "active"
        ENDED = "ENDED", "ended"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.OFFERED: {State.ACTIVE, State.ENDED},
        State.ACTIVE: {State.ENDED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seller = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="contracts_sold")
    buyer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="contracts_bought")
    offered_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="contracts_offered")
    price = models.BigIntegerField(help_text="what the seller gets, stroops per kWh")
    slot_wh = models.BigIntegerField(help_text="most energy in one slot")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.OFFERED)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(seller=F("buyer")), name="no_contract_with_oneself"),
            models.CheckConstraint(condition=Q(price__gt=0, slot_wh__gt=0), name="friend_contract_is_positive"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="friend_contract_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.seller} to {self.buyer}"


class Mandate(models.Model):
    """A member's standing approval: the contract refuses every trade outside it."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", "being signed"
        ACTIVE = "ACTIVE", "active"
        ENDED = "ENDED", "ended"
        FAILED = "FAILED", "refused by the chain"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.REQUESTED: {State.ACTIVE, State.FAILED},
        State.ACTIVE: {State.ENDED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mandates")
    sells = models.BooleanField(default=True)
    buys = models.BooleanField(default=True)
    sell_at_least = models.BigIntegerField(help_text="stroops per kWh")
    buy_at_most = models.BigIntegerField(help_text="stroops per kWh, grid fee included")
    slot_wh = models.BigIntegerField(help_text="most energy traded in one slot")
    day_wh = models.BigIntegerField(help_text="most energy traded in one UTC day")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    intent = models.ForeignKey(ChainIntent, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(state="ACTIVE"), name="one_active_mandate_per_member"
            )
        ]

    def __str__(self) -> str:
        return f"mandate of {self.member}"
