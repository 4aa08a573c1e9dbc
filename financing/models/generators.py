"""A generator as the chain has it, and what its people ask of it. The follower writes the mirrored rows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member
from stelltron.members.secrets import decrypt

from ..income import Income
from .requests import UNITS, Offering


class Generator(models.Model):
    """The mirror of one generator contract: its state, its escrow and its income, in stroops."""

    class State(models.TextChoices):
        CREATING = "CREATING", "being set up"
        FUNDING = "FUNDING", "open for funding"
        FUNDED = "FUNDED", "funded, being built"
        PENDING = "PENDING", "installed, waits for its first token"
        ACTIVE = "ACTIVE", "running"
        RETIRED = "RETIRED", "retired"
        FAILED = "FAILED", "not funded"

    # As the contract numbers them.
    ON_CHAIN: ClassVar[tuple[str, ...]] = ("FUNDING", "FUNDED", "PENDING", "ACTIVE", "RETIRED", "FAILED")
    OWNED: ClassVar[tuple[str, ...]] = ("FUNDED", "PENDING", "ACTIVE")
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.CREATING: {State.FUNDING},
        State.FUNDING: {State.FUNDED, State.FAILED},
        State.FUNDED: {State.PENDING, State.RETIRED},
        State.PENDING: {State.ACTIVE, State.RETIRED},
        State.ACTIVE: {State.RETIRED},
    }

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    offering = models.OneToOneField(Offering, on_delete=models.PROTECT, related_name="generator")
    requester = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="generators")
    provider = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="generators_built")
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=56, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.CREATING)
    deadline = models.DateTimeField(help_text="of the funding")
    reserved = models.PositiveIntegerField(default=0, help_text="units that pledges have taken, sent or not")
    sold = models.PositiveIntegerField(default=0, help_text="units the contract has sold")
    held = models.BigIntegerField(default=0, help_text="escrow")
    released = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    index = models.BigIntegerField(default=0, help_text="what one unit has earned")
    carry = models.BigIntegerField(default=0)
    received = models.BigIntegerField(default=0)
    claimed = models.BigIntegerField(default=0)
    maintenance = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    credited = models.BigIntegerField(default=0, help_text="quantity paid for, in parts")
    paid = models.BigIntegerField(default=0, help_text="stroops for what was credited")
    dispensed = models.BigIntegerField(default=0, help_text="quantity taken from credit, in parts")
    free = models.BigIntegerField(default=0, help_text="quantity dispensed without a price, in parts")
    device_key = models.CharField(max_length=64, blank=True, help_text="ed25519, bound by the requester")
    funded_at = models.DateTimeField(null=True, blank=True)
    active_since = models.DateTimeField(null=True, blank=True)
    compared_at = models.DateTimeField(null=True, blank=True, help_text="with the contract, figure by figure")
    differences = models.JSONField(default=list, help_text="what the last comparison found; empty: equal")
    intent = models.ForeignKey(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["deadline"], condition=Q(state="FUNDING"), name="generator_funding_until")]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__lte=UNITS, sold__lte=UNITS), name="no_more_than_10000_units_are_sold"
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0, claimed__lte=F("received"), maintenance__gte=0, carry__lt=UNITS),
                name="no_more_is_paid_than_came_in",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def contract_name(self) -> str:
        return f"generator:{self.offering_id}"

    @property
    def account(self) -> str:
        """Its account in the journal."""
        return f"generator:{self.offering_id}"

    @property
    def unit_price(self) -> int:
        return self.offering.unit_price

    @property
    def income(self) -> Income:
        return Income(self.index, self.carry, self.received, self.claimed, self.maintenance, self.spent)

    @property
    def tokens(self) -> int:
        """What the contract holds."""
        return self.held + self.received - self.claimed - self.spent


class Milestone(models.Model):
    """A part of the provider's pay: reported with evidence, accepted by the requester, released by two of the staff."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", "planned"
        REPORTED = "REPORTED", "reported by the provider"
        ACCEPTED = "ACCEPTED", "accepted by the requester"
        PROPOSED = "PROPOSED", "proposed for release"
        APPROVED = "APPROVED", "release on its way"
        RELEASED = "RELEASED", "paid"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        # A refused release that staff sent again is paid from wherever it was put back to; so is what was announced.
        State.PLANNED: {State.REPORTED, State.RELEASED},
        State.REPORTED: {State.ACCEPTED, State.PLANNED, State.RELEASED},
        State.ACCEPTED: {State.PROPOSED, State.RELEASED},
        State.PROPOSED: {State.APPROVED, State.ACCEPTED, State.RELEASED},
        State.APPROVED: {State.RELEASED, State.ACCEPTED},
    }

    class Pace(models.TextChoices):
        DUE = "DUE", "in time"
        LATE = "LATE", "late"
        DEFAULT = "DEFAULT", "in default"

    PACES: ClassVar[dict[str, set[str]]] = {
        Pace.DUE: {Pace.LATE, Pace.DEFAULT},
        Pace.LATE: {Pace.DEFAULT},
        # Accepted after all.
        Pace.DEFAULT: {Pace.LATE},
    }

    id = models.BigAutoField(primary_key=True)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="milestones")
    number = models.PositiveSmallIntegerField(help_text="from 0, as on the chain")
    title = models.CharField(max_length=80)
    percent = models.PositiveSmallIntegerField(help_text="of the goal")
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    evidence = models.CharField(max_length=1000, blank=True)
    evidence_hash = models.CharField(max_length=64, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="of the days that were bid, from the funding on")
    pace = models.CharField(max_length=7, choices=Pace, default=Pace.DUE)
    delay = models.CharField(max_length=300, blank=True, help_text="what the provider says about it")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    intent = models.ForeignKey(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["generator", "number"]
        constraints = [
            models.UniqueConstraint(fields=["generator", "number"], name="one_milestone_per_number"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="two_people_release_money"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="PLANNED"), name="milestone_planned_until")]

    def __str__(self) -> str:
        return f"{self.generator}: {self.title}"

    @property
    def amount(self) -> int:
        return self.generator.offering.goal // 100 * self.percent


class Pledge(models.Model):
    """A financier's wish for units while the funding is open."""

    class State(models.TextChoices):
        SENT = "SENT", "on its way"
        FUNDED = "FUNDED", "funded"
        FAILED = "FAILED", "refused by the contract"
        BACK = "BACK", "being taken back"
        TAKEN = "TAKEN", "taken back"

    GONE: ClassVar[tuple[str, ...]] = (State.FAILED, State.TAKEN)
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SENT: {State.FUNDED, State.FAILED},
        State.FAILED: {State.FUNDED},
        # A refused return that staff sent again is taken from wherever it was put back to.
        State.FUNDED: {State.BACK, State.TAKEN},
        State.BACK: {State.TAKEN, State.FUNDED},
    }

    id = models.BigAutoField(primary_key=True)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="pledges")
    financier = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="pledges")
    units = models.PositiveIntegerField()
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    risks_read_at = models.DateTimeField()
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, related_name="+")
    back_intent = models.OneToOneField(
        ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="takes it back"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="a_pledge_is_for_something")]

    def __str__(self) -> str:
        return f"{self.units} units of {self.generator}"


class Stake(models.Model):
    """What one address owns of one generator; ``earned`` is settled up to ``index``."""

    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="stakes")
    address = models.CharField(max_length=56)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="stakes")
    units = models.PositiveIntegerField(default=0)
    index = models.BigIntegerField(default=0)
    earned = models.BigIntegerField(default=0)
    claimed = models.BigIntegerField(default=0)
    price = models.BigIntegerField(null=True, blank=True, help_text="submitted price, stroops a measure")
    listed = models.PositiveIntegerField(default=0)
    ask = models.BigIntegerField(default=0, help_text="stroops for one of the listed units")
    pledged = models.PositiveIntegerField(default=0, help_text="units that futures hold, offered or sold")
    lent = models.PositiveIntegerField(default=0, help_text="of them sold: the future reckons their income")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generator", "address"], name="one_stake_per_owner"),
            models.CheckConstraint(
                condition=Q(units__lte=UNITS, units__gte=F("listed") + F("pledged"), pledged__gte=F("lent")),
                name="locked_units_are_owned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} units of {self.generator}"

    def claimable(self, index: int) -> int:
        return self.earned + (self.units - self.lent) * (index - self.index)

    @property
    def free(self) -> int:
        """Units that are neither for sale nor held by a future."""
        return self.units - self.listed - self.pledged


class UnitTransfer(models.Model):
    """Units that changed hands, sold or given."""

    event = models.CharField(max_length=60, primary_key=True)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="transfers")
    giver = models.ForeignKey(Stake, on_delete=models.PROTECT, related_name="given")
    receiver = models.ForeignKey(Stake, on_delete=models.PROTECT, related_name="gained")
    units = models.PositiveIntegerField()
    price = models.BigIntegerField(default=0, help_text="stroops a unit; 0: given")
    at = models.DateTimeField()
    transaction_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.units} units of {self.generator}"


class Payout(models.Model):
    """Income that an owner claimed."""

    event = models.CharField(max_length=60, primary_key=True)
    stake = models.ForeignKey(Stake, on_delete=models.PROTECT, related_name="payouts")
    amount = models.BigIntegerField()
    at = models.DateTimeField()
    transaction_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.amount} to {self.stake}"


class Payment(models.Model):
    """Money for energy. A purchase waits for the chain; what was paid past us appears with its event."""

    class State(models.TextChoices):
        SENT = "SENT", "on its way"
        PAID = "PAID", "paid"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.SENT: {State.PAID, State.FAILED}, State.FAILED: {State.PAID}}

    id = models.BigAutoField(primary_key=True)
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="payments")
    payer = models.CharField(max_length=56, help_text="the generator itself where it was given away")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="energy_payments")
    quantity = models.BigIntegerField(help_text="in parts of the measure; 0: the first token")
    price = models.BigIntegerField(default=0, help_text="stroops a measure")
    amount = models.BigIntegerField(default=0, help_text="stroops")
    phone = models.CharField(max_length=20, blank=True, help_text="where the code goes")
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    event = models.CharField(max_length=60, blank=True)
    transaction_hash = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event"], condition=~Q(event=""), name="paid_once_per_event"),
            models.CheckConstraint(condition=Q(quantity__gte=0, amount__gte=0), name="payments_are_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.generator}"


class PrepaidMeter(models.Model):
    """The meter at the generator: a key of its own signs what it dispenses, a shared one unlocks it by code."""

    generator = models.OneToOneField(Generator, on_delete=models.PROTECT, primary_key=True, related_name="meter")
    serial = models.CharField(max_length=40, unique=True)
    public_key = models.CharField(max_length=64, unique=True, help_text="ed25519")
    secret = models.BinaryField(editable=False, help_text="encrypted key of its codes")
    starting_code = models.PositiveIntegerField()
    count = models.PositiveIntegerField(default=1, help_text="of the last code that was issued")
    seen_count = models.PositiveIntegerField(default=1, help_text="highest count the meter has told us")
    seen_at = models.DateTimeField(null=True, blank=True)
    unknown_counts = models.JSONField(
        default=list,
        blank=True,
        help_text="of codes it says it took, and that were never issued, each with the unix second we heard of it",
    )

    class Meta:
        verbose_name = "prepaid meter"

    def __str__(self) -> str:
        return self.serial

    def code_key(self) -> bytes:
        return decrypt(self.secret)


class EnergyCode(models.Model):
    """A code that adds energy at the meter, once, without a network."""

    id = models.BigAutoField(primary_key=True)
    meter = models.ForeignKey(PrepaidMeter, on_delete=models.PROTECT, related_name="codes")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="codes")
    count = models.PositiveIntegerField()
    quantity = models.BigIntegerField(help_text="in parts of the measure")
    code = models.CharField(max_length=9)
    issued_at = models.DateTimeField()
    texted_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True, help_text="when the meter told us")

    class Meta:
        ordering = ["-id"]
        verbose_name = "energy code"
        constraints = [models.UniqueConstraint(fields=["meter", "count"], name="one_code_per_count")]
        indexes = [models.Index(fields=["id"], condition=Q(texted_at=None), name="energy_code_untexted")]

    def __str__(self) -> str:
        return f"code {self.count} of {self.meter}"
