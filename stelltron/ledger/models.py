from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.members.models import Member, Wallet

from .energy_lock_models import EnergyLock  # noqa: F401  a table of this app
from .reserve_models import Attestation, Redemption, ReserveBalance  # noqa: F401  tables of this app


class Asset(models.TextChoices):
    WATT = "WATT", "WATT (stroops)"
    KWH = "KWH", "KWH (Wh)"


class Contract(models.Model):
    """A deployed contract: its address and the code it runs."""

    network = models.CharField(max_length=100, help_text="network passphrase")
    name = models.CharField(max_length=40)
    address = models.CharField(max_length=56)
    wasm_hash = models.CharField(max_length=64)
    deployed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "name"], name="one_contract_per_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.address[:6]}…"


class ChainTransaction(models.Model):
    """A signed envelope, kept before it is sent; only this very envelope is ever sent again."""

    class State(models.TextChoices):
        SIGNED = "SIGNED", "signed"
        SUBMITTED = "SUBMITTED", "submitted"
        SUCCEEDED = "SUCCEEDED", "succeeded"
        FAILED = "FAILED", "failed"
        EXPIRED = "EXPIRED", "expired"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SIGNED: {State.SUBMITTED, State.SUCCEEDED, State.FAILED, State.EXPIRED},
        State.SUBMITTED: {State.SUCCEEDED, State.FAILED, State.EXPIRED},
    }

    hash = models.CharField(max_length=64, primary_key=True)
    source = models.CharField(max_length=56)
    envelope = models.TextField()
    max_time = models.BigIntegerField(help_text="Unix seconds after which it can no longer be included")
    state = models.CharField(max_length=10, choices=State, default=State.SIGNED)
    ledger = models.BigIntegerField(null=True, blank=True)
    fee_stroops = models.BigIntegerField(null=True, blank=True, help_text="network fee charged")
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "chain transaction"
        indexes = [
            models.Index(
                fields=["source"], condition=models.Q(state__in=["SIGNED", "SUBMITTED"]), name="chain_tx_in_flight"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hash[:10]}…"


class ChainIntent(models.Model):
    """Something the books need done on the chain, exactly once: the outbox."""

    class Kind(models.TextChoices):
        SETTLE = "SETTLE", "settle a slot"
        CALL = "CALL", "call a contract"
        DATA = "DATA", "write data entries"

    class State(models.TextChoices):
        PENDING = "PENDING", "waiting"
        SENT = "SENT", "in a transaction"
        CONFIRMED = "CONFIRMED", "confirmed"
        FAILED = "FAILED", "failed"
        REPLACED = "REPLACED", "failed and undone"

    class Signer(models.TextChoices):
        OPERATOR = "OPERATOR", "the operator"
        ISSUER = "ISSUER", "the WATT issuer"
        GUARDIAN = "GUARDIAN", "the guardian"
        WALLET = "WALLET", "a member's wallet"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.PENDING: {State.SENT, State.FAILED},
        State.SENT: {State.CONFIRMED, State.FAILED, State.PENDING},
        State.FAILED: {State.PENDING, State.REPLACED},
    }

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=120, unique=True, help_text="idempotency key")
    signer = models.CharField(max_length=8, choices=Signer, default=Signer.OPERATOR)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, blank=True)
    after = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, help_text="waits until this one is confirmed"
    )
    group = models.BigIntegerField(
        default=0, help_text="settlement intents of one group wait for each other; 0: send at once"
    )
    slot = models.BigIntegerField(null=True, blank=True, help_text="settlements: the slot's minute since the epoch")
    payload = models.JSONField(default=dict)
    section = models.BinaryField(null=True, editable=False, help_text="packed settlement sections")
    sections = models.PositiveSmallIntegerField(default=1, help_text="how many of the slot's chunks it takes")
    postings = models.JSONField(default=list, help_text="[account, asset, amount] lines posted on confirmation")
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    transaction = models.ForeignKey(
        ChainTransaction, on_delete=models.PROTECT, null=True, blank=True, related_name="intents"
    )
    attempts = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "chain intent"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="PENDING"), name="chain_intent_pending"),
            models.Index(fields=["created_at"], condition=~models.Q(state="CONFIRMED"), name="chain_intent_open"),
            models.Index(fields=["slot"], name="chain_intent_slot"),
        ]

    def __str__(self) -> str:
        return self.key


class EventCursor(models.Model):
    """How far the event follower has read."""

    name = models.CharField(max_length=40, primary_key=True)
    cursor = models.CharField(max_length=80, blank=True)
    ledger = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)


class ChainEvent(models.Model):
    """A contract event as read from the chain; the id makes a second reading harmless."""

    id = models.CharField(max_length=60, primary_key=True)
    contract = models.CharField(max_length=56)
    name = models.CharField(max_length=40)
    transaction_hash = models.CharField(max_length=64, db_index=True)
    ledger = models.BigIntegerField()
    at = models.DateTimeField(
        null=True, blank=True, help_text="when the ledger closed; unknown of what was read before it was kept"
    )
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "chain event"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} in ledger {self.ledger}"


class Holding(models.Model):
    """What a member can spend right now: the books' working balance.

    ``held`` backs open orders; both change in the transaction of the trade, the journal follows the chain.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="holdings")
    asset = models.CharField(max_length=4, choices=Asset)
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "asset"], name="one_holding_per_member_and_asset"),
            models.CheckConstraint(condition=models.Q(available__gte=0), name="available_is_not_negative"),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="held_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.available} {self.asset}"


class WithdrawalRequest(models.Model):
    """What a member asked the contract for: held back from the market until it is paid or the request is over."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="withdrawal_request")
    stroops = models.BigIntegerField()
    wh = models.BigIntegerField()
    held_stroops = models.BigIntegerField(default=0, help_text="of the holding, while the request lasts")
    held_wh = models.BigIntegerField(default=0)
    ready_at = models.DateTimeField()

    class Meta:
        verbose_name = "withdrawal request"
        indexes = [models.Index(fields=["ready_at"], name="withdrawal_request_ready")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    held_stroops__gte=0,
                    held_wh__gte=0,
                    held_stroops__lte=models.F("stroops"),
                    held_wh__lte=models.F("wh"),
                ),
                name="no_more_held_than_requested",
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} from {self.ready_at:%Y-%m-%d %H:%M}"


class BankReceipt(models.Model):
    """A payment that arrived at the bank; each reference backs one mint."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="receipts")
    stroops = models.BigIntegerField()
    reference = models.CharField(max_length=140, unique=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(stroops__gt=0), name="receipt_is_positive")]

    def __str__(self) -> str:
        return self.reference


class PaymentProposal(models.Model):
    """A bank payment one staff user saw; a second one approves it before it becomes money."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        APPROVED = "APPROVED", "approved"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.APPROVED, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="payment_proposals")
    stroops = models.BigIntegerField()
    reference = models.CharField(max_length=100, help_text="as the bank statement has it")
    reason = models.CharField(max_length=300)
    into_market = models.BooleanField(
        default=True, help_text="deposited to trade with; else it stays in the wallet, as for financing generators"
    )
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "bank payment"
        constraints = [
            models.CheckConstraint(condition=models.Q(stroops__gt=0), name="proposed_payment_is_positive"),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("proposed_by")),
                name="a_second_person_approves",
            ),
            models.CheckConstraint(
                condition=models.Q(state="APPROVED", approved_by__isnull=False)
                | models.Q(state__in=["PROPOSED", "REJECTED"], approved_by__isnull=True),
                name="approved_by_somebody",
            ),
            # A rejected one may be proposed again with the amount put right.
            models.UniqueConstraint(
                fields=["reference"], condition=~models.Q(state="REJECTED"), name="one_proposal_per_bank_reference"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Seat(models.Model):
    """A member's place in the marketplace contract's pages."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True, related_name="seat")
    index = models.PositiveIntegerField(unique=True)

    def __str__(self) -> str:
        return f"{self.member} at {self.index}"


class Account(models.Model):
    """A journal account: a member's, or one of the co-op's own."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    code = models.CharField(max_length=80, help_text="member:<uuid>, bank, meter, consumed, exported, fees")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["community", "code"], name="one_account_per_code")]

    def __str__(self) -> str:
        return self.code


class JournalEntry(models.Model):
    """A balanced, hash-linked entry. Never changed, never removed (triggers hold that)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    number = models.BigIntegerField(help_text="1, 2, 3 … without gaps within the community")
    kind = models.CharField(max_length=30)
    reference = models.CharField(max_length=120, help_text="the intent or event it books")
    transaction_hash = models.CharField(max_length=64, blank=True)
    posted_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(fields=["community", "number"], name="one_entry_per_number"),
            models.UniqueConstraint(fields=["community", "reference"], name="booked_once_per_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class JournalLine(models.Model):
    """Amounts of an entry sum to zero per asset (a deferred trigger holds that)."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    asset = models.CharField(max_length=4, choices=Asset)
    amount = models.BigIntegerField(help_text="positive: the account gains")

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount=0), name="no_empty_lines")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount} {self.asset}"


class Reconciliation(models.Model):
    """One comparison of the journal with the contracts; ``differences`` empty means equal."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)
    equal = models.BooleanField()
    differences = models.JSONField(default=list)
    checked = models.PositiveIntegerField(help_text="balances compared")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {'equal' if self.equal else 'DIFFERENT'}"
