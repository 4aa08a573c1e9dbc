"""The member's own membership: shares, certificate, leaving; and how somebody asks to become a member."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.register import applications, departures
from stelltron.register.holdings import entries_of, shares_of
from stelltron.register.models import Departure, Refund
from stelltron.register.papers import certificate_pdf
from stelltron.register.parameters import NOTICE_DAYS, SHARE_PRICE

from ..access import MemberRequest, member_required
from ..membership_forms import ApplicationForm, ResignForm
from ..throttle import WINDOW_SECONDS, too_many
from .generator_requests import sentence


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request, ResignForm())


def _page(request: MemberRequest, form: ResignForm, status: int = 200) -> HttpResponse:
    member = request.member
    now = member.community.now()
    context = {
        "shares": shares_of(member),
        "entries": entries_of(member),
        "refunds": member.refund_parts.filter(refund__state=Refund.State.PAID).select_related("refund"),
        "price": value_at(member.community, SHARE_PRICE, now),
        "notice_days": value_at(member.community, NOTICE_DAYS, now),
        "departure": member.departures.filter(state=Departure.State.DECLARED).first(),
        "today": member.community.today(),
        "form": form,
    }
    return render(request, "portal/membership.html", context, status=status)


@require_GET
@member_required
def certificate(request: MemberRequest) -> HttpResponse:
    """As the register stood at the end of ``?day=``; today without it."""
    try:
        day = date.fromisoformat(request.GET.get("day") or str(request.member.community.today()))
    except ValueError:
        raise Http404("a day is YYYY-MM-DD") from None
    answer = HttpResponse(certificate_pdf(request.member, day), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="shares-{request.member.code}-{day}.pdf"'
    return answer


@csrf_protect
@require_POST
@member_required
def resign(request: MemberRequest) -> HttpResponse:
    form = ResignForm(request.POST)
    if form.is_valid():
        try:
            departure = departures.declare(
                request.member,
                Departure.Kind.RESIGNATION,
                reason=form.cleaned_data["reason"],
                actor=request.member.user,
            )
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, f"Noted. Your membership ends on {departure.notice_until} at the earliest.")
            return redirect("portal:membership")
    return _page(request, form, status=422)


@csrf_protect
@require_POST
@member_required
def stay(request: MemberRequest) -> HttpResponse:
    departure = get_object_or_404(request.member.departures, state=Departure.State.DECLARED)
    if departure.kind != Departure.Kind.RESIGNATION:
        raise Http404("only a resignation is the member's own to take back")
    departures.withdraw(departure, reason="the member stays", actor=request.member.user)
    messages.success(request, "You stay. Good.")
    return redirect("portal:membership")


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, slug: str) -> HttpResponse:
    """For everybody who is not a member yet."""
    community = get_object_or_404(Community, slug=slug)
    form, status = ApplicationForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if too_many(request, "apply", slug):
            form.add_error(None, "Too many applications at once: wait a minute, then try again.")
            status = 429
        elif form.is_valid():
            try:
                applications.apply(community, **form.cleaned_data)
            except Refused as problem:
                form.add_error(None, sentence(problem))
            else:
                return render(request, "portal/applied.html", {"community": community})
    price = value_at(community, SHARE_PRICE, community.now())
    context = {"community": community, "form": form, "price": price}
    response = render(request, "portal/apply.html", context, status=status)
    if status == 429:
        response.headers["Retry-After"] = str(WINDOW_SECONDS)
    return response
