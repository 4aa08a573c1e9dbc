"""GRID: what a member holds and has at stake, and what they do with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from governance.grid import licences, staking
from governance.models import LicenceKey
from stelltron.core.errors import Refused
from stelltron.members.api import SCOPES
from stelltron.members.models import Wallet

from ..access import MemberRequest, member_required
from ..forms import AmountForm
from ..selectors import grid as selectors

SAID = {
    staking.STAKE: "Your GRID is on its way to the stake.",
    staking.ASK: "You asked it back. The waiting time begins once the chain has confirmed it.",
    staking.TAKE: "Your GRID is on its way back to your wallet.",
    staking.CLAIM: "Your reward is on its way to your wallet.",
}


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=60, label="Name of the application", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()), label="It may", widget=forms.CheckboxSelectMultiple
    )


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request, {})


def _page(request: MemberRequest, given: dict[str, forms.Form], status: int = 200, **more: Any) -> HttpResponse:
    member = request.member
    blank = {verb: AmountForm(auto_id=f"id_{verb}_%s") for verb in staking.OF_AMOUNTS}
    context = {
        **selectors.page(member, request.GET.get("page")),
        "signs_alone": member.wallet.kind == Wallet.Kind.EXTERNAL,
        "forms": {**blank, "key": KeyForm(), **given},
        **more,
    }
    return render(request, "portal/grid.html", context, status=status)


@csrf_protect
@require_POST
@member_required
def act(request: MemberRequest, name: str) -> HttpResponse:
    if name not in staking.VERBS:
        raise Http404
    form, stroops = AmountForm(request.POST, auto_id=f"id_{name}_%s"), 0
    if name in staking.OF_AMOUNTS:
        if not form.is_valid():
            return _page(request, {name: form}, status=422)
        stroops = form.cleaned_data["amount"]
    try:
        staking.do(request.member, name, stroops)
    except Refused as problem:
        said = f"{problem.message[:1].upper()}{problem.message[1:]}."
        if name not in staking.OF_AMOUNTS:
            messages.error(request, said)
            return redirect("portal:grid")
        form.add_error("amount", said)
        return _page(request, {name: form}, status=422)
    messages.success(request, SAID[name])
    return redirect("portal:grid")


@csrf_protect
@require_POST
@member_required
def issue_key(request: MemberRequest) -> HttpResponse:
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, {"key": form}, status=422)
    try:
        _, secret = licences.issue(request.member, form.cleaned_data["name"], form.cleaned_data["scopes"])
    except Refused as problem:
        form.add_error(None, f"{problem.message[:1].upper()}{problem.message[1:]}.")
        return _page(request, {"key": form}, status=422)
    return _page(request, {}, secret=secret)


@csrf_protect
@require_POST
@member_required
def revoke_key(request: MemberRequest, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(LicenceKey.objects.select_related("member__community"), pk=key_id, member=request.member)
    licences.revoke(key, actor=request.user)
    messages.success(request, f"{key.name} cannot use its key any more.")
    return redirect("portal:grid")
