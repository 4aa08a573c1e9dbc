from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.decorators import action

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, community_slug, link, watt
from stelltron.core.units import STROOPS, money
from stelltron.members.models import Member

from . import applications, departures, refunds, shares
from .models import Application, Departure, Refund, RefundPart, ShareEntry, ShareKind, ShareProposal


class ReasonForm(OfficeForm):
    """Only why."""


class ApproveForm(OfficeForm):
    code = forms.CharField(max_length=40, label="member code", help_text="the co-op's own number for this member")


class SharesForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    kind = forms.ChoiceField(choices=ShareKind.choices)
    giver = forms.CharField(max_length=40, required=False, help_text="member code; of a transfer or a redemption")
    taker = forms.CharField(max_length=40, required=False, help_text="member code; of an issue or a transfer")
    shares = forms.IntegerField(min_value=1)
    reference = forms.CharField(max_length=100, help_text="as the bank statement or the deed has it")


class DepartureForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    code = forms.CharField(max_length=40, label="member code")
    kind = forms.ChoiceField(choices=Departure.Kind.choices)
    heirs = forms.CharField(max_length=300, required=False, help_text="who inherits, where the member has died")


def member_by_code(community: Community, code: str) -> Member:
    found = Member.objects.select_related("community").filter(community=community, code=code.strip()).first()
    if found is None:
        raise Refused("no_such_member", f"{community} has no member {code}: the code is on the member's page")
    return found


class RefundForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    first = forms.DateField(label="first day", help_text="as the community counts days")
    last = forms.DateField(label="last day", help_text="it is included")
    surplus = forms.DecimalField(min_value=0, max_digits=17, decimal_places=7, help_text="WATT; it is in the bank")


@admin.register(Application)
class ApplicationAdmin(BooksAdmin):
    list_display = (
        "applied_at",
        "name",
        "kind",
        "shares",
        badge("state", OPEN=WAITING, APPROVED=GOOD, REJECTED=BAD),
        "decided_by",
        community_slug,
    )
    list_filter = ("state", "kind", "community")
    search_fields = ("name", "email")
    list_select_related = ("community", "decided_by")
    fields = (
        *list_display[:4],
        "representative",
        "email",
        "phone",
        "address",
        *list_display[4:6],
        "decided_at",
        "reason",
        "member",
        "community",
    )
    actions_detail = ("approve", "reject")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("register.change_application")

    @action(description="Approve", icon="how_to_reg", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        application = self.row(request, object_id)

        def do(code: str, reason: str) -> str:
            return f"{applications.approve(application, code, actor=request.user, reason=reason)} is a member."

        explain = (
            f"{application.name} becomes a member with a wallet, and signs in with the password they chose."
            f" They want {application.shares:,} shares: book them when they are paid. The identity check is still to do."
        )
        return self.act(request, ApproveForm, "Approve", do, row=application, explain=explain)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        application = self.row(request, object_id)

        def do(reason: str) -> str:
            applications.reject(application, actor=request.user, reason=reason)
            return f"{application.name} is not admitted."

        return self.act(request, ReasonForm, "Reject", do, row=application)


@admin.register(ShareProposal)
class ShareProposalAdmin(BooksAdmin):
    list_display = (
        "proposed_at",
        "kind",
        "giver",
        "taker",
        "shares",
        watt("stroops", "paid", "in the currency"),
        "reference",
        badge("state", PROPOSED=WAITING, BOOKED=GOOD, REJECTED=NEUTRAL),
        community_slug,
    )
    list_filter = ("state", "kind", "community")
    search_fields = ("reference", "giver__code__exact", "taker__code__exact")
    list_select_related = ("community", "giver", "taker")
    fields = (*list_display[:8], "reason", "proposed_by", "approved_by", "decided_at", "community")
    actions_detail = ("book", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("register.add_shareproposal")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("register.change_shareproposal")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(community: Community, giver: str, taker: str, **wish: object) -> str:
            sides = {
                side: member_by_code(community, code) for side, code in (("giver", giver), ("taker", taker)) if code
            }
            proposal = shares.propose(community, **wish, **sides, actor=request.user)
            return f"{proposal} waits for a second person."

        explain = "Nothing is booked until another person of the Treasury agrees. Shares cost what the parameter says."
        return self.act(request, SharesForm, "Propose a change of shares", do, explain=explain)

    @action(description="Book", icon="done_all", permissions=["decide"])
    def book(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        proposal = self.row(request, object_id)

        def do(reason: str) -> str:
            return f"Entry {shares.book(proposal, actor=request.user, reason=reason).number} is in the register."

        explain = f"{proposal}, reference {proposal.reference}, proposed by {proposal.proposed_by}: {proposal.reason}."
        return self.act(request, ReasonForm, "Book", do, row=proposal, explain=explain)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        proposal = self.row(request, object_id)

        def do(reason: str) -> str:
            shares.reject(proposal, actor=request.user, reason=reason)
            return f"{proposal} is put aside."

        return self.act(request, ReasonForm, "Reject", do, row=proposal)


@admin.register(ShareEntry)
class ShareEntryAdmin(BooksAdmin):
    list_display = (
        "number",
        "day",
        "kind",
        "giver",
        "taker",
        "shares",
        watt("stroops", "paid", "in the currency"),
        community_slug,
    )
    list_filter = ("kind", "community")
    search_fields = ("giver__code__exact", "taker__code__exact")
    search_help_text = "a whole member code"
    list_select_related = ("community", "giver", "taker")
    fields = (*list_display[:7], "proposal", "community")


@admin.register(Departure)
class DepartureAdmin(BooksAdmin):
    list_display = (
        "declared_on",
        "member",
        "kind",
        "notice_until",
        badge("state", DECLARED=WAITING, ENDED=GOOD, WITHDRAWN=NEUTRAL),
        "ended_on",
    )
    list_filter = ("state", "kind", "member__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    fields = (*list_display, "heirs", "reason")
    actions_detail = ("end", "withdraw")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("register.add_departure")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("register.change_departure")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(community: Community, code: str, kind: str, heirs: str, reason: str) -> str:
            member = member_by_code(community, code)
            departure = departures.declare(member, kind, reason=reason, actor=request.user, heirs=heirs)
            return f"{member.code} leaves; the notice runs until {departure.notice_until}."

        return self.act(request, DepartureForm, "Declare that a membership ends", do)

    @action(description="End the membership", icon="logout", permissions=["decide"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        departure = self.row(request, object_id)

        def do(reason: str) -> str:
            departures.end(departure, actor=request.user, reason=reason)
            return f"{departure.member.code} is no longer a member."

        left = departures.what_is_left(departure.member) if request.method == "GET" else []
        explain = f"Left to be settled before: {'; '.join(left)}." if left else "Nothing is left to be settled."
        return self.act(request, ReasonForm, "End the membership", do, row=departure, explain=explain, danger=True)

    @action(description="Take back", icon="undo", permissions=["decide"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        departure = self.row(request, object_id)

        def do(reason: str) -> str:
            departures.withdraw(departure, reason=reason, actor=request.user)
            return f"{departure.member.code} stays a member."

        return self.act(request, ReasonForm, "Take back", do, row=departure)


@admin.register(Refund)
class RefundAdmin(BooksAdmin):
    list_display = (
        "proposed_at",
        "kind",
        "first_day",
        "last_day",
        watt("stroops", "all parts"),
        badge("state", PROPOSED=WAITING, PAID=GOOD, REJECTED=NEUTRAL),
        parts := link("parts", "register_refundpart", "parts", refund__id__exact="pk"),
        community_slug,
    )
    list_filter = ("kind", "state", "community")
    list_select_related = ("community",)
    fields = (*list_display[:7], "reason", "proposed_by", "approved_by", "decided_at", "community")
    actions_detail = ("pay", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("register.add_refund")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("register.change_refund")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(community: Community, first: date, last: date, surplus: Decimal, reason: str) -> str:
            refund = refunds.propose(community, first, last, int(surplus * STROOPS), actor=request.user, reason=reason)
            return f"The {refund} is divided among {refund.parts.count()} members and waits for a second person."

        explain = (
            "The surplus is divided by what each member paid and got for energy in the settlements booked in these days."
            " Nothing is paid until another person of the Treasury agrees."
        )
        return self.act(request, RefundForm, "Propose a refund", do, explain=explain)

    @action(description="Pay", icon="payments", permissions=["decide"])
    def pay(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        refund = self.row(request, object_id)

        def do(reason: str) -> str:
            return f"{refunds.pay(refund, actor=request.user, reason=reason)} members are paid."

        explain = f"{money(refund.stroops, 7)} WATT, proposed by {refund.proposed_by}: {refund.reason}."
        return self.act(request, ReasonForm, "Pay", do, row=refund, explain=explain)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        refund = self.row(request, object_id)

        def do(reason: str) -> str:
            refunds.reject(refund, actor=request.user, reason=reason)
            return f"The {refund} is put aside."

        return self.act(request, ReasonForm, "Reject", do, row=refund)


@admin.register(RefundPart)
class RefundPartAdmin(BooksAdmin):
    list_display = ("refund", "member", watt("basis", "reckoned from", places=7), watt("stroops", "part", places=7))
    list_filter = ("refund__state", "refund__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("refund", "member")
    fields = list_display
