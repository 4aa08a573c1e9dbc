"""The member's wallet: where it is, what it holds in the market, what moved."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..access import MemberRequest, member_required
from ..selectors import bank, dashboard, wallet


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
