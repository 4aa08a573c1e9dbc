"""Photographs of requests and milestones, for who may see what they show."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from financing import photographs
from financing.models import Photograph
from stelltron.core.errors import Refused

from .. import generator_forms as given
from ..access import MemberRequest, member_required
from ..selectors import generators as selectors
from .generator_requests import sentence


@require_GET
@member_required
def show(request: MemberRequest, photograph_id: UUID) -> HttpResponse:
    member = request.member
    made, wanted = selectors.visible(member).values("pk"), selectors.visible_requests(member).values("pk")
    # What was asked for stays visible with the generator that came of it.
    seen = Q(milestone__generator__in=made) | Q(request__in=wanted) | Q(request__offering__generator__in=made)
    # One that was erased has no size.
    photograph = get_object_or_404(Photograph.objects.filter(seen, width__gt=0).distinct(), pk=photograph_id)
    response = HttpResponse(bytes(photograph.content), content_type="image/jpeg")
    # Never changed under the same address.
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@csrf_protect
@require_POST
@member_required
def add(request: MemberRequest, reference: UUID) -> HttpResponse:
    wanted = get_object_or_404(selectors.visible_requests(request.member), reference=reference)
    form = given.PicturesForm(request.POST, request.FILES)
    try:
        if not form.is_valid() or not form.cleaned_data["pictures"]:
            raise Refused("no_photograph", "choose one or more photographs")
        photographs.add_to_request(wanted, request.member, form.cleaned_data["pictures"])
    except Refused as problem:
        messages.error(request, sentence(problem))
    else:
        messages.success(request, "Your photographs are there.")
    return redirect("portal:generator-request", reference=wanted.reference)
