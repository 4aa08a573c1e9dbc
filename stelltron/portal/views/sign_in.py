"""Signing in: e-mail and password, or a Stellar wallet (SEP-10; SEP-45 for contract accounts)."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger import sep45
from stelltron.members import sep10
from stelltron.members.models import Member

from ..forms import SignInForm
from ..throttle import SLOW_DOWN, seconds_left, too_many

LARGEST_ANSWER = 20_000
SHOWN_COMMUNITIES = 5
WALLET_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The sign-in form, and its answer."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if too_many(request, "password", request.POST.get("email", "")):
            form.add_error(None, SLOW_DOWN)
            status = 429
        elif form.is_valid():
            email, password = form.cleaned_data["email"].lower(), form.cleaned_data["password"]
            user = authenticate(request, username=email, password=password)
            if user:
                login(request, user)
                return redirect(_next(request))
            form.add_error(None, "This e-mail and password do not fit together. Check both and try again.")
    context = {
        "form": form,
        "next": _next(request),
        "communities": Community.objects.order_by("name")[:SHOWN_COMMUNITIES],
    }
    response = render(request, "portal/sign_in.html", context, status=status)
    if status == 429:
        response.headers["Retry-After"] = str(seconds_left())
    return response


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def stellar_auth(request: HttpRequest) -> JsonResponse:
    """GET gives a challenge, POST takes it signed and opens a session."""
    if too_many(request, "wallet"):
        return JsonResponse({"error": SLOW_DOWN}, status=429, headers={"Retry-After": str(seconds_left())})
    try:
        if request.method == "GET":
            asked = _challenge(request.GET.get("account", ""), request.get_host())
            return JsonResponse({**asked, "network_passphrase": settings.STELLAR.passphrase})
        member = _answered(request)
    except Refused as problem:
        return JsonResponse({"error": problem.message, "code": problem.code}, status=400)
    login(request, member.user, backend=WALLET_BACKEND)
    return JsonResponse({"next": resolve_url(settings.LOGIN_REDIRECT_URL)})


def _challenge(address: str, domain: str) -> dict[str, str]:
    if sep45.is_contract(address):
        return {"authorization_entries": sep45.challenge(address, domain)}
    return {"transaction": sep10.challenge(address, domain)}


def _answered(request: HttpRequest) -> Member:
    """Whose wallet signed. Raises Refused."""
    given, domain = _signed(request), request.get_host()
    if entries := given.get("authorization_entries"):
        return sep45.answer(str(entries), domain)
    return sep10.answer(str(given.get("transaction", "")), domain)


def _signed(request: HttpRequest) -> dict[str, Any]:
    """A JSON or form body, as the standards allow both. Raises Refused."""
    if request.content_type != "application/json":
        return request.POST.dict()
    if len(request.body) > LARGEST_ANSWER:
        raise Refused("challenge_refused", "the answer is too large")
    try:
        read = json.loads(request.body)
    except ValueError:
        raise Refused("challenge_refused", "the answer is not JSON") from None
    return read if isinstance(read, dict) else {}


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: only within this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)
