"""The dynamic reference price: its breakdown, its history, and a playground with the same formula."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from market.price import oracle
from market.price.pricing import price_of

from ..access import MemberRequest, member_required
from ..forms import PlaygroundForm
from ..selectors import price as selectors


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    community = request.member.community
    quote = selectors.last_quote(community)
    terms = selectors.coefficients(community)
    form = PlaygroundForm(
        request.GET or PlaygroundForm.example(community.now().astimezone(ZoneInfo(community.time_zone)))
    )
    played = price_of(form.conditions(), terms) if form.is_valid() else None
    context = {
        "quote": quote,
        "posted": oracle.posted(quote) if quote else None,
        "factors": selectors.breakdown(quote) if quote else [],
        "form": form,
        "played": played,
        "played_factors": selectors.factors_of(played) if played else [],
        "terms": {name: str(value) for name, value in asdict(terms).items()},
    }
    return render(request, "portal/price.html", context, status=200 if played else 422)


@require_GET
@member_required
def history(request: MemberRequest) -> JsonResponse:
    return JsonResponse(selectors.price_series(request.member))
