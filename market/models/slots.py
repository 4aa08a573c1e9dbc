"""What became of a slot: its run, trades, statement lines, banked energy and the daily proof."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .billing import LineKind
from .orders import Order


class SlotRun(models.Model):
    """One clearing of one slot."""

    class State(models.TextChoices):
        SETTLING = "SETTLING", "settling"
        SETTLED = "SETTLED", "settled"
        FAILED = "FAILED", "settlement failed"
        REPLACED = "REPLACED", "replaced by a later version"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SETTLING: {State.SETTLED, State.FAILED},
        State.FAILED: {State.SETTLED, State.REPLACED},
    }

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="runs")
    slot = models.DateTimeField()
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.SETTLING)
    points = models.PositiveIntegerField()
    surplus_wh = models.BigIntegerField()
    deficit_wh = models.BigIntegerField()
    bound_wh = models.BigIntegerField(help_text="most that could physically be traded")
    traded_wh = models.BigIntegerField()
    mechanism = models.PositiveSmallIntegerField(default=0, help_text="market.mechanism in force in the slot")
    price = models.BigIntegerField(null=True, help_text="what sellers got, stroops per kWh; empty without trade")
    reason = models.CharField(max_length=200, blank=True, help_text="why there is a later version")
    root = models.CharField(max_length=64, help_text="Merkle root of the slot's readings")
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, related_name="run")
    cleared_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-slot"]
        constraints = [
            models.UniqueConstraint(fields=["community", "slot", "version"], name="one_run_per_slot_and_version"),
            models.CheckConstraint(condition=Q(traded_wh__lte=F("bound_wh")), name="traded_within_the_bound"),
        ]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:%M} v{self.version}"


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
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    venue = models.CharField(max_length=7, choices=Venue)
    slot = models.DateTimeField()
    run = models.ForeignKey(SlotRun, on_delete=models.PROTECT, null=True, blank=True, related_name="trades")
    buyer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="purchases", db_index=False)
    seller = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="sales", db_index=False)
    buy_order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="fills_bought")
    sell_order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="fills_sold")
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


class StatementLine(models.Model):
    """One line of a member's bill; positive amounts are owed to the member."""

    Kind = LineKind

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="statement_lines")
    run = models.ForeignKey(SlotRun, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    trade = models.ForeignKey(Trade, on_delete=models.PROTECT, null=True, blank=True, help_text="spot trades only")
    slot = models.DateTimeField()
    kind = models.CharField(max_length=18, choices=Kind)
    wh = models.BigIntegerField()
    price = models.BigIntegerField(help_text="stroops per kWh")
    amount = models.BigIntegerField(help_text="stroops; negative: the member pays")
    day = models.DateField(null=True, blank=True, help_text="standing charges: the local day they are for")

    class Meta:
        ordering = ["-slot", "-id"]
        indexes = [models.Index(fields=["member", "-slot"])]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "run", "kind", "price"], name="one_line_per_member_run_kind_and_price"
            ),
            models.UniqueConstraint(
                fields=["day", "member"],
                condition=Q(kind="STANDING_CHARGE"),
                name="one_standing_charge_per_member_and_day",
            ),
            models.CheckConstraint(
                condition=Q(kind="STANDING_CHARGE", day__isnull=False) | (~Q(kind="STANDING_CHARGE") & Q(day=None)),
                name="standing_charges_have_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.wh} Wh"


class BankedEnergy(models.Model):
    """Surplus kept as KWH; what is left when it expires goes to the utility."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="banked")
    slot = models.DateTimeField(help_text="the slot it was produced in")
    expires_at = models.DateTimeField()
    wh = models.BigIntegerField(help_text="what is left of it")

    class Meta:
        verbose_name_plural = "banked energy"
        constraints = [
            models.UniqueConstraint(fields=["member", "slot"], name="one_lot_per_member_and_slot"),
            models.CheckConstraint(condition=Q(wh__gte=0), name="banked_is_not_negative"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(wh__gt=0), name="banked_left")]

    def __str__(self) -> str:
        return f"{self.wh} Wh until {self.expires_at:%Y-%m-%d %H:%M}"


class EnergyProof(models.Model):
    """One member's day: minted against metered. A difference freezes that member's devices."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="energy_proofs")
    day = models.DateField(help_text="UTC")
    metered_wh = models.BigIntegerField()
    minted_wh = models.BigIntegerField()
    equal = models.BooleanField()
    proved_at = models.DateTimeField()

    class Meta:
        ordering = ["-day", "member"]
        constraints = [models.UniqueConstraint(fields=["member", "day"], name="one_proof_per_member_and_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.member}"
