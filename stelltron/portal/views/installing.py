"""What a phone needs to put the portal on its home screen, and the page it shows without a connection."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

from ..access import member_of

# Of the light scheme: phones draw these before any page.
ACCENT, GROUND = "#0b7a55", "#f4f6f3"
ICONS = (
    ("portal/icon.svg", "any", "image/svg+xml", "any"),
    ("portal/icon-192.png", "192x192", "image/png", "any"),
    ("portal/icon-512.png", "512x512", "image/png", "any"),
    ("portal/icon-maskable.png", "512x512", "image/png", "maskable"),
)


@require_GET
@cache_control(private=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    member = member_of(request.user)
    described = {
        "id": "/",
        "name": str(member.community) if member else "Stelltron",
        "short_name": "Stelltron",
        "description": "Your energy, shared with your neighbours",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": ACCENT,
        "background_color": GROUND,
        "icons": [
            {"src": static(file), "sizes": sizes, "type": kind, "purpose": purpose}
            for file, sizes, kind, purpose in ICONS
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")


@require_GET
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root: a worker answers for addresses below its own only."""
    found = finders.find("portal/build/service-worker.js")
    if found is None:
        raise Http404("the front end is not built")
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript")


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/offline.html")
