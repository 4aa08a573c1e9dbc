"""Cover: institutions insure providers and financiers, for a premium, out of their own wallet."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .generators import Generator


class Insurer(models.Model):
    """An institution that staff has admitted; it sells as long as its wallet covers all that it has sold."""

    class State(models.TextChoices):
        ASKED = "ASKED", "waits for admission"
        ADMITTED = "ADMITTED", "admitted"
        REJECTED = "REJECTED", "rejected"
        INSOLVENT = "INSOLVENT", "cannot pay: sells nothing"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.ASKED: {State.ADMITTED, State.REJECTED},
        State.REJECTED: {State.ASKED},
        State.ADMITTED: {State.INSOLVENT},
        State.INSOLVENT: {State.ADMITTED},
    }

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="insurer")
    about = models.CharField(max_length=500, help_text="licence, supervision, reinsurance")
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    suspended_at = models.DateTimeField(null=True, blank=True, help_text="by staff: nothing new until it is lifted")
    suspension = models.CharField(max_length=300, blank=True, help_text="why")

    def __str__(self) -> str:
        return str(self.member)


class CoverOffer(models.Model):
    """What an insurer would cover at one generator."""

    class Kind(models.TextChoices):
        NON_DELIVERY = "NON_DELIVERY", "non-delivery, for the provider"
        DEFAULT = "DEFAULT", "default of the provider, for financiers"
        LOSS = "LOSS", "loss of the generator, for financiers"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    insurer = models.ForeignKey(Insurer, on_delete=models.PROTECT, related_name="offers")
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="cover_offers")
    kind = models.CharField(max_length=12, choices=Kind)
    premium_bps = models.PositiveIntegerField(help_text="of the sum, in basis points, for the whole period")
    largest_sum = models.BigIntegerField(help_text="stroops, for one holder")
    days = models.PositiveSmallIntegerField(help_text="how long a cover holds")
    counts = models.CharField(max_length=1000, help_text="what counts, and what evidence is needed")
    is_open = models.BooleanField(default=True)
    offered_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "cover offer"
        constraints = [
            models.CheckConstraint(
                condition=Q(premium_bps__gt=0, largest_sum__gt=0, days__gt=0), name="a_cover_offer_says_what"
            ),
            models.UniqueConstraint(
                fields=["insurer", "generator", "kind"], condition=Q(is_open=True), name="one_open_cover_offer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.generator}, by {self.insurer.member.name}"

    def premium(self, stroops: int) -> int:
        """Rounded up: nobody is covered for nothing."""
        return -(-stroops * self.premium_bps // 10_000)


class Cover(models.Model):
    """A sum that an insurer owes its holder if what counts happens in time."""

    class State(models.TextChoices):
        SENT = "SENT", "premium on its way"
        ACTIVE = "ACTIVE", "covered"
        ENDED = "ENDED", "over"
        FAILED = "FAILED", "premium refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SENT: {State.ACTIVE, State.FAILED},
        State.FAILED: {State.ACTIVE},
        State.ACTIVE: {State.ENDED},
    }
    OPEN: ClassVar[tuple[str, ...]] = ("SENT", "ACTIVE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(CoverOffer, on_delete=models.PROTECT, related_name="covers")
    holder = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="covers")
    sum = models.BigIntegerField(help_text="stroops")
    premium = models.BigIntegerField(help_text="stroops")
    bought_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["ends_at"], condition=Q(state="ACTIVE"), name="cover_active_until")]
        constraints = [
            models.CheckConstraint(condition=Q(sum__gt=0, premium__gt=0), name="a_cover_is_for_something"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("bought_at")), name="a_cover_has_time"),
        ]

    def __str__(self) -> str:
        return f"cover of {self.holder}: {self.offer}"


class CoverClaim(models.Model):
    """It has happened, says the holder; two of the Treasury decide how much the insurer owes."""

    class State(models.TextChoices):
        OPEN = "OPEN", "open"
        PROPOSED = "PROPOSED", "waits for the second of the Treasury"
        OWED = "OWED", "owed by the insurer"
        PAID = "PAID", "paid"
        REFUSED = "REFUSED", "refused"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.OPEN: {State.PROPOSED, State.REFUSED},
        State.PROPOSED: {State.OWED, State.OPEN, State.REFUSED},
        State.OWED: {State.PAID},
    }
    UNDECIDED: ClassVar[tuple[str, ...]] = ("OPEN", "PROPOSED")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cover = models.ForeignKey(Cover, on_delete=models.PROTECT, related_name="claims")
    claimed = models.BigIntegerField(help_text="stroops the holder asks for")
    evidence = models.CharField(max_length=1000)
    evidence_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    granted = models.BigIntegerField(default=0, help_text="stroops")
    paid = models.BigIntegerField(default=0, help_text="stroops that the chain has confirmed")
    decision = models.CharField(max_length=300, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "cover claim"
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed__gt=0, granted__lte=F("claimed"), paid__lte=F("granted"), paid__gte=0),
                name="no_more_is_paid_than_granted",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="two_people_grant_a_claim"
            ),
            models.UniqueConstraint(
                fields=["cover"], condition=Q(state__in=["OPEN", "PROPOSED"]), name="one_undecided_claim"
            ),
        ]

    def __str__(self) -> str:
        return f"claim on {self.cover}"

    @property
    def owed(self) -> int:
        return self.granted - self.paid


class CoverPayment(models.Model):
    """Money from the insurer's wallet to the holder's, for one claim; more than one where it came in parts."""

    class State(models.TextChoices):
        SENT = "SENT", "on its way"
        PAID = "PAID", "paid"
        FAILED = "FAILED", "refused by the contract"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.SENT: {State.PAID, State.FAILED}, State.FAILED: {State.PAID}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    claim = models.ForeignKey(CoverClaim, on_delete=models.PROTECT, related_name="payments")
    amount = models.BigIntegerField(help_text="stroops")
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    sent_at = models.DateTimeField()
    intent = models.OneToOneField(ChainIntent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "cover payment"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_cover_payment_pays")]

    def __str__(self) -> str:
        return f"{self.amount} for {self.claim}"
