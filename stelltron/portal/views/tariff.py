"""The utility's plans, and the member's own choice among them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from market.models import MemberPlan, Tariff
from market.tariffs.bands import written_days, written_minute
from market.tariffs.prices import UtilityBook, choose_plan, plans_of, tomorrow
from stelltron.core.errors import Refused

from ..access import MemberRequest, member_required


class PlanForm(forms.Form):
    plan = forms.CharField(required=False, max_length=40, strip=False)
    day = forms.DateField(error_messages={"invalid": "Write the day as 2026-12-31", "required": "Choose the first day"})


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def page(request: MemberRequest) -> HttpResponse:
    member, community = request.member, request.member.community
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            choose_plan(member, form.cleaned_data["plan"], form.cleaned_data["day"], actor=request.user)
        except Refused as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, f"Your plan changes on {form.cleaned_data['day']}.")
            return redirect("portal:tariff")
    now = community.now()
    context = {
        "plans": [_shown(tariff) for tariff in plans_of(community).values()],
        "own": UtilityBook(community).plan(member.pk, now),
        "coming": MemberPlan.objects.filter(member=member, valid_from__gt=now).order_by("valid_from"),
        "first_day": tomorrow(community),
        "form": form,
    }
    return render(request, "portal/tariff.html", context, status=400 if form.errors else 200)


def _shown(tariff: Tariff) -> dict[str, object]:
    bands = [
        {
            "name": band.name,
            "days": written_days(band.weekdays),
            "hours": f"{written_minute(band.from_minute)}–{written_minute(band.to_minute)}",
            "retail": band.retail,
            "feed_in": band.feed_in,
        }
        for band in tariff.bands.all()
    ]
    return {"tariff": tariff, "bands": bands, "tax_percent": tariff.tax / 100}
