from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.members.models import Member


class Application(models.Model):
    """Somebody who asks to become a member; staff decide with a reason."""

    class State(models.TextChoices):
        OPEN = "OPEN", "to be decided"
        APPROVED = "APPROVED", "approved"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.APPROVED, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="applications")
    kind = models.CharField(
        max_length=12,
        choices=[choice for choice in Member.Kind.choices if choice[0] != Member.Kind.COMMUNITY],
        default=Member.Kind.PERSON,
    )
    name = models.CharField(max_length=120)
    representative = models.CharField(
        max_length=120, blank=True, help_text="who acts for a company or an institution; empty for a person"
    )
    email = models.EmailField("e-mail")
    phone = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=300, help_text="street, place, country")
    shares = models.PositiveIntegerField(help_text="how many they want to subscribe")
    password = models.CharField(max_length=128, editable=False, help_text="hashed; gone once it is decided")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    applied_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="why it was approved or rejected")
    member = models.OneToOneField(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="application")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "email"], condition=Q(state="OPEN"), name="one_open_application_per_email"
            ),
            models.CheckConstraint(
                condition=Q(state="APPROVED", member__isnull=False, decided_by__isnull=False)
                | Q(state="REJECTED", member=None, decided_by__isnull=False)
                | Q(state="OPEN", member=None, decided_by=None),
                name="applications_are_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(kind="PERSON", representative="") | (~Q(kind="PERSON") & ~Q(representative="")),
                name="only_companies_are_represented",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_state_display()}"


class ShareKind(models.TextChoices):
    ISSUE = "ISSUE", "subscribed and paid"
    TRANSFER = "TRANSFER", "transferred"
    REDEMPTION = "REDEMPTION", "paid back"


# Who gives and who takes: the cooperative issues and takes back.
SIDES = (
    Q(kind="ISSUE", giver=None, taker__isnull=False)
    | Q(kind="TRANSFER", giver__isnull=False, taker__isnull=False) & ~Q(giver=F("taker"))
    | Q(kind="REDEMPTION", giver__isnull=False, taker=None)
)


class ShareProposal(models.Model):
    """A change of the share register that one of the staff saw paid or agreed; another one books it."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        BOOKED = "BOOKED", "booked"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.BOOKED, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="share_proposals")
    kind = models.CharField(max_length=10, choices=ShareKind)
    giver = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="shares_offered")
    taker = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="shares_wanted")
    shares = models.PositiveIntegerField()
    stroops = models.BigIntegerField(help_text="what was paid to or by the cooperative")
    reference = models.CharField(max_length=100, help_text="of the bank, or of the deed of a transfer")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "proposed change of shares"
        verbose_name_plural = "proposed changes of shares"
        constraints = [
            models.CheckConstraint(condition=SIDES, name="proposed_shares_have_their_sides"),
            models.CheckConstraint(condition=Q(shares__gt=0, stroops__gte=0), name="proposed_shares_are_some"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="a_second_person_books_shares"
            ),
            models.CheckConstraint(
                condition=Q(state="BOOKED", approved_by__isnull=False)
                | Q(state__in=["PROPOSED", "REJECTED"], approved_by=None),
                name="shares_are_booked_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["community", "reference"], condition=~Q(state="REJECTED"), name="one_change_per_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.shares}"


class ShareEntry(models.Model):
    """One line of the share ledger. Triggers hold: never changed, days never go back, nobody gives what they have not."""

    Kind = ShareKind

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="share_entries")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … without gaps within the community")
    day = models.DateField(help_text="of the community's calendar, from which on it counts")
    kind = models.CharField(max_length=10, choices=ShareKind)
    giver = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="shares_given")
    taker = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="shares_taken")
    shares = models.PositiveIntegerField()
    stroops = models.BigIntegerField(help_text="what was paid to or by the cooperative")
    proposal = models.OneToOneField(ShareProposal, on_delete=models.PROTECT, related_name="entry")

    class Meta:
        ordering = ["-id"]
        verbose_name = "share entry"
        verbose_name_plural = "share entries"
        constraints = [
            models.UniqueConstraint(fields=["community", "number"], name="one_share_entry_per_number"),
            models.CheckConstraint(condition=SIDES, name="shares_have_their_sides"),
            models.CheckConstraint(condition=Q(shares__gt=0, stroops__gte=0), name="shares_are_some"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_kind_display()} {self.shares}"


class Departure(models.Model):
    """A membership that ends: declared, and over when the notice has run out and nothing is left."""

    class Kind(models.TextChoices):
        RESIGNATION = "RESIGNATION", "resigned"
        DEATH = "DEATH", "died"
        EXCLUSION = "EXCLUSION", "excluded"

    class State(models.TextChoices):
        DECLARED = "DECLARED", "notice runs"
        ENDED = "ENDED", "membership ended"
        WITHDRAWN = "WITHDRAWN", "taken back"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.DECLARED: {State.ENDED, State.WITHDRAWN}}

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="departures")
    kind = models.CharField(max_length=11, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.DECLARED)
    heirs = models.CharField(max_length=300, blank=True, help_text="who inherits; their shares are transferred")
    reason = models.CharField(max_length=300)
    declared_on = models.DateField()
    notice_until = models.DateField(help_text="the membership ends on this day at the earliest")
    ended_on = models.DateField(null=True, blank=True, help_text="the last day of the membership")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=~Q(state="WITHDRAWN"), name="one_departure_per_member"
            ),
            models.CheckConstraint(
                condition=Q(state="ENDED", ended_on__gte=F("notice_until")) | (~Q(state="ENDED") & Q(ended_on=None)),
                name="no_membership_ends_before_its_notice",
            ),
            models.CheckConstraint(condition=Q(notice_until__gte=F("declared_on")), name="notice_runs_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.member}, {self.get_kind_display()}"


class Refund(models.Model):
    """Money that goes back to members for a period; two people, paid as WATT."""

    class Kind(models.TextChoices):
        PATRONAGE = "PATRONAGE", "surplus by what was traded"
        FEE_DISCOUNTS = "FEE_DISCOUNTS", "grid fees back for staked GRID"

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        PAID = "PAID", "paid"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.PAID, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="refunds")
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.PATRONAGE)
    first_day = models.DateField()
    last_day = models.DateField()
    stroops = models.BigIntegerField(help_text="all parts together; it is in the bank")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stroops__gt=0, last_day__gte=F("first_day")), name="a_refund_is_of_something"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="a_second_person_pays_refunds"
            ),
            models.CheckConstraint(
                condition=Q(state="PAID", approved_by__isnull=False)
                | Q(state__in=["PROPOSED", "REJECTED"], approved_by=None),
                name="refunds_are_paid_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["community", "kind"],
                condition=Q(state="PROPOSED") & ~Q(kind="PATRONAGE"),
                name="one_refund_of_what_is_owed_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"refund of {self.first_day} to {self.last_day}"


class RefundPart(models.Model):
    """One member's part. A trigger pays no refund whose parts are not the whole."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="parts")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="refund_parts")
    basis = models.BigIntegerField(
        help_text="stroops it is reckoned from: paid and got for energy in the period, or grid fees since the first discount"
    )
    stroops = models.BigIntegerField()

    class Meta:
        ordering = ["refund", "member"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "member"], name="one_part_per_refund_and_member"),
            models.CheckConstraint(condition=Q(basis__gt=0, stroops__gte=0), name="parts_are_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.stroops}"
