from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from stelltron.core.models import Community
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member
from stelltron.register.models import ShareProposal


class BankAccount(models.Model):
    """An account of the co-op's at a bank, whose balance stands behind WATT."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="bank_accounts")
    iban = models.CharField("IBAN", max_length=34, unique=True)
    bic = models.CharField("BIC", max_length=11, blank=True)
    holder = models.CharField(max_length=70, help_text="as the bank has it; members pay to this name")
    opened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["iban"]
        verbose_name = "bank account"

    def __str__(self) -> str:
        return self.iban


class BankStatement(models.Model):
    """A statement as the bank made it. Never changed, never removed (a trigger holds that)."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statements")
    number = models.CharField(max_length=60, help_text="the bank's own")
    begins = models.DateField()
    ends = models.DateField()
    opening = models.BigIntegerField(help_text="stroops before the lines that were new")
    credits = models.BigIntegerField()
    debits = models.BigIntegerField()
    closing = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    file = models.BinaryField(editable=False)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "bank statement"
        constraints = [
            # Banks begin their numbers anew, each year or each month.
            models.UniqueConstraint(
                fields=["account", "number", "begins", "ends"], name="one_statement_per_number_and_period"
            ),
            models.CheckConstraint(
                condition=models.Q(closing=models.F("opening") + models.F("credits") - models.F("debits")),
                name="statement_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(credits__gte=0, debits__gte=0), name="statement_sums_are_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.number}"


class BankLine(models.Model):
    """One movement of a statement, and what the co-op made of it."""

    class State(models.TextChoices):
        WAITING = "WAITING", "to be assigned"
        HELD = "HELD", "waits for its case"
        PROPOSED = "PROPOSED", "waits for a second person"
        BOOKED = "BOOKED", "became WATT"
        RETURNING = "RETURNING", "is being sent back"
        RETURNED = "RETURNED", "was sent back"
        OWN = "OWN", "the co-op's own money"
        PAYOUT = "PAYOUT", "a payment that we sent"
        BOUNCED = "BOUNCED", "a payment of ours that came back"
        CHARGEBACK = "CHARGEBACK", "a deposit that the payer took back"
        UNDONE = "UNDONE", "taken back before it became WATT"
        SHARES = "SHARES", "pays for membership shares"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {
            State.HELD,
            State.PROPOSED,
            # As a payment that was booked by hand before.
            State.BOOKED,
            State.SHARES,
            State.RETURNING,
            State.OWN,
            State.PAYOUT,
            State.BOUNCED,
            State.CHARGEBACK,
            State.UNDONE,
        },
        State.HELD: {State.WAITING, State.RETURNING, State.UNDONE},
        State.PROPOSED: {State.BOOKED, State.WAITING},
        State.RETURNING: {State.RETURNED, State.UNDONE},
        State.SHARES: {State.WAITING},
    }
    # Money that came in and is nobody's WATT yet.
    UNBOOKED = (State.WAITING, State.HELD, State.PROPOSED, State.RETURNING)

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="lines")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    key = models.CharField(max_length=80, blank=True, help_text="the bank's own reference, where it gives one")
    identity = models.CharField(max_length=60, help_text="a hash of its content, and how often that came on its day")
    booked_on = models.DateField()
    stroops = models.BigIntegerField(help_text="positive: money came in")
    name = models.CharField(max_length=140, blank=True, help_text="the other side")
    iban = models.CharField("IBAN", max_length=34, blank=True)
    text = models.CharField(max_length=500, blank=True)
    end_to_end = models.CharField("end-to-end id", max_length=35, blank=True)
    is_reversal = models.BooleanField(default=False, help_text="the bank says that it undoes an earlier movement")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_lines")
    proposal = models.OneToOneField(
        PaymentProposal, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_line"
    )
    shares = models.OneToOneField(
        ShareProposal, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_line"
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by", help_text="the deposit"
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "statement line"
        indexes = [models.Index(fields=["id"], condition=models.Q(state="WAITING"), name="bank_line_waiting")]
        constraints = [
            models.UniqueConstraint(fields=["account", "identity"], name="one_line_per_identity"),
            models.CheckConstraint(condition=~models.Q(stroops=0), name="no_line_of_nothing"),
            models.CheckConstraint(
                condition=models.Q(stroops__gt=0)
                | ~models.Q(state__in=["PROPOSED", "BOOKED", "RETURNING", "RETURNED", "BOUNCED", "SHARES"]),
                name="only_credits_become_watt_or_go_back",
            ),
            models.CheckConstraint(
                condition=models.Q(stroops__lt=0) | ~models.Q(state__in=["PAYOUT", "CHARGEBACK"]),
                name="only_debits_are_payouts",
            ),
            # One line, one use.
            models.CheckConstraint(
                condition=models.Q(state="SHARES", shares__isnull=False, proposal=None)
                | (~models.Q(state="SHARES") & models.Q(shares=None)),
                name="what_pays_for_shares_is_no_watt",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="UNDONE") | models.Q(proposal=None), name="what_was_undone_is_not_proposed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.key or self.identity}"[:80]

    @property
    def bank_reference(self) -> str:
        """What the mint names: unique among all accounts."""
        return f"{self.account.iban}:{self.identity}"


class PaymentReference(models.Model):
    """What a member writes on every payment: a creditor reference (ISO 11649), with check digits, theirs for good."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="payment_reference")
    code = models.CharField(max_length=25, unique=True)

    class Meta:
        verbose_name = "payment reference"

    def __str__(self) -> str:
        return self.code


class KnownAccount(models.Model):
    """A bank account a member has paid from, with their reference, or has asked to be paid to."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="known_accounts")
    iban = models.CharField("IBAN", max_length=34, db_index=True)
    name = models.CharField(max_length=70)
    pays_in = models.BooleanField(default=False, help_text="payments from it are this member's without a reference")
    seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["iban"]
        verbose_name = "known account"
        constraints = [models.UniqueConstraint(fields=["member", "iban"], name="an_account_is_known_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.iban}"
