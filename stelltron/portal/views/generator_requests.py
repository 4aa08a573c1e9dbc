"""Requests for generators: ask, bid, compare, choose."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from financing import requests as service
from financing.models import GeneratorRequest, ProviderBid
from stelltron.core.errors import Refused
from stelltron.members.models import Member

from .. import generator_forms as given
from ..access import MemberRequest, member_required
from ..selectors import generators as selectors


def _list(request: MemberRequest, status: int = 200, **bound: forms.Form) -> HttpResponse:
    context = {"form": given.RequestForm(), "provider_form": given.ProviderForm(), **bound}
    context.update(selectors.requests_for(request.member))
    return render(request, "portal/generator_requests.html", context, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _list(request)


@csrf_protect
@require_POST
@member_required
def ask(request: MemberRequest) -> HttpResponse:
    form = given.RequestForm(request.POST)
    if form.is_valid():
        try:
            made = service.ask_for_generator(request.member, **form.cleaned_data)
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "Your request is open: verified providers may bid now.")
            return redirect("portal:generator-request", reference=made.reference)
    return _list(request, 422, form=form)


@csrf_protect
@require_POST
@member_required
def provide(request: MemberRequest) -> HttpResponse:
    form = given.ProviderForm(request.POST)
    if form.is_valid():
        try:
            service.ask_to_provide(request.member, form.cleaned_data["about"])
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "The co-op looks at it. You are told when you may bid.")
            return redirect("portal:generator-requests")
    return _list(request, 422, provider_form=form)


def _one(request: MemberRequest, wanted: GeneratorRequest, status: int = 200, **bound: forms.Form) -> HttpResponse:
    context = {
        "wanted": wanted,
        "bids": selectors.bids_of(wanted, request.member),
        "is_requester": wanted.requester_id == request.member.pk,
        "offering": selectors.offering_of(wanted),
        "provider": selectors.requests_for(request.member)["provider"],
        "place_photographs": wanted.photographs.defer("content"),
        "pictures_form": given.PicturesForm(),
        "bid_form": given.BidForm(),
        "accept_form": given.AcceptForm(),
        **bound,
    }
    return render(request, "portal/generator_request.html", context, status=status)


@require_GET
@member_required
def one(request: MemberRequest, reference: UUID) -> HttpResponse:
    return _one(request, _request(request.member, reference))


@csrf_protect
@require_POST
@member_required
def bid(request: MemberRequest, reference: UUID) -> HttpResponse:
    wanted, form = _request(request.member, reference), given.BidForm(request.POST)
    if form.is_valid():
        try:
            service.place_bid(wanted, request.member, **form.cleaned_data)
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "Your bid is placed. You are told what the requester decides.")
            return redirect("portal:generator-request", reference=wanted.reference)
    return _one(request, wanted, 422, bid_form=form)


@csrf_protect
@require_POST
@member_required
def accept(request: MemberRequest, reference: UUID) -> HttpResponse:
    """The bounds of the price are the confirmation: choosing a bid asks for them."""
    chosen = get_object_or_404(
        ProviderBid.objects.select_related("request__requester", "request__community"),
        reference=reference,
        request__in=selectors.visible_requests(request.member),
    )
    form = given.AcceptForm(request.POST)
    if form.is_valid():
        try:
            service.accept_bid(chosen, request.member, **form.cleaned_data)
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "Chosen. The co-op reviews the offering before financiers see it.")
            return redirect("portal:generator-request", reference=chosen.request.reference)
    return _one(request, chosen.request, 422, accept_form=form)


@csrf_protect
@require_POST
@member_required
def withdraw(request: MemberRequest, reference: UUID) -> HttpResponse:
    """The requester's request, or the provider's own bid on it."""
    wanted = _request(request.member, reference)
    try:
        own = wanted.bids.filter(provider=request.member.pk, state=ProviderBid.State.OPEN).first()
        if own:
            service.withdraw_bid(own, request.member)
        else:
            service.withdraw_request(wanted, request.member)
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "It is withdrawn.")
    return redirect("portal:generator-request", reference=wanted.reference)


def _request(member: Member, reference: UUID) -> GeneratorRequest:
    return get_object_or_404(selectors.visible_requests(member), reference=reference)


def sentence(problem: Refused) -> str:
    """As it stands on a form."""
    return f"{problem.message[:1].upper()}{problem.message[1:]}."
