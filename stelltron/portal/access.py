"""Who may see a portal page: signed-in members, their own data, in their co-op's time zone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone

from stelltron.members.models import Member

View = Callable[..., HttpResponse]


class MemberRequest(HttpRequest):
    member: Member


def member_of(user: AbstractBaseUser | AnonymousUser | None) -> Member | None:
    """The active member this user signs in for."""
    if user is None or not user.is_authenticated:
        return None
    return Member.objects.select_related("community", "wallet", "user").filter(user=user.pk, is_active=True).first()


def member_required(view: View) -> View:
    """Sign-in first; staff without a membership go to the office."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        member = member_of(request.user)
        if member is None:
            if request.user.is_staff:
                return redirect("admin:index")
            return render(request, "portal/no_member.html", status=403)
        request.member = member
        with timezone.override(ZoneInfo(member.community.time_zone)):
            response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
    return redirect_to_login(request.get_full_path())
