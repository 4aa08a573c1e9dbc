"""Generators: the board, one of them with what a member may do there, funding in two steps, the portfolio."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from financing.models import Generator
from financing.offering import offerings
from financing.owning import auto_payouts
from financing.using import upkeep
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.members.models import Wallet

from .. import generator_forms as given
from .. import to_sign
from ..access import MemberRequest, member_required
from ..generator_acts import ACTS
from ..selectors import cover
from ..selectors import generators as selectors


@require_GET
@member_required
def board(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/generators.html", selectors.board())


@require_GET
@member_required
def portfolio(request: MemberRequest) -> HttpResponse:
    return _portfolio(request)


@csrf_protect
@require_POST
@member_required
def payout(request: MemberRequest) -> HttpResponse:
    """From how much on income is paid out by itself; nothing: no more."""
    form = given.AutoPayoutForm(request.POST)
    if form.is_valid():
        least = form.cleaned_data["least"]
        try:
            if least is None:
                auto_payouts.stop(request.member)
            else:
                auto_payouts.pay_out_from(request.member, least)
        except Refused as problem:
            form.add_error("least", f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            said = (
                "Your income is not paid out by itself any more." if least is None else "Your income pays itself out."
            )
            messages.success(request, said)
            return redirect("portal:portfolio")
    return _portfolio(request, form, status=422)


def _portfolio(request: MemberRequest, form: forms.Form | None = None, status: int = 200) -> HttpResponse:
    found = selectors.portfolio(request.member, request.GET.get("page"))
    if form is None:
        form = given.AutoPayoutForm(initial={"least": found["least"] and money(found["least"])})
    return render(request, "portal/portfolio.html", {**found, "payout_form": form}, status=status)


@require_GET
@member_required
def page(request: MemberRequest, address: str) -> HttpResponse:
    return _page(request, _generator(request, address))


@require_GET
@member_required
def funding(request: MemberRequest, address: str) -> HttpResponse:
    """The progress alone, which the page asks for again and again."""
    made = _generator(request, address)
    return render(request, "portal/parts/funding.html", {"generator": made})


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def fund(request: MemberRequest, address: str) -> HttpResponse:
    """First what it costs and what may happen, then the stake."""
    made = _generator(request, address)
    posted = request.method == "POST"
    form = given.ConfirmForm(request.POST) if posted else given.FundForm(request.GET)
    if not form.is_valid() and not posted:
        return _page(request, made, {"fund": form}, status=422)
    signs_alone = request.member.wallet.kind == Wallet.Kind.EXTERNAL
    to_sign = posted and signs_alone and form.is_valid()
    if posted and form.is_valid() and not signs_alone:
        data = form.cleaned_data
        try:
            offerings.fund(made, request.member, data["units"], risks_read=data["risks_read"])
        except Refused as problem:
            form.add_error(None, f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, f"Your stake of {data['units']:,} units is on its way to the chain.")
            return redirect("portal:generator", address=made.address)
    units = form.cleaned_data.get("units") or 0
    context = {
        "generator": made,
        "form": form if posted else given.ConfirmForm(initial={"units": units}),
        "units": units,
        "cost": units * made.unit_price,
        "to_sign": to_sign,
    }
    return render(request, "portal/generator_fund.html", context, status=422 if posted and not to_sign else 200)


@csrf_protect
@require_POST
@member_required
def act(request: MemberRequest, address: str, name: str) -> HttpResponse:
    if name not in ACTS:
        raise Http404
    made, asked = _generator(request, address), ACTS[name]
    form = asked.form(request.POST, request.FILES)
    if form.is_valid():
        try:
            if asked.call and request.member.wallet.kind == Wallet.Kind.EXTERNAL:
                return _to_sign(request, made, name, form)
            if asked.ask and "confirmed" not in request.POST:
                said = asked.ask(made, request.member, form.cleaned_data)
                context = {"generator": made, "name": name, "fields": form, "ask": said}
                return render(request, "portal/generator_confirm.html", context)
            asked.do(made, request.member, form.cleaned_data)
        except Refused as problem:
            form.add_error(None, f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, asked.said)
            return redirect("portal:generator", address=made.address)
    return _page(request, made, {name: form}, status=422)


def _to_sign(request: MemberRequest, made: Generator, name: str, form: forms.Form) -> HttpResponse:
    """What a wallet of the member's own is to sign, refused here already where it would be refused then."""
    asked, member = ACTS[name], request.member
    assert asked.call
    asked.call(made, member, form.cleaned_data)
    said = asked.ask(made, member, form.cleaned_data) if asked.ask else ""
    told = {field: request.POST.get(field, "") for field in form.fields}
    context = {"generator": made, "ask": said, "fields": form, "subject": to_sign.keep(member, made, name, told)}
    return render(request, "portal/generator_sign.html", context)


def _page(
    request: MemberRequest, made: Generator, bound: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    """Every form of the page; ``bound`` is the one that was sent and not taken."""
    shown: dict[str, forms.Form] = {name.replace("-", "_"): one.form() for name, one in ACTS.items()}
    shown["fund"] = given.FundForm()
    for name, form in (bound or {}).items():
        shown[name.replace("-", "_")] = form
        for said in form.non_field_errors():
            messages.error(request, said)
    found = selectors.detail(made, request.member)
    found["upkeeps"] = [
        (upkeep.describe(one), given.AgreeForm(initial={"upkeep": one.pk})) for one in found["to_agree"]
    ]
    context = {**found, **cover.at(made, request.member), "forms": shown, "unit_price": money(made.unit_price, 4)}
    return render(request, "portal/generator.html", context, status=status)


def _generator(request: MemberRequest, address: str) -> Generator:
    return get_object_or_404(selectors.visible(request.member), address=address)
