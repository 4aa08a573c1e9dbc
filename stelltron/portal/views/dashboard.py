"""The live dashboard."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from market.figures.rollups import running_day

from ..access import MemberRequest, member_required
from ..selectors import dashboard as selectors


def _now(request: MemberRequest) -> dict:
    return {"now": selectors.power_now(request.member)}


def _today(request: MemberRequest) -> dict:
    return {"today": running_day(request.member)}


def _slots(request: MemberRequest) -> dict:
    return {"runs": selectors.last_runs(request.member.community)}


def _balances(request: MemberRequest) -> dict:
    return {"balances": selectors.balances(request.member)}


PARTS = {"now": _now, "today": _today, "slots": _slots, "balances": _balances}


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    context = {"steps": selectors.first_steps(request.member)}
    for build in PARTS.values():
        context |= build(request)
    return render(request, "portal/dashboard.html", context)


@require_GET
@member_required
def part(request: MemberRequest, part: str) -> HttpResponse:
    """One card of the dashboard, fetched again when something changed."""
    if part not in PARTS:
        raise Http404
    return render(request, f"portal/parts/{part}.html", PARTS[part](request))


@require_GET
@member_required
def slots(request: MemberRequest) -> JsonResponse:
    """The chart's figures."""
    return JsonResponse(selectors.slot_series(request.member))
