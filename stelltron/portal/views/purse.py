"""The common purse: what it holds, paying into it, and what was paid out by a vote."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from governance import purse
from governance.models import House
from stelltron.core.errors import Refused
from stelltron.members.models import Wallet

from ..access import MemberRequest, member_required
from ..forms import AmountForm

A_PAGE = 20


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def page(request: MemberRequest) -> HttpResponse:
    form = AmountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            purse.pay_in(request.member, form.cleaned_data["amount"])
        except Refused as problem:
            form.add_error("amount", f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, "Your payment is on its way to the purse.")
            return redirect("portal:purse")
    return _page(request, form, status=422 if form.errors else 200)


def _page(request: MemberRequest, form: forms.Form, status: int) -> HttpResponse:
    member = request.member
    house = House.objects.filter(community=member.community_id).first()
    context: dict[str, object] = {"house": house, "form": form}
    if house:
        context |= {
            "signs_alone": member.wallet.kind == Wallet.Kind.EXTERNAL,
            "paid_in": [(one, purse.amount_of(one)) for one in purse.payments_of(member)[:A_PAGE]],
            "paid_out": Paginator(purse.paid_out(house), A_PAGE).get_page(request.GET.get("page")),
        }
        try:
            context |= {"holds": purse.balance(house), "held": purse.held(member)}
        except Refused as problem:
            context["problem"] = problem.message
    return render(request, "portal/purse.html", context, status=status)
