"""Tables of stored energy that is sold ahead: offers, the trades behind a lock, and what was delivered of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from devices.models import Device
from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.members.models import Member


class StoredOffer(models.Model):
    """Energy in a member's battery, to be delivered by a moment; the whole or parts of it are bought."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        SOLD = "SOLD", "sold"
        ENDED = "ENDED", "taken back"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.SOLD, State.ENDED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="stored_offers")
    seller = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="stored_offers")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="stored_offers")
    wh = models.BigIntegerField()
    open_wh = models.BigIntegerField()
    price = models.BigIntegerField(help_text="stroops per kWh")
    deliver_by = models.DateTimeField(help_text="end of the last slot that counts, on the community's clock")
    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    offered_at = models.DateTimeField()

    class Meta:
        ordering = ["price", "id"]
        indexes = [models.Index(fields=["community", "price"], condition=Q(state="OPEN"), name="stored_offer_open")]
        constraints = [
            models.CheckConstraint(condition=Q(wh__gt=0, price__gt=0), name="stored_offer_is_positive"),
            models.CheckConstraint(condition=Q(open_wh__gte=0, open_wh__lte=F("wh")), name="stored_offer_not_oversold"),
        ]

    def __str__(self) -> str:
        return f"{self.open_wh} Wh of {self.seller}"


class LockedTrade(models.Model):
    """What a trade of stored energy needs besides: its lock on the chain, and the way of money and energy there."""

    trade = models.OneToOneField("market.Trade", on_delete=models.PROTECT, primary_key=True, related_name="locked")
    offer = models.ForeignKey(StoredOffer, on_delete=models.PROTECT, related_name="sold")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="locked_trades")
    lock_id = models.CharField(max_length=64, unique=True, help_text="the contract's id of it, in hex")
    deliver_by = models.DateTimeField(help_text="on the community's clock")
    locked_at = models.DateTimeField(null=True, blank=True, help_text="its device serves its locks in this order")
    counts_from = models.DateTimeField(null=True, blank=True, help_text="the first slot after the device has locked")
    delivered_wh = models.BigIntegerField(default=0, help_text="metered, within the contracted")
    buyer_held = models.BigIntegerField(default=0, help_text="stroops set aside until they leave the market")
    seller_held = models.BigIntegerField(default=0, help_text="Wh set aside until they leave the market")
    buyer_freed = models.BigIntegerField(default=0, help_text="stroops that have left the market for the lock")
    seller_freed = models.BigIntegerField(default=0, help_text="Wh that have left the market for the lock")
    buyer_leaves = models.CharField(max_length=45, blank=True, help_text="the withdrawal that takes it along")
    seller_leaves = models.CharField(max_length=45, blank=True, help_text="the withdrawal that takes it along")
    lots_until = models.DateTimeField(null=True, blank=True, help_text="until when the seller's energy was banked")
    problem = models.CharField(max_length=200, blank=True)
    proof_asked = models.BooleanField(default=False, help_text="the device signs what is counted: nothing is added")
    closed = models.BooleanField(default=False, help_text="everything is delivered or given back")

    class Meta:
        indexes = [
            models.Index(fields=["trade"], condition=Q(closed=False), name="locked_trade_open"),
            models.Index(fields=["device"], condition=Q(closed=False), name="locked_trade_of_device"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    delivered_wh__gte=0, buyer_held__gte=0, seller_held__gte=0, buyer_freed__gte=0, seller_freed__gte=0
                ),
                name="locked_trade_is_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"lock {self.lock_id[:8]}…"


class LockDelivery(models.Model):
    """Metered Wh of one slot that count for a locked trade: the buyer used some, the rest went on to the utility.

    Each version of the slot's run has a row of its own, with what came late: all of a slot's together count. Readings
    never change once they are stored, so that what was delivered never falls.
    """

    locked = models.ForeignKey(LockedTrade, on_delete=models.PROTECT, related_name="deliveries")
    run = models.ForeignKey("market.SlotRun", on_delete=models.PROTECT, related_name="lock_deliveries")
    slot = models.DateTimeField()
    wh = models.BigIntegerField()
    used_wh = models.BigIntegerField(help_text="what the buyer drew of it, or of what earlier versions counted")

    class Meta:
        ordering = ["slot"]
        verbose_name_plural = "lock deliveries"
        constraints = [
            models.UniqueConstraint(fields=["locked", "run"], name="one_delivery_per_lock_and_run"),
            models.CheckConstraint(
                condition=Q(wh__gte=0, used_wh__gte=0) & (Q(wh__gt=0) | Q(used_wh__gt=0)),
                name="a_delivery_adds_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wh} Wh in {self.slot:%Y-%m-%d %H:%M}"


class SellerReliability(models.Model):
    """What a seller has sold ahead in trades that have ended, and what they delivered of it."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="reliability")
    contracted_wh = models.BigIntegerField(default=0)
    delivered_wh = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "sellers' reliability"
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_wh__gte=0, delivered_wh__lte=F("contracted_wh")),
                name="no_more_delivered_than_contracted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.percent} %"

    @property
    def percent(self) -> int:
        return 100 * self.delivered_wh // self.contracted_wh if self.contracted_wh else 100
