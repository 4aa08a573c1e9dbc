"""Energy from one member to another."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .orders import Order
from .slots import SlotRun

LOOKED_UP_IF_ANY: dict[str, Any] = {
    "on_delete": models.PROTECT,
    "null": True,
    "blank": True,
    "db_index": False,
    "db_constraint": False,
}


class Trade(models.Model):
    """Energy from one member to another, at a price, settled on the chain."""

    class Venue(models.TextChoices):
        AUCTION = "AUCTION", "community auction"
        SPOT = "SPOT", "spot book"
        FRIENDS = "FRIENDS", "contract between members"
        STORED = "STORED", "stored energy, sold ahead"

    class State(models.TextChoices):
        MATCHED = "MATCHED", "matched"
        RESERVED = "RESERVED", "reserved"
        SETTLING = "SETTLING", "locked by the device"
        SETTLED = "SETTLED", "settled"
        DELIVERED = "DELIVERED", "delivered"
        FAILED = "FAILED", "failed"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.MATCHED: {State.SETTLED, State.FAILED},
        State.FAILED: {State.SETTLED},
    }
    # Stored energy: money and KWH wait in the locks contract, the device locks, the meter delivers.
    STORED_TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.MATCHED: {State.RESERVED, State.FAILED},
        State.RESERVED: {State.SETTLING, State.FAILED},
        State.SETTLING: {State.SETTLED, State.FAILED},
        State.SETTLED: {State.DELIVERED, State.FAILED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The database looks these up once a statement: see stelltron/core/foreign_keys.py.
    community = models.ForeignKey(Community, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    venue = models.CharField(max_length=7, choices=Venue)
    slot = models.DateTimeField()
    run = models.ForeignKey(SlotRun, related_name="trades", **LOOKED_UP_IF_ANY)
    buyer = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="purchases", db_index=False, db_constraint=False
    )
    seller = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="sales", db_index=False, db_constraint=False
    )
    buy_order = models.ForeignKey(Order, related_name="fills_bought", **LOOKED_UP_IF_ANY)
    sell_order = models.ForeignKey(Order, related_name="fills_sold", **LOOKED_UP_IF_ANY)
    wh = models.BigIntegerField()
    price = models.BigIntegerField(help_text="stroops per kWh")
    amount = models.BigIntegerField(help_text="what the seller gets: stroops, wh x price / 1000 rounded down")
    fee = models.BigIntegerField(default=0, help_text="grid fee the buyer pays on top, stroops per kWh")
    fee_amount = models.BigIntegerField(default=0, help_text="stroops, wh x fee / 1000 rounded down")
    state = models.CharField(max_length=9, choices=State, default=State.MATCHED)
    intent = models.ForeignKey(ChainIntent, on_delete=models.PROTECT, null=True, related_name="trades")
    matched_at = models.DateTimeField()

    class Meta:
        ordering = ["-matched_at"]
        indexes = [
            models.Index(fields=["community", "slot"]),
            models.Index(fields=["buyer", "slot"], name="purchases_by_slot"),
            models.Index(fields=["seller", "slot"], name="sales_by_slot"),
            # Of the slots' trades none has orders, of the orders' trades none has a run.
            *(
                models.Index(fields=[of], condition=Q(**{f"{of}__isnull": False}), name=f"trades_of_{of}")
                for of in ("run", "buy_order", "sell_order")
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(wh__gt=0), name="trade_is_positive"),
            models.CheckConstraint(condition=~Q(buyer=F("seller")), name="no_self_trade"),
            models.CheckConstraint(
                condition=Q(amount=F("wh") * F("price") / 1000), name="trade_amount_follows_the_rule"
            ),
            models.CheckConstraint(
                condition=Q(venue="STORED") | Q(state__in=["MATCHED", "SETTLED", "FAILED"]),
                name="only_stored_energy_is_reserved",
            ),
            models.CheckConstraint(
                condition=Q(fee__gte=0, fee_amount=F("wh") * F("fee") / 1000), name="trade_fee_follows_the_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wh} Wh at {self.price}"
