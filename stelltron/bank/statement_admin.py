"""The office's pages of what the bank said: accounts, statements and their lines."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core.errors import Refused
from stelltron.core.models import Community
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
from stelltron.core.units import money
from stelltron.members.models import Member

from . import by_hand, chargebacks, matching, payment_files, share_payments, statements
from .models import BankAccount, BankLine, BankStatement, KnownAccount, PaymentReference

line_state = badge(
    "state",
    WAITING=WAITING,
    HELD=WAITING,
    PROPOSED=WAITING,
    BOOKED=GOOD,
    RETURNING=NEUTRAL,
    RETURNED=NEUTRAL,
    OWN=NEUTRAL,
    PAYOUT=GOOD,
    BOUNCED=BAD,
    CHARGEBACK=BAD,
    UNDONE=NEUTRAL,
    SHARES=GOOD,
)


class AccountForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    iban = forms.CharField(max_length=42, label="IBAN")
    holder = forms.CharField(max_length=70, help_text="as the bank has it")
    bic = forms.CharField(max_length=11, label="BIC", required=False)


class StatementForm(OfficeForm):
    file = forms.FileField(
        help_text="CAMT.053, or CSV with the columns date, amount, balance and what docs/bank.md names"
    )


class AssignForm(OfficeForm):
    member = forms.CharField(max_length=40, help_text="the member's code")


class SharesForm(OfficeForm):
    member = forms.CharField(max_length=40, help_text="the member's code")
    count = forms.IntegerField(min_value=1, label="shares")


class ByHandForm(OfficeForm):
    reference = forms.CharField(max_length=100, help_text="under which it was booked by hand")


class DepositForm(OfficeForm):
    deposit = forms.IntegerField(help_text="the number of the line that brought it")


@admin.register(BankAccount)
class BankAccountAdmin(BooksAdmin):
    list_display = ("iban", "holder", "opened_at", community_slug)
    list_select_related = ("community",)
    fields = ("iban", "bic", "holder", "opened_at", "community")
    actions_detail = ("import_statement", "prepare_payments")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bank.add_bankaccount")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_bankaccount")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(reason: str, **fields: object) -> str:
            return f"{statements.open_account(**fields, actor=request.user, reason=reason)} is open: import its first statement."

        explain = (
            "From its first statement on, the co-op's WATT rest on this account's balance, and payments are booked from "
            "its statements only."
        )
        return self.act(request, AccountForm, "Open a bank account", do, explain=explain)

    @action(description="Import a statement", icon="upload_file", permissions=["treasury"])
    def import_statement(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = self.row(request, object_id)

        def do(file: UploadedFile, reason: str) -> str:
            if file.size > statements.LARGEST_FILE:
                raise Refused("bad_file", "the file is above 20 MB: choose a shorter period")
            done = statements.import_file(account, file.read(), actor=request.user, reason=reason)
            if not done.statements:
                return "Nothing is new in this file."
            return f"{done.lines} new lines; {done.waiting} of them wait to be assigned."

        return self.act(request, StatementForm, "Import a statement", do, row=account)

    @action(description="Prepare payments", icon="outbox", permissions=["treasury"])
    def prepare_payments(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = self.row(request, object_id)

        def do(reason: str) -> str:
            file = payment_files.prepare(account, actor=request.user, reason=reason)
            return f"{file}: {money(payment_files.total(file))} {account.community.currency} wait for a second person."

        explain = (
            "Everything that is ready to be sent from this account goes into one file. A second person releases it."
        )
        return self.act(request, OfficeForm, "Prepare payments", do, row=account, explain=explain)


@admin.register(BankStatement)
class BankStatementAdmin(BooksAdmin):
    list_display = (
        "account",
        "number",
        "ends",
        watt("opening", "opening", ""),
        watt("credits", "credits", ""),
        watt("debits", "debits", ""),
        watt("closing", "closing", ""),
        link("lines", "bank_bankline", "lines", statement__id__exact="pk"),
    )
    list_filter = ("account",)
    list_select_related = ("account",)
    fields = (
        "account",
        "number",
        "begins",
        "ends",
        watt("opening", "opening", ""),
        watt("credits", "credits", ""),
        watt("debits", "debits", ""),
        watt("closing", "closing", ""),
        "digest",
        "imported_by",
        "imported_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("file")


@admin.register(BankLine)
class BankLineAdmin(BooksAdmin):
    list_display = (
        "booked_on",
        "name",
        watt("stroops", "amount", ""),
        "text",
        line_state,
        "member",
        short("key", "bank's reference"),
    )
    list_filter = ("state", "account")
    search_fields = ("name", "iban", "text", "key__exact", "member__code")
    list_select_related = ("member",)
    fields = (
        "id",
        "account",
        "statement",
        "booked_on",
        watt("stroops", "amount", ""),
        "name",
        "iban",
        "text",
        "end_to_end",
        "key",
        "is_reversal",
        line_state,
        "member",
        "proposal",
        "shares",
        "reverses",
        "booked_by_hand",
    )
    actions_detail = ("assign", "pay_for_shares", "name_by_hand", "send_back", "keep_as_own", "name_deposit")

    @display(description="perhaps booked by hand")
    def booked_by_hand(self, row: BankLine) -> str:
        """Beside what waits: which payments by hand it may be."""
        if row.state != BankLine.State.WAITING or row.stroops < 0:
            return "–"
        found = by_hand.resembling(row)
        said = [
            f"{one.reference}: {money(one.stroops)}, {by_hand.who(one)}, written down on {one.proposed_at:%Y-%m-%d}, "
            f"{one.get_state_display()}"
            for one in found
        ]
        return "; ".join(said) or "–"

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_bankline")

    @action(description="Assign to a member", icon="person_add", permissions=["treasury"])
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line = self.row(request, object_id)

        def do(member: str, reason: str) -> str:
            found = _member(line, member)
            matching.assign(line, found, actor=request.user, reason=reason)
            return f"The payment is {found}'s, and {line.get_state_display()}."

        explain = f"{money(line.stroops)} from {line.name or 'nobody named'}: {line.text or 'no text'}"
        return self.act(request, AssignForm, "Assign to a member", do, row=line, explain=explain)

    @action(description="Pays for shares", icon="card_membership", permissions=["treasury"])
    def pay_for_shares(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line = self.row(request, object_id)

        def do(member: str, count: int, reason: str) -> str:
            share_payments.pay(line, _member(line, member), count, actor=request.user, reason=reason)
            return "The shares wait for a second person to book them."

        explain = f"{money(line.stroops)} from {line.name or 'nobody named'}: {line.text or 'no text'}"
        return self.act(request, SharesForm, "Pays for shares", do, row=line, explain=explain)

    @action(description="Was booked by hand", icon="draw", permissions=["treasury"])
    def name_by_hand(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line = self.row(request, object_id)

        def do(reference: str, reason: str) -> str:
            by_hand.join(line, reference, actor=request.user, reason=reason)
            return "It is that payment: nothing more is issued for it."

        explain = f"Booked by hand, and perhaps this: {self.booked_by_hand(line)}"
        return self.act(request, ByHandForm, "Was booked by hand", do, row=line, explain=explain)

    @action(description="Send back", icon="undo", permissions=["treasury"])
    def send_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line = self.row(request, object_id)

        def do(reason: str) -> str:
            matching.send_back(line, actor=request.user, reason=reason)
            return "It goes back with the next payment file."

        explain = f"{money(line.stroops)} go back to {line.name} {line.iban}."
        return self.act(request, OfficeForm, "Send back", do, row=line, explain=explain, danger=True)

    @action(description="The co-op's own", icon="home_work", permissions=["treasury"])
    def keep_as_own(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line = self.row(request, object_id)

        def do(reason: str) -> str:
            matching.keep_as_own(line, actor=request.user, reason=reason)
            return "It is the co-op's own: no WATT are issued for it."

        explain = "Fees, interest, or money the co-op adds to its reserves. No WATT are issued for it."
        return self.act(request, OfficeForm, "The co-op's own", do, row=line, explain=explain)

    @action(description="Takes a deposit back", icon="money_off", permissions=["treasury"])
    def name_deposit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line = self.row(request, object_id)

        def do(deposit: int, reason: str) -> str:
            named = BankLine.objects.filter(pk=deposit).select_related("member__community", "member__wallet").first()
            if named is None:
                raise Refused("no_such_line", f"there is no line {deposit}")
            chargebacks.name_deposit(line, named, actor=request.user, reason=reason)
            if line.state == BankLine.State.UNDONE:
                return "The deposit had not become WATT: it and this line are closed."
            return f"{named.member} is stopped, and a case is open."

        explain = (
            "The payer's bank took a deposit back. Where it became WATT, the member is stopped until the case is closed; "
            "where it did not, it never will."
        )
        return self.act(request, DepositForm, "Takes a deposit back", do, row=line, explain=explain, danger=True)


def _member(line: BankLine, code: str) -> Member:
    found = Member.objects.filter(community=line.account.community, code=code.strip()).first()
    if found is None:
        raise Refused("no_such_member", f"no member of {line.account.community} has the code {code}")
    return found


@admin.register(PaymentReference)
class PaymentReferenceAdmin(BooksAdmin):
    list_display = ("code", "member")
    search_fields = ("code", "member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("code",)
    fields = ("code", "member")


@admin.register(KnownAccount)
class KnownAccountAdmin(BooksAdmin):
    list_display = ("member", "iban", "name", "pays_in", "seen_at")
    search_fields = ("iban", "member__code", "member__name")
    list_select_related = ("member",)
    fields = ("member", "iban", "name", "pays_in", "seen_at")
