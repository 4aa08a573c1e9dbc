"""Orders on the spot book."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from devices.models import MeteringPoint
from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.core.units import amount
from stelltron.ledger.models import Asset
from stelltron.members.models import Member


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
    # The database looks these up once a statement: see stelltron/core/foreign_keys.py.
    community = models.ForeignKey(Community, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="orders", db_constraint=False)
    point = models.ForeignKey(MeteringPoint, on_delete=models.PROTECT, db_index=False, db_constraint=False)
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
    ended_because = models.CharField(
        max_length=200, blank=True, help_text="where its owner did not end it: why it ended"
    )
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
