"""From a village's request to the terms a generator is offered with."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

UNITS = 10_000


class Provider(models.Model):
    """A member who builds generators, once staff has looked at them; the factory admits nobody else."""

    class State(models.TextChoices):
        ASKED = "ASKED", "waits for verification"
        VERIFIED = "VERIFIED", "verified"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.ASKED: {State.VERIFIED, State.REJECTED},
        State.REJECTED: {State.ASKED},
    }

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="provider")
    about = models.CharField(max_length=500, help_text="experience, licences, references")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    intent = models.ForeignKey(
        ChainIntent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="the factory admits it",
    )
    suspended_at = models.DateTimeField(null=True, blank=True, help_text="by staff: nothing new until it is lifted")
    suspension = models.CharField(max_length=300, blank=True, help_text="why")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="VERIFIED") | Q(intent__isnull=False), name="verified_providers_are_on_the_chain"
            )
        ]

    def __str__(self) -> str:
        return str(self.member)


class GeneratorRequest(models.Model):
    """Somebody without power asks for a generator, or for any machine that many can share."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open for bids"
        DECIDING = "DECIDING", "to be decided by the requester"
        ACCEPTED = "ACCEPTED", "a bid is accepted"
        WITHDRAWN = "WITHDRAWN", "withdrawn"
        EXPIRED = "EXPIRED", "expired"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.OPEN: {State.DECIDING, State.ACCEPTED, State.WITHDRAWN, State.EXPIRED},
        State.DECIDING: {State.ACCEPTED, State.WITHDRAWN, State.EXPIRED},
    }

    id = models.BigAutoField(primary_key=True)
    reference = models.UUIDField(default=uuid7, unique=True, editable=False, help_text="in public addresses")
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    requester = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="generator_requests")
    title = models.CharField(max_length=80)
    place = models.CharField(max_length=120)
    latitude = models.DecimalField(
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    power_w = models.PositiveIntegerField(help_text="W")
    people = models.PositiveIntegerField(help_text="who will use it")
    reason = models.CharField(max_length=1000)
    measure = models.CharField(max_length=32, default="kWh", help_text="what is sold: kWh, litres, hours")
    parts = models.PositiveIntegerField(default=1000, help_text="smallest quantities in one measure: 1,000 Wh a kWh")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    bids_until = models.DateTimeField()
    decide_until = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "generator request"
        indexes = [
            models.Index(fields=["bids_until"], condition=Q(state="OPEN"), name="request_open_until"),
            models.Index(fields=["decide_until"], condition=Q(state="DECIDING"), name="request_decide_until"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(power_w__gt=0, parts__gt=0), name="a_request_asks_for_something"),
            models.CheckConstraint(
                condition=Q(bids_until__gt=F("opened_at"), decide_until__gte=F("bids_until")), name="a_request_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.place}"


class ProviderBid(models.Model):
    """What a provider would build, for how much, and how soon."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        ACCEPTED = "ACCEPTED", "accepted"
        CLOSED = "CLOSED", "not chosen"
        WITHDRAWN = "WITHDRAWN", "withdrawn"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.ACCEPTED, State.CLOSED, State.WITHDRAWN}}

    id = models.BigAutoField(primary_key=True)
    reference = models.UUIDField(default=uuid7, unique=True, editable=False, help_text="in public addresses")
    request = models.ForeignKey(GeneratorRequest, on_delete=models.PROTECT, related_name="bids")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="bids")
    unit_type = models.CharField(max_length=120, help_text="such as 10 kW solar with 20 kWh storage")
    power_w = models.PositiveIntegerField(help_text="W")
    cost = models.BigIntegerField(help_text="stroops")
    installation_days = models.PositiveSmallIntegerField()
    warranty_months = models.PositiveSmallIntegerField()
    cover = models.CharField(max_length=300, blank=True, help_text="insurance, if any")
    year_quantity = models.BigIntegerField(help_text="expected in a year, in parts of the measure")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["cost", "id"]
        verbose_name = "provider bid"
        constraints = [
            models.CheckConstraint(
                condition=Q(cost__gt=0, power_w__gt=0, year_quantity__gt=0), name="a_bid_has_a_cost"
            ),
            models.UniqueConstraint(
                fields=["request", "provider"], condition=~Q(state="WITHDRAWN"), name="one_bid_per_provider"
            ),
            models.UniqueConstraint(fields=["request"], condition=Q(state="ACCEPTED"), name="one_accepted_bid"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_type} by {self.provider}"


class Offering(models.Model):
    """The accepted bid as financiers see it: 10,000 units of a generator, all or refund."""

    class State(models.TextChoices):
        REVIEW = "REVIEW", "in review"
        APPROVED = "APPROVED", "approved"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.REVIEW: {State.APPROVED, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    request = models.OneToOneField(GeneratorRequest, on_delete=models.PROTECT, related_name="offering")
    bid = models.OneToOneField(ProviderBid, on_delete=models.PROTECT, related_name="offering")
    goal = models.BigIntegerField(help_text="stroops; what all 10,000 units cost together")
    min_units = models.PositiveSmallIntegerField(help_text="smallest stake")
    min_price = models.BigIntegerField(help_text="stroops a measure; lowest price owners may submit")
    max_price = models.BigIntegerField(help_text="stroops a measure")
    maintenance_bps = models.PositiveSmallIntegerField(help_text="of each payment, in basis points")
    slot_seconds = models.PositiveIntegerField(help_text="a price holds so long")
    risks = models.CharField(max_length=1000, help_text="what financiers have to know")
    state = models.CharField(max_length=8, choices=State, default=State.REVIEW)
    offered_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.CharField(max_length=300, blank=True, help_text="why it was approved or rejected")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(goal__gt=0), name="an_offering_has_a_goal"),
            models.CheckConstraint(condition=Q(min_units__gte=1, min_units__lte=UNITS), name="stakes_have_bounds"),
            models.CheckConstraint(
                condition=Q(min_price__gte=0, max_price__gte=F("min_price")), name="prices_have_bounds"
            ),
        ]

    def __str__(self) -> str:
        return str(self.request)

    @property
    def unit_price(self) -> int:
        return self.goal // UNITS
