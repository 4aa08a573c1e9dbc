"""The office's pages of the utility's tariffs and who has which plan."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.decorators import display

from stelltron.core import units
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.staff import BooksAdmin, OfficeForm, community_slug, price, watt
from stelltron.members.models import Member

from ..models import MemberPlan, Tariff, TariffBand
from .bands import read_bands, written_days, written_minute
from .prices import announce_tariff, choose_plan


class TariffForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    plan = forms.CharField(
        max_length=40, required=False, help_text="one of the utility's plans; empty: the community's own"
    )
    name = forms.CharField(max_length=80)
    retail = forms.DecimalField(
        min_value=0, max_value=400, decimal_places=7, help_text="WATT per kWh bought from the utility"
    )
    feed_in = forms.DecimalField(
        min_value=0, max_value=400, decimal_places=7, help_text="WATT per kWh sold to the utility"
    )
    day_charge = forms.DecimalField(
        min_value=0, max_value=1000, decimal_places=7, required=False, help_text="standing charge a day, WATT"
    )
    tax = forms.DecimalField(
        min_value=0, max_value=100, decimal_places=2, required=False, help_text="% on energy bought from the utility"
    )
    bands = forms.CharField(
        required=False,
        max_length=2000,
        help_text="name, days, hours, retail, feed-in; several with semicolons: evening Mo-Fr 17:00-21:00 0.40 0.02",
    )
    valid_from = forms.DateTimeField(help_text="UTC, on the community's own clock; empty: from now on", required=False)


class BandInline(TabularInline):
    model = TariffBand
    fields = ("name", "days", "hours", price("retail", "retail"), price("feed_in", "feed-in"))
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @display(description="days")
    def days(self, row: TariffBand) -> str:
        return written_days(row.weekdays)

    @display(description="local time")
    def hours(self, row: TariffBand) -> str:
        return f"{written_minute(row.from_minute)}–{written_minute(row.to_minute)}"


@admin.register(Tariff)
class TariffAdmin(BooksAdmin):
    list_display = (
        "name",
        "plan",
        price("retail", "retail"),
        price("feed_in", "feed-in"),
        watt("day_charge", "a day"),
        "tax_percent",
        "valid_from",
        community_slug,
    )
    list_filter = ("community",)
    list_select_related = ("community",)
    fields = (*list_display[:-1], "community")
    inlines = (BandInline,)

    @display(description="tax")
    def tax_percent(self, row: Tariff) -> str:
        return f"{Decimal(row.tax) / 100} %"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("market.add_tariff")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(
            community: Community,
            name: str,
            retail: Decimal,
            feed_in: Decimal,
            valid_from: datetime | None,
            reason: str,
            plan: str,
            day_charge: Decimal | None,
            tax: Decimal | None,
            bands: str,
        ) -> str:
            announce_tariff(
                community,
                plan=plan.strip(),
                name=name,
                retail=int(retail * units.STROOPS),
                feed_in=int(feed_in * units.STROOPS),
                day_charge=int((day_charge or 0) * units.STROOPS),
                tax=int((tax or 0) * 100),
                bands=_read(bands),
                valid_from=valid_from or community.now(),
                actor=request.user,
                reason=reason,
            )
            return f"{name} is announced."

        explain = "Slots that start from then on are settled with it; no tariff is ever changed afterwards."
        return self.act(request, TariffForm, "Announce a tariff", do, explain=explain)


def _read(bands: str) -> list:
    try:
        return read_bands(bands)
    except ValueError as problem:
        raise Refused("not_a_band", str(problem)) from None


class PlanForm(OfficeForm):
    member = forms.CharField(max_length=40, help_text="member code")
    community = forms.ModelChoiceField(Community.objects.all())
    plan = forms.CharField(max_length=40, required=False, help_text="empty: the community's own")
    day = forms.DateField(help_text="YYYY-MM-DD, the first day on it, tomorrow or later")


@admin.register(MemberPlan)
class MemberPlanAdmin(BooksAdmin):
    list_display = ("member", "plan", "valid_from")
    list_filter = ("member__community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("market.add_memberplan")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(member: str, community: Community, plan: str, day: date, reason: str) -> str:
            found = Member.objects.filter(community=community, code=member.strip()).first()
            if found is None:
                raise Refused("no_such_member", f"{community} has no member with the code {member}")
            choose_plan(found, plan.strip(), day, actor=request.user, reason=reason)
            return f"{found} is on this plan from {day} on."

        return self.act(request, PlanForm, "Set a member's plan", do)
