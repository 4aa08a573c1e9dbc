"""Stored energy sold ahead: offers, purchases and where each lock stands."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from market.models import StoredOffer
from market.stored import sales as market_stored
from stelltron.core.errors import Refused

from ..access import MemberRequest, member_required
from ..forms import BuyStoredForm, StoredOfferForm
from ..selectors import stored

FIELD_OF = {"energy_out_of_range": "kwh", "not_enough_energy": "kwh", "price_out_of_range": "price"}


def _page(request: MemberRequest, form: StoredOfferForm, status: int = 200) -> HttpResponse:
    others, own = stored.offers(request.member)
    shown = {
        "offers": others,
        "own_offers": own,
        "trades": stored.locked_trades(request.member),
        "form": form,
        **stored.standing(request.member),
    }
    return render(request, "portal/stored.html", shown, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request, StoredOfferForm())


@csrf_protect
@require_POST
@member_required
def offer(request: MemberRequest) -> HttpResponse:
    form = StoredOfferForm(request.POST)
    if form.is_valid():
        try:
            market_stored.offer_stored(request.member, **form.terms(request.member.community))
        except Refused as problem:
            form.add_error(FIELD_OF.get(problem.code), f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, "Offered. Your energy stays yours until somebody buys it.")
            return redirect("portal:stored")
    return _page(request, form, status=422)


@csrf_protect
@require_POST
@member_required
def buy(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    form = BuyStoredForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors["kwh"]))
        return redirect("portal:stored")
    try:
        market_stored.buy_stored(offer_id, request.member, form.cleaned_data["kwh"])
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "Agreed. Your money waits until the battery has locked the energy.")
    return redirect("portal:stored")


@csrf_protect
@require_POST
@member_required
def end(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    own = get_object_or_404(StoredOffer, pk=offer_id, seller=request.member)
    try:
        market_stored.end_offer(own, request.member)
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "The offer is taken back. What is sold of it stays sold.")
    return redirect("portal:stored")
