"""The member's wallet: where it is, what it holds in the market, what moved."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from stelltron.core.errors import Refused
from stelltron.members import keys
from stelltron.members.models import Wallet

from ..access import MemberRequest, member_required
from ..selectors import bank, dashboard, wallet
from ..throttle import SLOW_DOWN, too_many


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Your password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def key(request: MemberRequest) -> HttpResponse:
    """A copy of the key of a managed wallet, for the password, shown once and kept nowhere."""
    if request.member.wallet.kind != Wallet.Kind.MANAGED:
        raise Http404
    form, secret, status = PasswordForm(request.POST or None), "", 200
    if request.method == "POST":
        status = 422
        if too_many(request, "key", str(request.member.pk)):
            form.add_error(None, SLOW_DOWN)
            status = 429
        elif form.is_valid():
            try:
                secret, status = keys.show_key(request.member, form.cleaned_data["password"]), 200
            except Refused as problem:
                form.add_error("password", f"{problem.message[:1].upper()}{problem.message[1:]}.")
    context = {"form": form, "secret": secret, "wallet": request.member.wallet}
    return render(request, "portal/wallet_key.html", context, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    context = {
        "wallet": request.member.wallet,
        "balances": dashboard.balances(request.member),
        "movements": wallet.movements(request.member),
        "payments": wallet.payments(request.member),
        "network": settings.STELLAR.passphrase,
        "is_devnet": settings.STELLAR.is_devnet,
        **bank.to_pay_in(request.member),
    }
    return render(request, "portal/wallet.html", context)
