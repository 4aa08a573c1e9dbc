"""The register of members as it stood on a day: a page of the office, CSV and PDF."""

from __future__ import annotations

from datetime import date

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from stelltron.core.models import Community
from stelltron.register.holdings import register_on
from stelltron.register.papers import register_csv, register_pdf


def page(request: HttpRequest) -> HttpResponse:
    if not (admin.site.has_permission(request) and request.user.has_perm("register.view_shareentry")):
        raise PermissionDenied
    communities = list(Community.objects.order_by("name"))
    chosen = next((c for c in communities if c.slug == request.GET.get("community")), None)
    community = chosen or next(iter(communities), None)
    context = {**admin.site.each_context(request), "communities": communities, "community": community}
    if community is None:
        return render(request, "admin/register.html", {**context, "title": "No community yet"})
    try:
        day = date.fromisoformat(request.GET.get("day") or str(community.today()))
    except ValueError:
        context |= {"title": "No such day", "problem": "Give a day as YYYY-MM-DD."}
        return render(request, "admin/register.html", context, status=400)
    register = register_on(community, day)
    form = request.GET.get("format")
    if form == "csv":
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        register_csv(answer, register)
    elif form == "pdf":
        answer = HttpResponse(register_pdf(register), content_type="application/pdf")
    else:
        context |= {"title": "Register of members", "register": register, "day": day}
        return render(request, "admin/register.html", context)
    answer.headers["Content-Disposition"] = f'attachment; filename="register-{community.slug}-{day}.{form}"'
    return answer


urlpatterns = [path("admin/reports/register/", page, name="office-register")]
