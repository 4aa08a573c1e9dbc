from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import action, display

from stelltron.core import units
from stelltron.core.staff import (
    BAD,
    GOOD,
    NEUTRAL,
    WAITING,
    BooksAdmin,
    OfficeForm,
    badge,
    community_slug,
    link,
    short,
    watt,
)
from stelltron.members.models import Member

from . import energy_lock_admin, intents, payments, reserve_admin  # noqa: F401  some register pages of their own
from .models import (
    Account,
    Asset,
    BankReceipt,
    ChainEvent,
    ChainIntent,
    ChainTransaction,
    Contract,
    EventCursor,
    Holding,
    JournalEntry,
    JournalLine,
    PaymentProposal,
    Reconciliation,
    Seat,
    WithdrawalRequest,
)

intent_state = badge("state", PENDING=WAITING, SENT=NEUTRAL, CONFIRMED=GOOD, FAILED=BAD, REPLACED=BAD)
sent_state = badge("state", SIGNED=WAITING, SUBMITTED=NEUTRAL, SUCCEEDED=GOOD, FAILED=BAD, EXPIRED=BAD)
payment_state = badge("state", PROPOSED=WAITING, APPROVED=GOOD, REJECTED=BAD)


def in_asset(asset: str, amount: int) -> str:
    return f"{units.money(amount)} WATT" if asset == Asset.WATT else f"{units.kwh(amount)} kWh"


class ReasonForm(OfficeForm):
    """Only why."""


@admin.register(ChainIntent)
class ChainIntentAdmin(BooksAdmin):
    list_display = (
        "key",
        "kind",
        intent_state,
        "age",
        "moves",
        "attempts",
        "problem_start",
        "transaction_link",
        community_slug,
    )
    list_filter = ("state", "kind", "signer", "community")
    search_fields = ("key__startswith", "transaction__hash__exact")
    search_help_text = "how the key begins (settle:sunrise:), or a whole transaction hash"
    list_select_related = ("community", "transaction")
    ordering = ("-id",)
    fields = (
        "key",
        "kind",
        intent_state,
        "problem",
        "attempts",
        "moves",
        "signer",
        "wallet",
        "after",
        "group",
        "transaction",
        "payload",
        "postings",
        "created_at",
        "confirmed_at",
        "community",
    )
    actions_detail = ("retry",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("section")

    @display(description="waiting since")
    def age(self, row: ChainIntent) -> object:
        return "–" if row.state == ChainIntent.State.CONFIRMED else units.since(row.created_at, datetime.now(UTC))

    @display(description="moves (WATT)")
    def moves(self, row: ChainIntent) -> str:
        return units.money(sum(amount for _, asset, amount in row.postings if asset == Asset.WATT and amount > 0))

    @display(description="problem")
    def problem_start(self, row: ChainIntent) -> str:
        return row.problem[:60] or "–"

    @display(description="transaction")
    def transaction_link(self, row: ChainIntent) -> str:
        return short("transaction_id", "")(row)

    def has_retry_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("ledger.change_chainintent")

    @action(description="Send again", icon="replay", permissions=["retry"])
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        intent = self.row(request, object_id)

        def do(reason: str) -> str:
            intents.retry_for(intent, actor=request.user, reason=reason)
            return f"{intent.key} waits to be sent again."

        explain = f"It failed with: {intent.problem}" if intent.problem else f"It is {intent.get_state_display()} now."
        return self.act(request, ReasonForm, "Send again", do, row=intent, explain=explain)


@admin.register(ChainTransaction)
class ChainTransactionAdmin(BooksAdmin):
    list_display = (
        short("hash", "hash"),
        sent_state,
        "ledger",
        watt("fee_stroops", "fee", "XLM", 7),
        short("source", "signed by"),
        "created_at",
        "finished_at",
        "problem_start",
    )
    list_filter = ("state",)
    search_fields = ("hash__startswith",)
    ordering = ("-created_at",)
    fields = (
        "hash",
        sent_state,
        "source",
        "ledger",
        watt("fee_stroops", "fee", "XLM", 7),
        "max_time",
        "problem",
        link("intents", "ledger_chainintent", "what it carries", transaction__hash__exact="hash"),
        "created_at",
        "finished_at",
    )

    @display(description="problem")
    def problem_start(self, row: ChainTransaction) -> str:
        return row.problem[:60] or "–"


class LineInline(TabularInline):
    model = JournalLine
    fields = readonly_fields = ("account", "asset", "booked")
    extra = 0
    per_page = 50
    can_delete = False
    tab = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("account__member").order_by("id")

    def has_add_permission(self, request: HttpRequest, obj: JournalEntry | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: JournalEntry | None = None) -> bool:
        return False

    @display(description="amount")
    def booked(self, row: JournalLine) -> str:
        return in_asset(row.asset, row.amount)


@admin.register(JournalEntry)
class JournalEntryAdmin(BooksAdmin):
    list_display = (
        "number",
        "kind",
        "reference",
        "posted_at",
        short("transaction_hash", "transaction"),
        short("hash", "seal"),
        community_slug,
    )
    list_filter = ("kind", "community")
    search_fields = ("reference__exact", "transaction_hash__exact", "number__exact")
    search_help_text = "entry number, whole reference or transaction hash"
    list_select_related = ("community",)
    fields = ("number", "kind", "reference", "transaction_hash", "posted_at", "previous_hash", "hash", "community")
    inlines = (LineInline,)


@admin.register(Account)
class AccountAdmin(BooksAdmin):
    list_display = ("code", "member", community_slug)
    list_filter = ("community",)
    search_fields = ("code__exact", "member__code", "member__name")
    list_select_related = ("member", "community")
    fields = ("code", "member", "community")


@admin.register(Holding)
class HoldingAdmin(BooksAdmin):
    list_display = ("member", "asset", "free", "in_orders")
    list_filter = ("asset", "member__community")
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("member__code", "asset")
    fields = ("member", "asset", "free", "in_orders")

    @display(description="available", ordering="available")
    def free(self, row: Holding) -> str:
        return in_asset(row.asset, row.available)

    @display(description="held by orders and requests", ordering="held")
    def in_orders(self, row: Holding) -> str:
        return in_asset(row.asset, row.held)


@admin.register(WithdrawalRequest)
class WithdrawalRequestAdmin(BooksAdmin):
    list_display = ("member", "money", "energy", "ready_at")
    list_filter = ("member__community",)
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("ready_at",)
    fields = ("member", "money", "energy", "ready_at")

    @display(description="WATT requested", ordering="stroops")
    def money(self, row: WithdrawalRequest) -> str:
        return f"{in_asset(Asset.WATT, row.stroops)}, {in_asset(Asset.WATT, row.held_stroops)} held"

    @display(description="KWH requested", ordering="wh")
    def energy(self, row: WithdrawalRequest) -> str:
        return f"{in_asset(Asset.KWH, row.wh)}, {in_asset(Asset.KWH, row.held_wh)} held"


@admin.register(Reconciliation)
class ReconciliationAdmin(BooksAdmin):
    list_display = ("at", "equal", "found", "checked", community_slug)
    list_filter = ("equal", "community")
    list_select_related = ("community",)
    fields = ("at", "equal", "checked", "found", "differences", "community")

    @display(description="differences")
    def found(self, row: Reconciliation) -> int:
        return len(row.differences)


class PaymentForm(OfficeForm):
    member = forms.ModelChoiceField(Member.objects.filter(is_active=True, kyc=Member.Kyc.APPROVED).order_by("code"))
    amount = forms.DecimalField(
        min_value=Decimal("0.0000001"),
        max_digits=18,
        decimal_places=7,
        help_text="WATT: one is one unit of the currency",
    )
    reference = forms.CharField(max_length=100, help_text="as the bank statement has it; each one only once")
    goes = forms.ChoiceField(
        choices=(("market", "into the market, to trade with"), ("wallet", "to the wallet, to finance generators")),
        required=False,
    )


@admin.register(PaymentProposal)
class PaymentProposalAdmin(BooksAdmin):
    list_display = (
        "reference",
        "member",
        watt("stroops"),
        payment_state,
        "proposed_by",
        "approved_by",
        "proposed_at",
        "decided_at",
    )
    list_filter = ("state",)
    search_fields = ("reference", "member__code", "member__name")
    list_select_related = ("member", "proposed_by", "approved_by")
    fields = (
        "reference",
        "member",
        watt("stroops"),
        "into_market",
        payment_state,
        "reason",
        "proposed_by",
        "approved_by",
        "proposed_at",
        "decided_at",
    )
    actions_detail = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ledger.add_paymentproposal")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("ledger.change_paymentproposal")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(member: Member, amount: Decimal, reference: str, goes: str, reason: str) -> str:
            payments.propose_payment(
                member,
                int(amount * units.STROOPS),
                reference,
                actor=request.user,
                reason=reason,
                into_market=goes != "wallet",
            )
            return f"{reference} waits for a second person's approval."

        explain = "No money moves yet: a second person with the Treasury role approves what you write down here."
        return self.act(request, PaymentForm, "Propose a bank payment", do, explain=explain)

    @action(description="Approve", icon="done_all", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposal = self.row(request, object_id)

        def do(reason: str) -> str:
            payments.approve_payment(proposal, actor=request.user, reason=reason)
            return f"{proposal.reference} is approved; {units.money(proposal.stroops)} WATT are on their way."

        explain = f"{units.money(proposal.stroops)} WATT for {proposal.member}, proposed by {proposal.proposed_by}: {proposal.reason}"
        return self.act(request, ReasonForm, "Approve", do, row=proposal, explain=explain)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposal = self.row(request, object_id)

        def do(reason: str) -> str:
            payments.reject_payment(proposal, actor=request.user, reason=reason)
            return f"{proposal.reference} is rejected."

        return self.act(request, ReasonForm, "Reject", do, row=proposal, danger=True)


@admin.register(BankReceipt)
class BankReceiptAdmin(BooksAdmin):
    list_display = ("reference", "member", watt("stroops"), "received_at")
    search_fields = ("reference", "member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("-id",)
    fields = ("reference", "member", watt("stroops"), "received_at")


@admin.register(Contract)
class ContractAdmin(BooksAdmin):
    list_display = ("name", "address", short("wasm_hash", "code hash"), "network", "deployed_at")
    list_filter = ("network",)
    fields = ("name", "address", "wasm_hash", "network", "deployed_at")


@admin.register(ChainEvent)
class ChainEventAdmin(BooksAdmin):
    list_display = (
        "id",
        "name",
        "ledger",
        "at",
        short("transaction_hash", "transaction"),
        short("contract", "contract"),
    )
    search_fields = ("transaction_hash__exact",)
    search_help_text = "a whole transaction hash"
    fields = ("id", "name", "ledger", "at", "transaction_hash", "contract", "data")


@admin.register(EventCursor)
class EventCursorAdmin(BooksAdmin):
    list_display = ("name", "ledger", "updated_at")
    fields = ("name", "ledger", "cursor", "updated_at")


@admin.register(Seat)
class SeatAdmin(BooksAdmin):
    list_display = ("member", "page", "index")
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("index",)
    fields = ("member", "index")

    @display(description="contract page", ordering="index")
    def page(self, row: Seat) -> str:
        return format_html("{}", row.index // 128)
