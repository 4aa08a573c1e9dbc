"""Tables of the monthly documents and of disputes over a line."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.models import Community
from stelltron.members.models import Member

from .lines import LineKind

LINE = "market.StatementLine"


class BillNumber(models.Model):
    """The last number given in a community and year: taken under a lock, in the transaction that uses it."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="bill_numbers")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community", "year"], name="one_bill_number_per_community_and_year")
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.last:06}"


class Bill(models.Model):
    """A member's document of one month; once final it never changes, later differences have a note of their own.

    It holds the month's lines with ids in (``after``, ``up_to``], without those under dispute, and with those whose
    dispute was decided since an earlier document left them out.
    """

    class Kind(models.TextChoices):
        STATEMENT = "STATEMENT", "statement"
        CREDIT_NOTE = "CREDIT_NOTE", "credit note"

    class State(models.TextChoices):
        PREVIEW = "PREVIEW", "preview"
        FINAL = "FINAL", "final"
        POSTED = "POSTED", "posted"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.PREVIEW: {State.FINAL},
        State.FINAL: {State.POSTED},
    }

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="bills")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="bills")
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.STATEMENT)
    month = models.DateField(help_text="its first day")
    state = models.CharField(max_length=7, choices=State, default=State.PREVIEW)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    original = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="notes", help_text="what a note corrects"
    )
    after = models.BigIntegerField(default=0)
    up_to = models.BigIntegerField()
    total = models.BigIntegerField(help_text="stroops; negative: the member pays")
    disputed = models.BigIntegerField(default=0, help_text="stroops left out because they are disputed")
    issued_at = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["member", "-id"])]
        constraints = [
            models.UniqueConstraint(fields=["community", "year", "sequence"], name="one_bill_per_number"),
            models.UniqueConstraint(
                fields=["member", "month"], condition=Q(kind="STATEMENT"), name="one_statement_per_member_and_month"
            ),
            models.UniqueConstraint(
                fields=["member", "month"], condition=Q(state="PREVIEW"), name="one_preview_per_member_and_month"
            ),
            models.CheckConstraint(
                condition=Q(state="PREVIEW", sequence=None, year=None)
                | (~Q(state="PREVIEW") & Q(sequence__isnull=False, year__isnull=False, issued_at__isnull=False)),
                name="final_bills_have_a_number",
            ),
            models.CheckConstraint(
                condition=Q(kind="STATEMENT", original=None) | Q(kind="CREDIT_NOTE", original__isnull=False),
                name="notes_name_the_original",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"preview {self.month:%Y-%m} of {self.member}"

    @property
    def number(self) -> str:
        return f"{self.year}-{self.sequence:06}" if self.sequence else ""


class BillLine(models.Model):
    """A document's total of one kind."""

    bill = models.ForeignKey(Bill, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=18, choices=LineKind)
    wh = models.BigIntegerField()
    amount = models.BigIntegerField(help_text="stroops; negative: the member pays")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["bill", "kind"], name="one_bill_line_per_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"


class Dispute(models.Model):
    """A member's objection to one line: its amount is frozen until two of the staff have decided."""

    class State(models.TextChoices):
        OPEN = "OPEN", "waits for a proposal"
        PROPOSED = "PROPOSED", "waits for a second person"
        UPHELD = "UPHELD", "upheld"
        REJECTED = "REJECTED", "rejected"

    PENDING = (State.OPEN, State.PROPOSED)
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.OPEN: {State.PROPOSED},
        State.PROPOSED: {State.OPEN, State.UPHELD, State.REJECTED},
    }

    id = models.BigAutoField(primary_key=True)
    line = models.ForeignKey(LINE, on_delete=models.PROTECT, related_name="disputes")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="disputes")
    text = models.CharField(max_length=1000)
    evidence = models.JSONField(help_text="readings, registers, run and proof as they were when it was opened")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)
    correction = models.BigIntegerField(null=True, blank=True, help_text="proposed: stroops owed to the member on top")
    reason = models.CharField(max_length=300, blank=True, help_text="why it is upheld or rejected")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    correction_line = models.OneToOneField(
        LINE, on_delete=models.PROTECT, null=True, blank=True, related_name="corrects"
    )
    left_out_of = models.ForeignKey(Bill, on_delete=models.SET_NULL, null=True, blank=True, related_name="left_out")
    billed_in = models.ForeignKey(Bill, on_delete=models.SET_NULL, null=True, blank=True, related_name="taken_up")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(state__in=["OPEN", "PROPOSED"]), name="one_open_dispute_per_line"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")), name="a_second_person_decides_disputes"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["UPHELD", "REJECTED"], decided_by__isnull=False)
                | Q(state__in=["OPEN", "PROPOSED"], decided_by=None),
                name="decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}, line {self.line_id}"
