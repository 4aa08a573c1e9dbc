"""Generators: the board, one of them with what a member may do there, funding in two steps, the portfolio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from financing import building, exits, offerings, owning, running
from financing.models import ExitAuction, Generator, Milestone, Stake
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.members.models import Member, Wallet

from .. import generator_forms as given
from ..access import MemberRequest, member_required
from ..selectors import generators as selectors

Data = dict[str, Any]


@dataclass(frozen=True)
class Act:
    form: type[forms.Form]
    do: Callable[[Generator, Member, Data], object]
    said: str


def _milestone(made: Generator, data: Data) -> Milestone:
    return get_object_or_404(made.milestones.select_related("generator__offering"), pk=data["milestone"])


def _open_exit(made: Generator) -> ExitAuction:
    auction = made.exits.filter(state=ExitAuction.State.OPEN).first()
    if auction is None:
        raise Refused("no_exit", "no exit auction of this generator is open")
    return auction


def _give(made: Generator, member: Member, data: Data) -> None:
    other = Member.objects.filter(community=member.community, code=data["other"].strip(), is_active=True).first()
    if other is None:
        raise Refused("no_such_member", "no member of your community has this code: ask them for it")
    owning.give_units(made, member, other, data["units"])


def _answer(made: Generator, member: Member, data: Data) -> None:
    accepted = data["accepted"] == "yes"
    building.answer_milestone(_milestone(made, data), member, accepted=accepted, reason=data["reason"])


def _buy_units(made: Generator, member: Member, data: Data) -> None:
    stake = get_object_or_404(Stake, pk=data["stake"], generator=made)
    owning.buy_units(made, member, stake, data["units"], max_price=data["max_price"])


ON_ITS_WAY = "It is on its way to the chain."
ACTS: dict[str, Act] = {
    "refund": Act(given.NothingForm, lambda g, m, d: offerings.take_refund(g, m), "Your stake is on its way back."),
    "claim": Act(given.NothingForm, lambda g, m, d: owning.claim(g, m), "Your income is on its way to your wallet."),
    "price": Act(given.PriceForm, lambda g, m, d: running.submit_price(g, m, d["price"]), ON_ITS_WAY),
    "energy": Act(
        given.EnergyForm,
        lambda g, m, d: running.buy_energy(g, m, d["quantity"], phone=d["phone"]),
        "Your payment is on its way; the code for the meter follows.",
    ),
    "list": Act(given.ListForm, lambda g, m, d: owning.list_units(g, m, d["units"], d["price"]), ON_ITS_WAY),
    "unlist": Act(given.NothingForm, lambda g, m, d: owning.unlist_units(g, m), ON_ITS_WAY),
    "buy": Act(given.BuyForm, _buy_units, ON_ITS_WAY),
    "give": Act(given.GiveForm, _give, ON_ITS_WAY),
    "open-exit": Act(given.NothingForm, lambda g, m, d: exits.open_exit(g, m), "The exit auction is open."),
    "exit": Act(
        given.ExitForm, lambda g, m, d: exits.place_exit_order(_open_exit(g), m, **d), "Your order is in the auction."
    ),
    "report": Act(
        given.EvidenceForm,
        lambda g, m, d: building.report_milestone(_milestone(g, d), m, d["evidence"]),
        "Reported. The requester is asked to accept it.",
    ),
    "answer": Act(given.AnswerForm, _answer, "Your answer is noted."),
    "install": Act(
        given.InstallForm, lambda g, m, d: building.install(g, m, bytes.fromhex(d["device_key"])), ON_ITS_WAY
    ),
    "first-token": Act(given.FirstTokenForm, lambda g, m, d: building.send_first_token(g, m, d["amount"]), ON_ITS_WAY),
}


@require_GET
@member_required
def board(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/generators.html", selectors.board())


@require_GET
@member_required
def portfolio(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/portfolio.html", selectors.portfolio(request.member, request.GET.get("page")))


@require_GET
@member_required
def page(request: MemberRequest, generator_id: int) -> HttpResponse:
    return _page(request, _generator(request, generator_id))


@require_GET
@member_required
def funding(request: MemberRequest, generator_id: int) -> HttpResponse:
    """The progress alone, which the page asks for again and again."""
    made = _generator(request, generator_id)
    return render(request, "portal/parts/funding.html", {"generator": made})


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def fund(request: MemberRequest, generator_id: int) -> HttpResponse:
    """First what it costs and what may happen, then the stake."""
    made = _generator(request, generator_id)
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
            return redirect("portal:generator", generator_id=made.pk)
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
def act(request: MemberRequest, generator_id: int, name: str) -> HttpResponse:
    if name not in ACTS:
        raise Http404
    made, asked = _generator(request, generator_id), ACTS[name]
    form = asked.form(request.POST)
    if form.is_valid():
        try:
            asked.do(made, request.member, form.cleaned_data)
        except Refused as problem:
            form.add_error(None, f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, asked.said)
            return redirect("portal:generator", generator_id=made.pk)
    return _page(request, made, {name: form}, status=422)


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
    context = {**selectors.detail(made, request.member), "forms": shown, "unit_price": money(made.unit_price, 4)}
    return render(request, "portal/generator.html", context, status=status)


def _generator(request: MemberRequest, generator_id: int) -> Generator:
    return get_object_or_404(selectors.visible(request.member), pk=generator_id)
