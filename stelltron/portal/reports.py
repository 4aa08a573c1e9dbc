"""The office's monthly reports: one table a page, the same as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from market.clearing.guard import TOLERANCE, month_guard
from market.grid.statement import grid_statement
from stelltron.core.models import Community
from stelltron.core.units import kwh, money


@dataclass
class Report:
    title: str
    explain: str
    headings: list[str]
    rows: list[list[str]]
    total: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    alarm: str = ""


def grid(community: Community, month: str) -> Report:
    found = grid_statement(community, month)
    money_unit = community.currency
    report = Report(
        "Grid operator statement",
        "Grid fees that members paid on settled trades. What is collected belongs to the grid operator.",
        ["from zone", "into zone", "kWh", f"fees ({money_unit})"],
        [[str(z.from_zone), str(z.into_zone), kwh(z.wh), money(z.stroops, 7)] for z in found.zones],
        ["all", "all", kwh(found.wh), money(found.stroops, 7)],
    )
    if found.on_its_way:
        report.notes.append(f"{money(found.on_its_way, 7)} {money_unit} more are on their way to the chain.")
    report.notes.append(f"Collected since the beginning: {money(found.collected, 7)} {money_unit}.")
    if found.collected != found.booked:
        report.alarm = (
            f"The journal's grid account holds {money(found.booked, 7)} {money_unit}:"
            " look at the reconciliations before anything is paid out."
        )
    return report


def guard(community: Community, month: str) -> Report:
    members = month_guard(community, month)
    unit = community.currency
    worse = [one for one in members if one.saved < -TOLERANCE and not one.by_sharing]
    return Report(
        "Savings by member",
        "What clearing saved each member against the utility alone on their own plan; orders on the spot book are"
        " their own choice and not counted. Bill sharing may leave producers worse off: it is labelled.",
        ["member", f"saved ({unit})", "slots worse", f"worst slot ({unit})", "worst slot (UTC)", "mechanism"],
        [
            [
                one.code,
                money(one.saved, 7),
                str(one.slots_worse),
                money(one.worst, 7),
                f"{one.worst_slot:%Y-%m-%d %H:%M}" if one.worst_slot else "",
                "bill sharing" if one.by_sharing else "",
            ]
            for one in members
        ],
        ["all", money(sum(one.saved for one in members), 7), str(sum(one.slots_worse for one in members)), "", "", ""],
        alarm=f"Worse off than at the utility: {', '.join(one.code for one in worse)}." if worse else "",
    )


def page(make: Callable[[Community, str], Report], permission: str) -> Callable[[HttpRequest], HttpResponse]:
    """A report's page; ``?format=csv`` for the file."""

    def view(request: HttpRequest) -> HttpResponse:
        if not (admin.site.has_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        communities = list(Community.objects.order_by("name"))
        chosen = next((c for c in communities if c.slug == request.GET.get("community")), None)
        community = chosen or next(iter(communities), None)
        context = {**admin.site.each_context(request), "communities": communities, "community": community}
        if community is None:
            return render(request, "admin/report.html", {**context, "title": "No community yet"})
        month = request.GET.get("month") or f"{community.now().astimezone(ZoneInfo(community.time_zone)):%Y-%m}"
        try:
            report = make(community, month)
        except (ValueError, OverflowError):
            return render(
                request,
                "admin/report.html",
                {**context, "title": "No such month", "problem": "Give a month as YYYY-MM.", "month": month},
                status=400,
            )
        if request.GET.get("format") == "csv":
            return _csv(report, f"{community.slug}-{month}")
        return render(
            request, "admin/report.html", {**context, "title": report.title, "report": report, "month": month}
        )

    return view


def _csv(report: Report, name: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    title = report.title.lower().replace(" ", "-")
    response.headers["Content-Disposition"] = f'attachment; filename="{title}-{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(report.headings)
    for row in (*report.rows, report.total):
        if row:
            writer.writerow([cell.replace(",", "") for cell in row])
    return response


urlpatterns = [
    path("admin/reports/grid/", page(grid, "market.view_trade"), name="office-grid"),
    path("admin/reports/savings/", page(guard, "market.view_statementline"), name="office-guard"),
]
