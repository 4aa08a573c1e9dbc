"""What the market brought: savings, earnings, peak hours, payback, and the community's own figures."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from market.figures import analytics
from market.models import Investment
from stelltron.core.errors import Refused
from stelltron.core.units import WH_PER_KWH, kwh, money

from ..access import MemberRequest, member_required
from ..forms import InvestmentForm

PERIODS = ((7, "7 days"), (30, "30 days"), (365, "a year"))
SHOWN_HOURS = 5


def _period(request: MemberRequest) -> int:
    asked = request.GET.get("days", "")
    return next((days for days, _ in PERIODS if str(days) == asked), 30)


def _page(request: MemberRequest, form: InvestmentForm | None = None, status: int = 200) -> HttpResponse:
    member, days = request.member, _period(request)
    hours = analytics.peak_hours(member, days)
    context = {
        "days": days,
        "periods": PERIODS,
        "own": analytics.figures_of(member, days),
        "everybody": analytics.figures_of_community(member.community, days),
        "hours": hours[:SHOWN_HOURS],
        "most_wh": hours[0][1] if hours else 0,
        "payback": analytics.payback(member),
        "fewest_days": analytics.FEWEST_DAYS,
        "investment": Investment.objects.filter(member=member).first(),
        "form": form or InvestmentForm(initial=_said(request)),
    }
    return render(request, "portal/figures.html", context, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request)


@require_GET
@member_required
def days(request: MemberRequest) -> JsonResponse:
    """The chart's figures, kWh a day; a day stands at its midnight."""
    zone = ZoneInfo(request.member.community.time_zone)
    rows = analytics.days_of(request.member, _period(request)).order_by("day")
    found = list(rows.values_list("day", "drawn_wh", "bought_wh", "sold_wh"))
    return JsonResponse(
        {
            "at": [int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) for day, *_ in found],
            "drawn": [drawn / WH_PER_KWH for _, drawn, _, _ in found],
            "bought": [bought / WH_PER_KWH for _, _, bought, _ in found],
            "sold": [sold / WH_PER_KWH for _, _, _, sold in found],
        }
    )


@csrf_protect
@require_POST
@member_required
def set_investment(request: MemberRequest) -> HttpResponse:
    form = InvestmentForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            analytics.set_investment(request.member, stroops=data["cost"], own_use_wh_a_year=data["own_use_kwh"] or 0)
        except Refused as problem:
            form.add_error("cost" if problem.code == "investment_out_of_range" else "own_use_kwh", problem.message)
        else:
            messages.success(request, "Your investment is noted.")
            return redirect("portal:figures")
    return _page(request, form, status=422)


def _said(request: MemberRequest) -> dict[str, str]:
    known = Investment.objects.filter(member=request.member).first()
    if known is None:
        return {}
    return {
        "cost": money(known.stroops, 7).replace(",", ""),
        "own_use_kwh": kwh(known.own_use_wh_a_year).replace(",", ""),
    }
