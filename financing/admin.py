"""Financing in the office: who builds, what is offered, and what is paid to whom."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

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
    watt,
)
from stelltron.core.units import money

from . import generator_admin  # noqa: F401  # noqa: F401
from .cover import cover_admin  # noqa: F401
from .models import GeneratorRequest, Offering, Provider, ProviderBid
from .offering import offerings as service
from .offering import requests as people
from .owning import auto_payout_admin, exit_admin  # noqa: F401
from .suspension_admin import SuspensionActs

# They register their own pages.
from .using import agent_admin  # noqa: F401

provider_state = badge("state", ASKED=WAITING, VERIFIED=GOOD, REJECTED=BAD)
request_state = badge("state", OPEN=NEUTRAL, DECIDING=WAITING, ACCEPTED=GOOD, WITHDRAWN=BAD, EXPIRED=BAD)
bid_state = badge("state", OPEN=WAITING, ACCEPTED=GOOD, CLOSED=NEUTRAL, WITHDRAWN=BAD)
offering_state = badge("state", REVIEW=WAITING, APPROVED=GOOD, REJECTED=BAD)


@admin.register(Provider)
class ProviderAdmin(SuspensionActs):
    list_display = ("member", provider_state, "suspended", "about", "asked_at", "decided_by")
    list_filter = ("state",)
    search_fields = ("member__code", "member__name")
    list_select_related = ("member", "decided_by")
    ordering = ("-asked_at",)
    fields = (
        "member",
        provider_state,
        "suspended_at",
        "suspension",
        "about",
        "delivered",
        "asked_at",
        "decided_by",
        "intent",
    )
    actions_detail = ("verify", "turn_down", "suspend", "lift")

    @display(description="delivered, of accepted")
    def delivered(self, row: Provider) -> str:
        return str(people.reputation(row))

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_provider")

    @action(description="Verify", icon="verified_user", permissions=["decide"])
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, verified=True)

    @action(description="Turn down", icon="block", permissions=["decide"])
    def turn_down(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, verified=False)

    def _decide(self, request: HttpRequest, object_id: str, *, verified: bool) -> HttpResponse:
        provider = self.row(request, object_id)

        def do(reason: str) -> str:
            people.verify_provider(provider, verified=verified, actor=request.user, reason=reason)
            return f"{provider} is {provider.get_state_display()}."

        title = "Verify the provider" if verified else "Turn the provider down"
        return self.act(request, OfficeForm, title, do, row=provider, explain=provider.about, danger=not verified)


@admin.register(GeneratorRequest)
class GeneratorRequestAdmin(BooksAdmin):
    list_display = ("title", "place", "requester", request_state, "power_w", "people", "bids_until", community_slug)
    list_filter = ("state", "community")
    search_fields = ("title", "place", "requester__code")
    list_select_related = ("requester", "community")
    fields = (
        "title",
        "place",
        "latitude",
        "longitude",
        "requester",
        request_state,
        "power_w",
        "people",
        "reason",
        "measure",
        "parts",
        link("bids", "financing_providerbid", "bids on it", request__id__exact="pk"),
        "opened_at",
        "bids_until",
        "decide_until",
        "community",
    )


@admin.register(ProviderBid)
class ProviderBidAdmin(BooksAdmin):
    list_display = ("unit_type", "provider", "request", bid_state, watt("cost", "cost"), "installation_days", "made_at")
    list_filter = ("state",)
    search_fields = ("provider__member__code", "request__title")
    list_select_related = ("provider__member", "request")
    ordering = ("-id",)
    fields = (
        "request",
        "provider",
        bid_state,
        "unit_type",
        "power_w",
        watt("cost", "cost"),
        "year_quantity",
        "installation_days",
        "warranty_months",
        "cover",
        "made_at",
    )


class ApprovalForm(OfficeForm):
    checked = forms.BooleanField(label="Site, provider, price and people were checked")


@admin.register(Offering)
class OfferingAdmin(BooksAdmin):
    list_display = (
        "request",
        offering_state,
        watt("goal", "goal"),
        "funded",
        "offered_at",
        "decided_by",
        community_slug,
    )
    list_filter = ("state", "community")
    search_fields = ("request__title", "request__place")
    list_select_related = ("request", "generator", "decided_by", "community")
    fields = (
        "request",
        "bid",
        offering_state,
        watt("goal", "goal"),
        "min_units",
        watt("min_price", "lowest price", "WATT/measure", 4),
        watt("max_price", "highest price", "WATT/measure", 4),
        "maintenance_bps",
        "slot_seconds",
        "risks",
        "decision",
        "decided_by",
        "offered_at",
        "community",
    )
    actions_detail = ("approve", "reject")

    @display(description="funded")
    def funded(self, row: Offering) -> str:
        made = getattr(row, "generator", None)
        return f"{made.sold / 100:.2f} %" if made else "–"

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_offering")

    @action(description="Approve", icon="done_all", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        offering = self.row(request, object_id)

        def do(checked: bool, reason: str) -> str:
            service.approve_offering(offering, actor=request.user, reason=reason)
            return f"{offering} is being set up on the chain and then open for funding."

        bid = offering.bid
        explain = (
            f"{money(offering.goal)} WATT for {bid.unit_type} by {bid.provider}, in {bid.installation_days} days, "
            f"for {offering.request.people} people: {offering.request.reason}"
        )
        return self.act(request, ApprovalForm, "Approve the offering", do, row=offering, explain=explain)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        offering = self.row(request, object_id)

        def do(reason: str) -> str:
            service.reject_offering(offering, actor=request.user, reason=reason)
            return f"{offering} is rejected; requester and provider are told why."

        return self.act(request, OfficeForm, "Reject the offering", do, row=offering, danger=True)
