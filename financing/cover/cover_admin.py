"""Insurers, what they cover, and claims, decided by two of the Treasury."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, watt
from stelltron.core.units import STROOPS, money

from ..models.cover import Cover, CoverClaim, CoverOffer, CoverPayment, Insurer
from ..suspension_admin import SuspensionActs
from . import cover as service
from . import cover_claims as claims

insurer_state = badge("state", ASKED=WAITING, ADMITTED=GOOD, REJECTED=BAD, INSOLVENT=BAD)
cover_state = badge("state", SENT=WAITING, ACTIVE=GOOD, ENDED=NEUTRAL, FAILED=BAD)
claim_state = badge("state", OPEN=WAITING, PROPOSED=WAITING, OWED=BAD, PAID=GOOD, REFUSED=NEUTRAL)
payment_state = badge("state", SENT=WAITING, PAID=GOOD, FAILED=BAD)


class GrantForm(OfficeForm):
    granted = forms.DecimalField(min_value=0, decimal_places=7, max_digits=18, help_text="WATT that the insurer pays")


class ApproveForm(OfficeForm):
    granted = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The sum that this person has been shown.
        self.fields["granted"].widget = forms.HiddenInput()


@admin.register(Insurer)
class InsurerAdmin(SuspensionActs):
    list_display = ("member", insurer_state, "suspended", "about", "asked_at", "decided_by")
    list_filter = ("state",)
    search_fields = ("member__code", "member__name")
    list_select_related = ("member", "decided_by")
    ordering = ("-asked_at",)
    fields = (
        "member",
        insurer_state,
        "suspended_at",
        "suspension",
        "about",
        "exposure",
        "owes",
        "asked_at",
        "decided_by",
    )
    actions_detail = ("admit", "turn_down", "suspend", "lift")

    @display(description="may have to pay (WATT)")
    def exposure(self, row: Insurer) -> str:
        return money(service.exposure(row))

    @display(description="owes (WATT)")
    def owes(self, row: Insurer) -> str:
        return money(service.owed_by(row))

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_insurer")

    @action(description="Admit", icon="verified_user", permissions=["decide"])
    def admit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, admitted=True)

    @action(description="Turn down", icon="block", permissions=["decide"])
    def turn_down(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, admitted=False)

    def _decide(self, request: HttpRequest, object_id: str, *, admitted: bool) -> HttpResponse:
        insurer = self.row(request, object_id)

        def do(reason: str) -> str:
            service.decide_insurer(insurer, admitted=admitted, actor=request.user, reason=reason)
            return f"{insurer} is {insurer.get_state_display()}."

        title = "Admit the insurer" if admitted else "Turn the insurer down"
        return self.act(request, OfficeForm, title, do, row=insurer, explain=insurer.about, danger=not admitted)


@admin.register(CoverOffer)
class CoverOfferAdmin(BooksAdmin):
    list_display = (
        "generator",
        "insurer",
        "kind",
        "premium_bps",
        watt("largest_sum", "largest sum"),
        "days",
        "is_open",
    )
    list_filter = ("kind", "is_open")
    search_fields = ("generator__name", "insurer__member__code")
    list_select_related = ("generator", "insurer__member")
    fields = (
        "generator",
        "insurer",
        "kind",
        "premium_bps",
        watt("largest_sum", "largest sum"),
        "days",
        "counts",
        "is_open",
        "offered_at",
    )


@admin.register(Cover)
class CoverAdmin(BooksAdmin):
    list_display = ("offer", "holder", watt("sum", "sum"), watt("premium", "premium"), cover_state, "ends_at")
    list_filter = ("state", "offer__kind")
    search_fields = ("holder__code", "offer__generator__name", "offer__insurer__member__code")
    list_select_related = ("offer__generator", "offer__insurer__member", "holder")
    fields = (
        "offer",
        "holder",
        watt("sum", "sum"),
        watt("premium", "premium", places=7),
        cover_state,
        "bought_at",
        "ends_at",
        "intent",
    )


@admin.register(CoverClaim)
class CoverClaimAdmin(BooksAdmin):
    list_display = (
        "cover",
        watt("claimed", "claimed"),
        watt("granted", "granted"),
        watt("owed", "still owed"),
        claim_state,
        "made_at",
        "proposed_by",
        "approved_by",
    )
    list_filter = ("state",)
    search_fields = ("cover__holder__code", "cover__offer__generator__name")
    list_select_related = (
        "cover__holder",
        "cover__offer__generator",
        "cover__offer__insurer__member",
        "proposed_by",
        "approved_by",
    )
    fields = (
        "cover",
        claim_state,
        watt("claimed", "claimed"),
        watt("granted", "granted"),
        watt("paid", "paid", places=7),
        watt("owed", "still owed", places=7),
        "evidence",
        "evidence_hash",
        "decision",
        "made_at",
        "proposed_by",
        "approved_by",
    )
    actions_detail = ("propose", "approve", "send_back", "refuse")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_coverclaim")

    @action(description="Propose to grant", icon="edit_note", permissions=["treasury"])
    def propose(self, request: HttpRequest, object_id: str) -> HttpResponse:
        claim = self.row(request, object_id)

        def do(granted: int, reason: str) -> str:
            claims.propose_decision(claim, int(granted * STROOPS), actor=request.user, reason=reason)
            return "A second person has to approve it now."

        return self.act(request, GrantForm, "Propose to grant it", do, row=claim, explain=_explain(claim))

    @action(description="Approve", icon="done_all", permissions=["treasury"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        claim = self.row(request, object_id)

        def do(granted: int, reason: str) -> str:
            claims.approve_decision(claim, granted, actor=request.user, reason=reason)
            return f"{claim.cover.offer.insurer} owes {money(granted)} WATT; what it has is on its way."

        initial = {"granted": claim.granted}
        return self.act(
            request, ApproveForm, "Approve the claim", do, row=claim, explain=_explain(claim), initial=initial
        )

    @action(description="Send back", icon="undo", permissions=["treasury"])
    def send_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        claim = self.row(request, object_id)

        def do(reason: str) -> str:
            claims.send_back(claim, actor=request.user, reason=reason)
            return "It is open again."

        return self.act(request, OfficeForm, "Send the proposal back", do, row=claim, danger=True)

    @action(description="Refuse", icon="block", permissions=["treasury"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        claim = self.row(request, object_id)

        def do(reason: str) -> str:
            claims.refuse_claim(claim, actor=request.user, reason=reason)
            return f"{claim.cover.holder} is told why."

        return self.act(request, OfficeForm, "Refuse the claim", do, row=claim, explain=_explain(claim), danger=True)


def _explain(claim: CoverClaim) -> str:
    granted = f"; {money(claim.granted)} proposed" if claim.granted else ""
    return (
        f"{money(claim.claimed)} WATT claimed{granted}. Counts: {claim.cover.offer.counts} Evidence: {claim.evidence}"
    )


@admin.register(CoverPayment)
class CoverPaymentAdmin(BooksAdmin):
    list_display = ("sent_at", "claim", watt("amount"), payment_state)
    list_filter = ("state",)
    search_fields = ("claim__cover__holder__code",)
    list_select_related = (
        "claim__cover__holder",
        "claim__cover__offer__generator",
        "claim__cover__offer__insurer__member",
    )
    fields = ("sent_at", "claim", watt("amount", places=7), payment_state, "intent")
