from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from devices.models import MeteringPoint
from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.core.units import amount
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member

from .billing_models import Bill, BillLine, BillNumber, Dispute, LineKind  # noqa: F401  tables of this app
from .figure_models import Investment, MemberDay, PriceQuote  # noqa: F401
from .run_models import HeldEnergy, LateReading, WorseOff  # noqa: F401
from .stored_models import LockDelivery, LockedTrade, SellerReliability, StoredOffer  # noqa: F401
from .tariff_models import MemberPlan, Tariff, TariffBand  # noqa: F401


class GridFee(models.Model):
    """What the grid charges for energy in one zone from a moment on; a later row for the zone follows it."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="grid_fees")
    zone = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=80)
    inside = models.BigIntegerField(help_text="among neighbours of the zone, stroops per kWh")
    out = models.BigIntegerField(help_text="from the zone up to the common level, stroops per kWh")
    into = models.BigIntegerField(help_text="from the common level into the zone, stroops per kWh")
    feeder_w = models.BigIntegerField(null=True, blank=True, help_text="most power across the zone's border")
    valid_from = models.DateTimeField()

    class Meta:
        ordering = ["zone", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["community", "zone", "valid_from"], name="one_grid_fee_per_zone_and_start"),
            models.CheckConstraint(
                condition=Q(inside__gte=0, out__gte=0, into__gte=0, inside__lte=F("out") + F("into")),
                name="inside_not_dearer_than_out_and_in",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (zone {self.zone})"


class AllocationKey(models.Model):
    """A member's fixed share of the community's surplus, where the community shares by static keys."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="allocation_key")
    basis_points = models.PositiveSmallIntegerField(help_text="of 10,000")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(basis_points__lte=10_000), name="allocation_key_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.basis_points} bp"


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
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="friend_contract_ends_later"),
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


class Order(models.Model):
    """An order on the spot book, for energy a seller already holds."""

    class Side(models.TextChoices):
        BUY = "BUY", "buy"
        SELL = "SELL", "sell"

    class Kind(models.TextChoices):
        LIMIT = "LIMIT", "limit"
        MARKET = "MARKET", "market"
        STOP = "STOP", "stop"

    class Force(models.TextChoices):
        GTC = "GTC", "until cancelled, or its date"
        IOC = "IOC", "at once, the rest is cancelled"
        FOK = "FOK", "all of it at once, or nothing"

    class State(models.TextChoices):
        WAITING = "WAITING", "waiting for its price"
        OPEN = "OPEN", "open"
        PARTLY_FILLED = "PARTLY_FILLED", "partly filled"
        FILLED = "FILLED", "filled"
        CANCELLED = "CANCELLED", "cancelled"
        EXPIRED = "EXPIRED", "expired"

    # On the book; STANDING: still able to trade.
    LIVE = (State.OPEN, State.PARTLY_FILLED)
    STANDING = (State.WAITING, *LIVE)
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.OPEN, State.CANCELLED, State.EXPIRED},
        State.OPEN: {State.PARTLY_FILLED, State.FILLED, State.CANCELLED, State.EXPIRED},
        State.PARTLY_FILLED: {State.PARTLY_FILLED, State.FILLED, State.CANCELLED, State.EXPIRED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="orders")
    point = models.ForeignKey(MeteringPoint, on_delete=models.PROTECT)
    side = models.CharField(max_length=4, choices=Side)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.LIMIT)
    force = models.CharField(max_length=3, choices=Force, default=Force.GTC)
    wh = models.BigIntegerField()
    open_wh = models.BigIntegerField()
    price = models.BigIntegerField(
        help_text="limit in stroops per kWh, a buyer's with the grid fee; at the market: the mandate's"
    )
    trigger = models.BigIntegerField(null=True, blank=True, help_text="stop: the last price that wakes it")
    state = models.CharField(max_length=13, choices=State, default=State.OPEN)
    arrival = models.BigIntegerField(unique=True, help_text="time priority")
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-arrival"]
        constraints = [
            models.CheckConstraint(condition=Q(wh__gt=0, price__gt=0), name="order_is_positive"),
            models.CheckConstraint(condition=Q(open_wh__gte=0, open_wh__lte=F("wh")), name="order_never_overfilled"),
            models.CheckConstraint(
                condition=Q(kind="STOP", trigger__gt=0) | (~Q(kind="STOP") & Q(trigger=None)),
                name="only_stops_have_a_trigger",
            ),
        ]
        indexes = [
            models.Index(
                fields=["community", "side", "price", "arrival"],
                condition=Q(state__in=["OPEN", "PARTLY_FILLED"]),
                name="order_book",
            ),
            models.Index(fields=["community", "trigger"], condition=Q(state="WAITING"), name="order_stops"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.wh} Wh"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def backing(self) -> tuple[str, int]:
        """The asset and amount set aside for what is open of it."""
        return backing_of(self.side, self.open_wh, self.price)


def backing_of(side: str, wh: int, price: int) -> tuple[str, int]:
    """What an order of ``wh`` open at ``price`` sets aside: a buyer's money, a seller's energy."""
    if side == Order.Side.BUY:
        return Asset.WATT, amount(wh, price)
    return Asset.KWH, wh


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
