"""Staff pages of the grid and of who shares what: zones' fees and discounts, allocation keys, contracts among friends."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action, display

from stelltron.core import units
from stelltron.core.models import Community
from stelltron.core.staff import (
    GOOD,
    NEUTRAL,
    WAITING,
    BooksAdmin,
    MonthForm,
    OfficeForm,
    badge,
    community_slug,
    energy,
    price,
)
from stelltron.members.models import Member

from ..models import AllocationKey, FeeDiscount, FriendContract, GridFee
from .discounts import propose_paying_back
from .zones import announce_grid_fee, set_allocation_key

FROM_NOW = "UTC, on the community's own clock; empty: from now on"


class GridFeeForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    zone = forms.IntegerField(min_value=0, max_value=255)
    name = forms.CharField(max_length=80)
    inside = forms.DecimalField(min_value=0, max_value=200, decimal_places=7, help_text="WATT per kWh among neighbours")
    out = forms.DecimalField(
        min_value=0, max_value=200, decimal_places=7, help_text="WATT per kWh that leaves the zone"
    )
    into = forms.DecimalField(min_value=0, max_value=200, decimal_places=7, help_text="WATT per kWh that enters it")
    feeder_w = forms.IntegerField(min_value=0, required=False, help_text="W across the zone's border; empty: no limit")
    valid_from = forms.DateTimeField(help_text=FROM_NOW, required=False)


@admin.register(GridFee)
class GridFeeAdmin(BooksAdmin):
    list_display = (
        "zone",
        "name",
        price("inside", "inside"),
        price("out", "out of it"),
        price("into", "into it"),
        "feeder_w",
        "valid_from",
        community_slug,
    )
    list_filter = ("community",)
    list_select_related = ("community",)
    fields = (*list_display[:-1], "community")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("market.add_gridfee")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(
            community: Community,
            inside: Decimal,
            out: Decimal,
            into: Decimal,
            valid_from: datetime | None,
            **given: object,
        ) -> str:
            fee = announce_grid_fee(
                community,
                inside=int(inside * units.STROOPS),
                out=int(out * units.STROOPS),
                into=int(into * units.STROOPS),
                valid_from=valid_from or community.now(),
                actor=request.user,
                **given,
            )
            return f"{fee} is announced."

        explain = "Slots that start from then on pay it. Energy between zones pays out of the one and into the other."
        return self.act(request, GridFeeForm, "Announce a grid fee", do, explain=explain)


@admin.register(FeeDiscount)
class FeeDiscountAdmin(BooksAdmin):
    list_display = ("member", "percent", "valid_from")
    list_filter = ("member__community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    fields = list_display
    actions_list = ("pay_back",)

    def has_pay_back_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("register.add_refund")

    @action(description="Pay back a month", icon="currency_exchange", permissions=["pay_back"])
    def pay_back(self, request: HttpRequest) -> HttpResponse:
        def do(community: Community, month: str, reason: str) -> HttpResponse:
            refund = propose_paying_back(community, month, actor=request.user, reason=reason)
            said = f"{units.money(refund.stroops, 7)} WATT for {refund.parts.count()} members wait for a second person."
            messages.success(request, said)
            return redirect("admin:register_refund_change", refund.pk)

        explain = (
            "What members with GRID at stake get back of their grid fees, up to the end of the month and not paid yet."
            " It is the co-op's money, and has to lie in the bank account that backs WATT. Nothing is paid until another"
            " person of the Treasury agrees."
        )
        return self.act(request, MonthForm, "Pay back a month's discounts", do, explain=explain)


class AllocationKeyForm(OfficeForm):
    member = forms.ModelChoiceField(Member.objects.order_by("code"))
    percent = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, help_text="of the community's surplus")


@admin.register(AllocationKey)
class AllocationKeyAdmin(BooksAdmin):
    list_display = ("member", "percent")
    list_filter = ("member__community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    ordering = ("member__code",)
    fields = ("member", "percent")

    @display(description="share of the surplus (%)")
    def percent(self, row: AllocationKey) -> str:
        return f"{Decimal(row.basis_points) / 100:.2f}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("market.add_allocationkey")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(member: Member, percent: Decimal, reason: str) -> str:
            left = set_allocation_key(member, int(percent * 100), actor=request.user, reason=reason)
            return f"{member} has {percent} %; {Decimal(left) / 100:.2f} % of the surplus are not given to anybody."

        explain = "Counts where the community shares by static keys, from the next slot that is cleared."
        return self.act(request, AllocationKeyForm, "Set a member's allocation key", do, explain=explain)


@admin.register(FriendContract)
class FriendContractAdmin(BooksAdmin):
    list_display = (
        "seller",
        "buyer",
        price(),
        energy("slot_wh", "a slot"),
        badge("state", OFFERED=WAITING, ACTIVE=GOOD, ENDED=NEUTRAL),
        "valid_from",
        "valid_until",
    )
    list_filter = ("state", "seller__community")
    search_fields = ("seller__code__exact", "buyer__code__exact")
    search_help_text = "a whole member code"
    list_select_related = ("seller", "buyer")
    ordering = ("-id",)
    fields = (*list_display, "offered_by")
