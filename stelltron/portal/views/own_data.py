"""What is kept about the member, to take along."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from stelltron.audit.personal import write_copy
from stelltron.core.files import download

from ..access import MemberRequest, member_required


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/own_data.html")


@csrf_protect
@require_POST
@member_required
def copy(request: MemberRequest) -> HttpResponseBase:
    member = request.member
    return download(request, f"{member.community.slug}-{member.code}.zip", lambda file: write_copy(file, member))
