"""What financiers take away: statements, the impact report, the cash flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from financing.models import Generator, Stake
from financing.reports import statement_files
from financing.reports.generator_statement import generator_statement, visible_to
from financing.reports.impact import impact_of
from financing.reports.impact_file import EXPLAIN, impact_pdf, sources
from financing.reports.statements import portfolio_statement, stake_statement, stakes_of
from stelltron.core.errors import Refused

from ..access import MemberRequest, member_required
from ..selectors.cash_flow import charts_of
from ..selectors.generators import STAKES_A_PAGE

YEARS_BACK = 5


@require_GET
@member_required
def figures(request: MemberRequest) -> HttpResponse:
    """The part of the portfolio's page that takes longer to add up."""
    found = impact_of(stakes_of(request.member))
    context = {"impact": found, "sources": sources(found), "charts": charts_of(request.member)}
    return render(request, "portal/parts/portfolio_figures.html", context)


@require_GET
@member_required
def statements(request: MemberRequest) -> HttpResponse:
    return _statements(request)


@require_GET
@member_required
def stake(request: MemberRequest, stake_id: int, form: str) -> HttpResponse:
    """Up to today, or to the end of ``?day=``."""
    rows = Stake.objects.filter(member=request.member).select_related(
        "member", "generator__community", "generator__offering__request", "generator__offering__bid"
    )
    found = get_object_or_404(rows, pk=stake_id)
    asked = request.GET.get("day", "")
    try:
        day = date.fromisoformat(asked) if asked else None
    except ValueError:
        return _statements(request, "Name the day as 2026-12-31.")
    return _file(request, form, lambda: stake_statement(found, day))


@require_GET
@member_required
def year(request: MemberRequest, year: int, form: str) -> HttpResponse:
    return _file(request, form, lambda: portfolio_statement(request.member, year))


@require_GET
@member_required
def generator(request: MemberRequest, address: str, form: str) -> HttpResponse:
    rows = Generator.objects.filter(visible_to(request.member)).distinct()
    rows = rows.select_related("offering__request", "offering__bid", "community")
    made = get_object_or_404(rows, address=address)
    return _file(request, form, lambda: generator_statement(made))


@require_GET
def generator_for_staff(request: HttpRequest, address: str, form: str) -> HttpResponse:
    if not (admin.site.has_permission(request) and request.user.has_perm("financing.view_generator")):
        raise PermissionDenied
    rows = Generator.objects.select_related("offering__request", "offering__bid", "community")
    return statement_files.answer(generator_statement(get_object_or_404(rows, address=address)), form)


@require_GET
@member_required
def impact(request: MemberRequest) -> HttpResponse:
    found = impact_of(stakes_of(request.member))
    return render(request, "portal/impact.html", {"impact": found, "sources": sources(found), "explain": EXPLAIN})


@require_GET
@member_required
def impact_file(request: MemberRequest) -> HttpResponse:
    now = datetime.now(UTC)
    drawn = impact_pdf(impact_of(stakes_of(request.member), now), request.member, now)
    response = HttpResponse(drawn, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="impact-{request.member.code}.pdf"'
    return response


@require_GET
@member_required
def cash_flow(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/cash_flow.html", {"charts": charts_of(request.member)})


def _file(request: MemberRequest, form: str, make: Callable[[], statement_files.Statement]) -> HttpResponse:
    if form not in ("pdf", "csv"):
        raise Http404("statements come as pdf and csv")
    try:
        return statement_files.answer(make(), form)
    except Refused as problem:
        return _statements(request, f"{problem.message[:1].upper()}{problem.message[1:]}.")


def _statements(request: MemberRequest, problem: str = "") -> HttpResponse:
    today = timezone.localdate()
    context = {
        "page": Paginator(stakes_of(request.member), STAKES_A_PAGE).get_page(request.GET.get("page")),
        "years": range(today.year, today.year - YEARS_BACK, -1),
        "today": today,
        "problem": problem,
    }
    return render(request, "portal/stake_statements.html", context, status=422 if problem else 200)
