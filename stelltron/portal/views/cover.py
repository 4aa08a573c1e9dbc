"""Cover: what a member holds and claims, and an insurer's own books."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from financing import cover as service
from financing.cover_models import Cover, CoverOffer
from stelltron.core.errors import Refused

from .. import generator_forms as given
from ..access import MemberRequest, member_required
from ..selectors import cover as selectors
from .generator_requests import sentence


def _page(request: MemberRequest, status: int = 200, **bound: object) -> HttpResponse:
    context = {
        **selectors.covers(request.member),
        "ask_form": given.InsurerForm(),
        "claim_form": given.ClaimCoverForm(),
        **bound,
    }
    return render(request, "portal/cover.html", context, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request)


@csrf_protect
@require_POST
@member_required
def insure(request: MemberRequest) -> HttpResponse:
    form = given.InsurerForm(request.POST)
    if form.is_valid():
        try:
            service.ask_to_insure(request.member, form.cleaned_data["about"])
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "The co-op looks at it. You are told when you may sell cover.")
            return redirect("portal:cover")
    return _page(request, 422, ask_form=form)


@csrf_protect
@require_POST
@member_required
def close(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = get_object_or_404(
        CoverOffer.objects.select_related("generator__community"), pk=offer_id, insurer=request.member.pk
    )
    service.close_offer(offer, request.member)
    messages.success(request, "It is not sold any more; covers that were sold go on.")
    return redirect("portal:cover")


@csrf_protect
@require_POST
@member_required
def claim(request: MemberRequest, cover_id: UUID) -> HttpResponse:
    held = get_object_or_404(Cover, pk=cover_id, holder=request.member)
    form = given.ClaimCoverForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            service.claim_cover(held, request.member, data["amount"], data["evidence"])
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "Your claim is made. Two of the co-op decide, and you are told.")
            return redirect("portal:cover")
    return _page(request, 422, claim_form=form, claimed=held.pk)
