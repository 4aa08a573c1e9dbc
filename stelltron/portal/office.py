"""The staff dashboard: the admin's first page, and the fragment that keeps its figures fresh."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache

from .today import today


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback for the admin's first page."""
    return {**context, **figures(request)}


@never_cache
def today_fragment(request: HttpRequest) -> HttpResponse:
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return render(request, "admin/today.html", figures(request))


def figures(request: HttpRequest) -> dict[str, Any]:
    """All roles see all figures: the sums of a community are no secret among its staff."""
    return today() if request.user.has_perm("core.view_community") else {"no_role": True}


# Unfold's own admin/index.html is found first: ours has another name and extends it.
admin.site.index_template, admin.site.index_title = "admin/office.html", "Today"
urlpatterns = [path("admin/today/", today_fragment, name="office-today")]
