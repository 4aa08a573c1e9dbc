"""The statement, and everything behind each of its lines."""

from __future__ import annotations

import csv
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from market.billing.disputes import open_dispute
from market.clearing.lines import PURCHASE, SALE
from market.grid.discounts import discount_on
from market.models import StatementLine
from stelltron.core.errors import Refused
from stelltron.core.units import kwh, money

from ..access import MemberRequest, member_required
from ..selectors import recompute as recompute_shown
from ..selectors import statement as selectors


def _chosen(request: MemberRequest) -> selectors.Filter:
    return selectors.Filter.read(request.GET.get("month", ""), request.GET.get("kind", ""))


def _query(chosen: selectors.Filter, **more: str) -> str:
    month = f"{chosen.month:%Y-%m}" if chosen.month else ""
    return urlencode({key: value for key, value in {"month": month, "kind": chosen.kind, **more}.items() if value})


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    member, chosen = request.member, _chosen(request)
    shown = selectors.page(member, chosen, request.GET.get("from", ""))
    totals = selectors.totals(member, chosen)
    context = {
        "chosen": chosen,
        "page": shown,
        "totals": totals,
        "balance": sum(row["amount"] for row in totals),
        "frozen": selectors.frozen(member, chosen),
        "months": selectors.months(member),
        "kinds": StatementLine.Kind.choices,
        "older": _query(chosen, **{"from": shown.following}) if shown.following else "",
        "query": _query(chosen),
        "is_first": not request.GET.get("from"),
    }
    return render(request, "portal/statement.html", context)


@require_GET
@member_required
def line(request: MemberRequest, line_id: int) -> HttpResponse:
    """One line with its readings, run, trades, transaction and arithmetic."""
    found = get_object_or_404(
        StatementLine.objects.select_related("run", "trade", "member"), pk=line_id, member=request.member
    )
    stroops, rest = selectors.product(found)
    context = {
        "line": found,
        "proof": selectors.proof(found),
        "product": stroops,
        "rest": rest,
        "dispute": found.disputes.select_related("correction_line").first(),
        "again": recompute_shown.of(found) if "recompute" in request.GET else None,
        "discount": discount_on(found),
        "is_trade": found.kind in (*SALE.values(), *PURCHASE.values()),
    }
    return render(request, "portal/statement_line.html", context)


@csrf_protect
@require_POST
@member_required
def dispute(request: MemberRequest, line_id: int) -> HttpResponse:
    found = get_object_or_404(StatementLine.objects.select_related("run", "trade"), pk=line_id, member=request.member)
    try:
        open_dispute(found, request.member, request.POST.get("text", ""))
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "The co-op looks at it. Until then this amount is not due.")
    return redirect("portal:statement-line", line_id)


@require_GET
@member_required
def download(request: MemberRequest) -> HttpResponse:
    """The chosen lines as CSV."""
    chosen, community = _chosen(request), request.member.community
    name = f"statement-{request.member.code}" + (f"-{chosen.month:%Y-%m}" if chosen.month else "")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(
        [
            "line",
            "slot (UTC)",
            f"slot ({community.time_zone})",
            "kind",
            "kWh",
            f"price ({community.currency}/kWh)",
            f"amount ({community.currency})",
            "transaction",
        ]
    )
    for row in selectors.lines(request.member, chosen).iterator(chunk_size=2000):
        source = row.trade or row.run
        intent = source.intent if source else None
        writer.writerow(
            [
                row.pk,
                f"{row.slot:%Y-%m-%d %H:%M}",
                f"{timezone.localtime(row.slot):%Y-%m-%d %H:%M}",
                row.get_kind_display(),
                _number(kwh(row.wh)),
                _number(money(row.price, 7)),
                _number(money(row.amount, 7)),
                intent.transaction_id if intent and intent.transaction_id else "",
            ]
        )
    return response


def _number(text: str) -> str:
    return text.replace(",", "")
