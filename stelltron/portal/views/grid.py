"""GRID: what a member holds and has at stake, and what they do with it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from governance.grid import staking
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.members.models import Wallet

from ..access import MemberRequest, member_required
from ..forms import ScaledField
from ..selectors import grid as selectors

SAID = {
    staking.STAKE: "Your GRID is on its way to the stake.",
    staking.ASK: "You asked it back. The waiting time begins once the chain has confirmed it.",
    staking.TAKE: "Your GRID is on its way back to your wallet.",
    staking.CLAIM: "Your reward is on its way to your wallet.",
}


class AmountForm(forms.Form):
    amount = ScaledField(STROOPS, label="Amount")


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request, {})


def _page(request: MemberRequest, given: dict[str, AmountForm], status: int = 200) -> HttpResponse:
    member = request.member
    blank = {verb: AmountForm(auto_id=f"id_{verb}_%s") for verb in staking.OF_AMOUNTS}
    context = {
        **selectors.page(member, request.GET.get("page")),
        "signs_alone": member.wallet.kind == Wallet.Kind.EXTERNAL,
        "forms": {**blank, **given},
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
