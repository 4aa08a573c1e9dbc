"""From the bank and to it: where to pay, a withdrawal in two steps, and what became of each."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from stelltron.bank import leaving, payouts
from stelltron.bank.models import Payout
from stelltron.core.errors import Refused
from stelltron.members.models import Wallet

from ..access import MemberRequest, member_required
from ..bank_forms import LeaveForm, PayoutForm
from ..selectors import bank, dashboard

FIELD_OF = {"bad_iban": "iban", "own_account": "iban", "bad_name": "name", "not_enough": "amount"}
SAID = {
    Payout.State.BURNING: "Your WATT are being burned; then the co-op sends the money.",
    Payout.State.ASKED: "Sign it now: it goes on once your wallet has burned the WATT.",
    Payout.State.HELD: "The co-op looks into it first, and tells you.",
}


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request, PayoutForm(), LeaveForm())


@csrf_protect
@require_POST
@member_required
def withdraw(request: MemberRequest) -> HttpResponse:
    """First what is about to happen, then, ``confirmed``, the withdrawal."""
    form = PayoutForm(request.POST)
    if form.is_valid():
        if request.POST.get("confirmed") != "yes":
            return render(request, "portal/bank_confirm.html", {"form": form, **form.cleaned_data})
        data = form.cleaned_data
        try:
            payout = payouts.ask(request.member, data["amount"], data["name"], data["iban"])
        except Refused as problem:
            add_problem(form, problem)
        else:
            messages.success(request, SAID[Payout.State(payout.state)])
            return redirect("portal:bank")
    return _page(request, form, LeaveForm(), status=422)


@csrf_protect
@require_POST
@member_required
def cancel(request: MemberRequest, payout_id: int) -> HttpResponse:
    payout = get_object_or_404(Payout, pk=payout_id, member=request.member)
    try:
        payouts.cancel_own(payout)
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "Cancelled. Nothing has moved.")
    return redirect("portal:bank")


@csrf_protect
@require_POST
@member_required
def leave(request: MemberRequest) -> HttpResponse:
    """Out of the market, from a managed wallet; the owners of others sign."""
    form = LeaveForm(request.POST)
    if form.is_valid() and request.member.wallet.kind == Wallet.Kind.MANAGED:
        try:
            leaving.leave(request.member, form.cleaned_data["market_amount"])
        except Refused as problem:
            form.add_error("market_amount", sentence(problem))
        else:
            messages.success(request, "On its way out of the market: the contract waits a quarter of an hour.")
            return redirect("portal:bank")
    return _page(request, PayoutForm(), form, status=422)


def add_problem(form: PayoutForm, problem: Refused) -> None:
    field = "amount" if problem.code.startswith("amount") else FIELD_OF.get(problem.code)
    form.add_error(field, sentence(problem))


def sentence(problem: Refused) -> str:
    return f"{problem.message[:1].upper()}{problem.message[1:]}."


def _page(request: MemberRequest, form: PayoutForm, leave_form: LeaveForm, status: int = 200) -> HttpResponse:
    shown = {
        **bank.page(request.member),
        "balances": dashboard.balances(request.member),
        "form": form,
        "leave_form": leave_form,
    }
    return render(request, "portal/bank.html", shown, status=status)
