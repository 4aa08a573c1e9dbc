"""The office's pages of money on its way out."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core.errors import Refused
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, link, watt
from stelltron.core.units import money

from . import payment_files, payouts
from .models import AnchorTransfer, PaymentFile, Payout

payout_state = badge(
    "state",
    ASKED=NEUTRAL,
    HELD=WAITING,
    BURNING=NEUTRAL,
    FAILED=BAD,
    READY=WAITING,
    FILED=WAITING,
    SENT=NEUTRAL,
    PAID=GOOD,
    BOUNCED=BAD,
    CANCELLED=NEUTRAL,
)
file_state = badge("state", PREPARED=WAITING, RELEASED=GOOD, DISSOLVED=NEUTRAL)


@admin.register(Payout)
class PayoutAdmin(BooksAdmin):
    list_display = (
        "reference",
        "kind",
        "member",
        watt("stroops"),
        payout_state,
        "name",
        "asked_at",
        "sent_at",
        "closed_at",
    )
    list_filter = ("state", "kind", "account")
    search_fields = ("reference__exact", "member__code", "member__name", "iban")
    list_select_related = ("member",)
    fields = (
        "reference",
        "kind",
        "account",
        "member",
        watt("stroops"),
        "name",
        "iban",
        payout_state,
        "problem",
        "redemption",
        "returns",
        "file",
        "debit",
        "bounce",
        "reissue",
        "asked_at",
        "burned_at",
        "sent_at",
        "closed_at",
    )
    actions_detail = ("note_unpaid", "issue_again")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_payout")

    @action(description="The bank refused it", icon="block", permissions=["treasury"])
    def note_unpaid(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payout = self.row(request, object_id)

        def do(reason: str) -> str:
            payouts.note_unpaid(payout, actor=request.user, reason=reason)
            return "As many WATT are proposed to be issued again: a second person approves it."

        explain = "Only when the bank has debited nothing: what it debited and gives back is on the next statement."
        return self.act(request, OfficeForm, "The bank refused it", do, row=payout, explain=explain, danger=True)

    @action(description="Issue its WATT again", icon="restart_alt", permissions=["treasury"])
    def issue_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payout = self.row(request, object_id)

        def do(reason: str) -> str:
            payouts.issue_again(payout, actor=request.user, reason=reason)
            return "As many WATT are proposed to be issued again: a second person approves it."

        return self.act(request, OfficeForm, "Issue its WATT again", do, row=payout)


@admin.register(PaymentFile)
class PaymentFileAdmin(BooksAdmin):
    list_display = (
        "id",
        "account",
        "total",
        file_state,
        "prepared_by",
        "released_by",
        "released_at",
        paid := link("payments", "bank_payout", "payments", file__id__exact="pk"),
    )
    list_filter = ("state", "account")
    list_select_related = ("account", "prepared_by", "released_by")
    fields = ("id", "account", "total", file_state, paid, "prepared_by", "prepared_at", "released_by", "released_at")
    actions_detail = ("release", "dissolve", "as_pain001", "as_csv")

    @display(description="total")
    def total(self, row: PaymentFile) -> str:
        return money(sum(payout.stroops for payout in row.payouts.all()))

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("payouts")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_paymentfile")

    @action(description="Release", icon="done_all", permissions=["treasury"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        file = self.row(request, object_id)

        def do(reason: str) -> str:
            payment_files.release(file, actor=request.user, reason=reason)
            return "Released: export it and send it to the bank, once."

        explain = "; ".join(f"{money(one.stroops)} to {one.name} {one.iban}" for one in file.payouts.all())
        return self.act(request, OfficeForm, "Release", do, row=file, explain=explain)

    @action(description="Take apart", icon="undo", permissions=["treasury"])
    def dissolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        file = self.row(request, object_id)

        def do(reason: str) -> str:
            payment_files.dissolve(file, actor=request.user, reason=reason)
            return "Its payments are ready to be sent again."

        return self.act(request, OfficeForm, "Take apart", do, row=file)

    @action(description="pain.001", icon="download", permissions=["treasury"])
    def as_pain001(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._file(request, object_id, payment_files.pain001, "application/xml", "xml")

    @action(description="CSV", icon="download", permissions=["treasury"])
    def as_csv(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._file(request, object_id, payment_files.as_csv, "text/csv", "csv")

    def _file(self, request: HttpRequest, object_id: str, write, kind: str, ending: str) -> HttpResponse:  # type: ignore[no-untyped-def]
        file = self.row(request, object_id)
        try:
            content = write(file)
        except Refused as problem:
            return HttpResponse(problem.message, status=409, content_type="text/plain; charset=utf-8")
        headers = {
            "Content-Disposition": f'attachment; filename="payments-{file.pk}.{ending}"',
            "Cache-Control": "no-store",
        }
        return HttpResponse(content, content_type=kind, headers=headers)


@admin.register(AnchorTransfer)
class AnchorTransferAdmin(BooksAdmin):
    list_display = ("begun_at", "member", "kind", watt("stroops", "asked for"), "is_confirmed", "line", "payout")
    list_filter = ("kind",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member", "line", "payout")
    fields = ("id", *list_display)
