"""The member's devices, and claiming one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from devices.services import claim
from stelltron.core.errors import Refused

from ..access import MemberRequest, member_required
from ..forms import ClaimForm
from ..selectors.live import own_meters
from ..throttle import too_many


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def page(request: MemberRequest) -> HttpResponse:
    """Own devices with their state; POST claims one by its code."""
    form = ClaimForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if too_many(request, "claim", str(request.member.pk)):
            form.add_error(None, "Too many tries: wait a minute, then try again.")
            status = 429
        elif form.is_valid():
            try:
                device = claim(form.cleaned_data["code"], request.member)
            except Refused as problem:
                form.add_error("code", f"{problem.message[:1].upper()}{problem.message[1:]}.")
            else:
                messages.success(request, f"{device.pk} is yours now. Its figures appear with its next reading.")
                return redirect("portal:devices")
    return render(request, "portal/devices.html", {"form": form, "devices": own_meters(request.member)}, status=status)
