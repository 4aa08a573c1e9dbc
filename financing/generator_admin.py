"""Generators in the office: the pipeline, releases by two, meters and their codes."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display

from stelltron.core.errors import Refused
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

from . import proof
from .building import building, silence
from .building.silence_admin import EndAct
from .metering import codes, reporting
from .models import (
    EnergyCode,
    Generator,
    Milestone,
    Payment,
    Payout,
    Pledge,
    PrepaidMeter,
    Stake,
    UnitTransfer,
)
from .using.upkeep_admin import UpkeepActs

generator_state = badge(
    "state",
    CREATING=WAITING,
    FUNDING=NEUTRAL,
    FUNDED=WAITING,
    PENDING=WAITING,
    ACTIVE=GOOD,
    RETIRED=NEUTRAL,
    FAILED=BAD,
)
milestone_state = badge(
    "state", PLANNED=NEUTRAL, REPORTED=WAITING, ACCEPTED=WAITING, PROPOSED=WAITING, APPROVED=NEUTRAL, RELEASED=GOOD
)
milestone_pace = badge("pace", "pace", DUE=NEUTRAL, LATE=WAITING, DEFAULT=BAD)
pledge_state = badge("state", SENT=WAITING, FUNDED=GOOD, FAILED=BAD, BACK=WAITING, TAKEN=NEUTRAL)
payment_state = badge("state", SENT=WAITING, PAID=GOOD, FAILED=BAD)


class MeterForm(OfficeForm):
    serial = forms.CharField(max_length=40)
    public_key = forms.RegexField(
        r"^[0-9a-fA-F]{64}$", help_text="ed25519, 64 hexadecimal digits, as the meter shows it"
    )


@admin.register(Generator)
class GeneratorAdmin(UpkeepActs, EndAct, BooksAdmin):
    list_display = (
        "name",
        generator_state,
        "funded",
        watt("held", "in escrow"),
        watt("received"),
        "deadline",
        "equal",
        community_slug,
    )
    list_filter = ("state", "community")
    search_fields = ("name", "address__exact", "requester__code", "provider__code")
    list_select_related = ("community",)
    fields = (
        "name",
        generator_state,
        "offering",
        "requester",
        "provider",
        "address",
        "deadline",
        "funded",
        watt("held", "in escrow"),
        watt("released", "paid to the provider"),
        watt("refunded", "paid back"),
        watt("received", "income", places=7),
        watt("claimed", "claimed", places=7),
        watt("maintenance", "maintenance fund", places=7),
        watt("spent", "spent on maintenance", places=7),
        watt("carry", "carry", places=7),
        "credited",
        watt("paid", "paid for energy", places=7),
        "dispensed",
        "free",
        "device_key",
        "funded_at",
        "active_since",
        link("milestones", "financing_milestone", "milestones", generator__id__exact="pk"),
        link("stakes", "financing_stake", "owners", generator__id__exact="pk"),
        link("payments", "financing_payment", "payments", generator__id__exact="pk"),
        "statement",
        "compared_at",
        "differences",
        "community",
    )
    actions_detail = (
        "register_meter",
        "exchange_meter",
        "compare",
        "spend",
        "replace_device",
        "retire",
        "announce_end",
    )

    @display(description="funded", ordering="sold")
    def funded(self, row: Generator) -> str:
        return f"{row.sold / 100:.2f} %"

    @display(description="equals the chain", boolean=True)
    def equal(self, row: Generator) -> bool | None:
        return None if row.compared_at is None else not row.differences

    @display(description="statement")
    def statement(self, row: Generator) -> str:
        pdf, csv = (reverse("office-generator-statement", args=[row.address, form]) for form in ("pdf", "csv"))
        return format_html('<a class="text-link" href="{}">PDF</a> <a class="text-link" href="{}">CSV</a>', pdf, csv)

    def has_technician_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_generator")

    @action(description="Register its meter", icon="electric_meter", permissions=["technician"])
    def register_meter(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id)

        def do(serial: str, public_key: str, reason: str) -> HttpResponse:
            key = bytes.fromhex(public_key)
            return self._show_key(request, *codes.register_meter(made, serial, key, actor=request.user, reason=reason))

        return self.act(request, MeterForm, "Register the meter", do, row=made)

    @action(description="Exchange its meter", icon="published_with_changes", permissions=["technician"])
    def exchange_meter(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id)

        def do(serial: str, public_key: str, reason: str) -> HttpResponse:
            meter = PrepaidMeter.objects.select_related("generator__community").filter(generator=made).first()
            if meter is None:
                raise Refused("no_meter", "no meter is registered here: register one instead")
            key = bytes.fromhex(public_key)
            return self._show_key(request, *codes.exchange_meter(meter, serial, key, actor=request.user, reason=reason))

        explain = (
            "For a device that was replaced: codes that the old one has not reported are made again for the new one."
        )
        return self.act(request, MeterForm, "Exchange the meter", do, row=made, explain=explain)

    def _show_key(self, request: HttpRequest, meter: PrepaidMeter, key: bytes) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Meter {meter}",
            "meter": meter,
            "key": key.hex(),
        }
        answer = TemplateResponse(request, "admin/meter_key.html", {**context, "back": self.page_of(meter.generator)})
        answer["Cache-Control"] = "no-store"
        return answer

    @action(description="Compare with the chain", icon="balance", permissions=["technician"])
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id)

        def do(reason: str) -> str:
            found = proof.compare(made)
            return f"{len(found)} figures differ." if found else "Every figure equals the contract."

        return self.act(request, OfficeForm, "Compare with the chain", do, row=made)


@admin.register(Milestone)
class MilestoneAdmin(BooksAdmin):
    """The queue of due payments: filter for what is accepted or proposed."""

    list_display = (
        "generator",
        "title",
        milestone_state,
        milestone_pace,
        "pays",
        "due_at",
        "reported_at",
        "proposed_by",
        "approved_by",
    )
    list_filter = ("state", "pace", "generator__community")
    search_fields = ("generator__name", "title")
    list_select_related = ("generator__offering", "proposed_by", "approved_by")
    fields = (
        "generator",
        "number",
        "title",
        milestone_state,
        milestone_pace,
        "due_at",
        "delay",
        "pays",
        "evidence",
        "evidence_hash",
        link("photographs", "financing_photograph", "photographs", milestone__id__exact="pk"),
        "reported_at",
        "proposed_by",
        "approved_by",
        "intent",
    )
    actions_detail = ("propose", "approve", "send_back", "announce")

    @display(description="pays (WATT)")
    def pays(self, row: Milestone) -> str:
        return money(row.amount)

    def has_release_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_milestone")

    @action(description="Propose release", icon="edit_note", permissions=["release"])
    def propose(self, request: HttpRequest, object_id: str) -> HttpResponse:
        milestone = self.row(request, object_id)

        def do(reason: str) -> str:
            building.propose_release(milestone, actor=request.user, reason=reason)
            return "A second person has to approve it now."

        return self.act(request, OfficeForm, "Propose the release", do, row=milestone, explain=_explain(milestone))

    @action(description="Approve release", icon="done_all", permissions=["release"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        milestone = self.row(request, object_id)

        def do(reason: str) -> str:
            building.approve_release(milestone, actor=request.user, reason=reason)
            return f"{money(milestone.amount)} WATT are on their way to {milestone.generator.provider}."

        return self.act(request, OfficeForm, "Approve the release", do, row=milestone, explain=_explain(milestone))

    @action(description="Send back", icon="undo", permissions=["release"])
    def send_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        milestone = self.row(request, object_id)

        def do(reason: str) -> str:
            building.refuse_release(milestone, actor=request.user, reason=reason)
            return "It is not proposed any more."

        return self.act(request, OfficeForm, "Send the proposal back", do, row=milestone, danger=True)

    @action(description="Announce without the requester", icon="campaign", permissions=["release"])
    def announce(self, request: HttpRequest, object_id: str) -> HttpResponse:
        milestone = self.row(request, object_id)

        def do(reason: str) -> str:
            silence.propose_release(milestone, actor=request.user, reason=reason)
            return "Once a second person approves it, the requester has 14 days to object."

        explain = f"{_explain(milestone)}. For a requester who does not answer, or signs in a wallet of their own."
        return self.act(request, OfficeForm, "Announce its payment", do, row=milestone, explain=explain)


def _explain(milestone: Milestone) -> str:
    provider = milestone.generator.provider
    return f"{money(milestone.amount)} WATT to {provider}. Evidence: {milestone.evidence or 'none yet'}"


@admin.register(Pledge)
class PledgeAdmin(BooksAdmin):
    list_display = ("generator", "financier", "units", pledge_state, "risks_read_at")
    list_filter = ("state",)
    search_fields = ("financier__code", "generator__name")
    list_select_related = ("generator", "financier")
    fields = ("generator", "financier", "units", pledge_state, "risks_read_at", "intent", "back_intent")


@admin.register(Stake)
class StakeAdmin(BooksAdmin):
    list_display = (
        "generator",
        "owner",
        "units",
        "listed",
        watt("ask", "asks"),
        watt("price", "submitted price", places=4),
        "claimable",
        watt("claimed"),
    )
    list_filter = ("generator__state",)
    search_fields = ("member__code", "generator__name", "address__exact")
    list_select_related = ("generator", "member")
    ordering = ("-id",)
    fields = (
        "generator",
        "owner",
        "address",
        "units",
        "listed",
        watt("ask", "asks"),
        "pledged",
        "lent",
        watt("price", "submitted price"),
        watt("earned", "earned, settled", places=7),
        "claimable",
        watt("claimed", places=7),
    )

    @display(description="may claim (WATT)")
    def claimable(self, row: Stake) -> str:
        return money(row.claimable(row.generator.index), 7)

    @display(description="owner", ordering="member__code")
    def owner(self, row: Stake) -> str:
        return str(row.member or row.address[:10])


@admin.register(UnitTransfer)
class UnitTransferAdmin(BooksAdmin):
    list_display = (
        "at",
        "generator",
        "giver",
        "receiver",
        "units",
        watt("price", "a unit"),
        short("transaction_hash", "transaction"),
    )
    search_fields = ("generator__name", "transaction_hash__exact")
    list_select_related = ("generator", "giver__generator", "receiver__generator")
    fields = ("at", "generator", "giver", "receiver", "units", watt("price", "a unit", places=7), "transaction_hash")


@admin.register(Payout)
class PayoutAdmin(BooksAdmin):
    list_display = ("at", "stake", watt("amount", places=7), short("transaction_hash", "transaction"))
    search_fields = ("stake__member__code", "transaction_hash__exact")
    list_select_related = ("stake__generator",)
    fields = ("at", "stake", watt("amount", places=7), "transaction_hash")


@admin.register(Payment)
class PaymentAdmin(BooksAdmin):
    list_display = (
        "at",
        "generator",
        "member",
        "quantity",
        watt("amount"),
        payment_state,
        short("transaction_hash", "transaction"),
    )
    list_filter = ("state",)
    search_fields = ("member__code", "generator__name", "transaction_hash__exact")
    list_select_related = ("generator", "member")
    fields = (
        "at",
        "generator",
        "member",
        "payer",
        "quantity",
        watt("price", "a measure", places=4),
        watt("amount", places=7),
        payment_state,
        "intent",
        "transaction_hash",
    )


@admin.register(PrepaidMeter)
class PrepaidMeterAdmin(BooksAdmin):
    list_display = ("serial", "generator", "count", "seen_count", "seen_at")
    search_fields = ("serial", "generator__name")
    list_select_related = ("generator",)
    ordering = ("serial",)
    fields = ("serial", "generator", "public_key", "count", "seen_count", "seen_at", "unknown_counts", "open_quantity")

    @display(description="unlocked by codes and not yet seen dispensed")
    def open_quantity(self, row: PrepaidMeter) -> int:
        return reporting.unaccounted(row)


@admin.register(EnergyCode)
class EnergyCodeAdmin(BooksAdmin):
    """Without the digits: whoever has them has the energy."""

    list_display = ("meter", "count", "quantity", "issued_at", "texted_at", "used_at")
    search_fields = ("meter__serial",)
    list_select_related = ("meter",)
    fields = ("meter", "payment", "count", "quantity", "issued_at", "texted_at", "used_at")
    actions_detail = ("again",)

    def has_technician_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_generator")

    @action(description="Issue another in its place", icon="replay", permissions=["technician"])
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        code = self.row(request, object_id)

        def do(reason: str) -> str:
            fresh = codes.issue_again(code, actor=request.user, reason=reason)
            return f"Code {fresh.count} takes its place; who paid for it is told."

        explain = "For a code that the meter has passed without taking it: it unlocks nothing any more."
        return self.act(request, OfficeForm, "Issue another code in its place", do, row=code, explain=explain)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("code")
