"""The member's messages: the list, the live badge, and how they want to be told."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from stelltron.core.errors import Refused
from stelltron.members import notices
from stelltron.members.models import NoticeChoice

from ..access import MemberRequest, member_required
from ..forms import NoticeForm

SHOWN = 50


def _page(request: MemberRequest, form: NoticeForm | None = None, status: int = 200) -> HttpResponse:
    choice = NoticeChoice.objects.filter(member=request.member).first() or NoticeChoice()
    context = {
        "notices": list(request.member.notices.all()[:SHOWN]),
        "form": form or NoticeForm(initial={"mail": choice.mail, "phone": choice.phone}),
    }
    with transaction.atomic():
        notices.mark_read(request.member)
    return render(request, "portal/notices.html", context, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    """Opening the list reads it; what was new stays marked on this view of it."""
    return _page(request)


@require_GET
@member_required
def badge(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/parts/badge.html")


@csrf_protect
@require_POST
@member_required
def choose(request: MemberRequest) -> HttpResponse:
    form = NoticeForm(request.POST)
    if form.is_valid():
        try:
            notices.choose(request.member, mail=form.cleaned_data["mail"], phone=form.cleaned_data["phone"])
        except Refused as problem:
            form.add_error("phone", f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, "Noted.")
            return redirect("portal:notices")
    return _page(request, form, status=422)
