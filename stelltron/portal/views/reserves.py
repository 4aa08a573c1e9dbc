"""What stands behind WATT, for everybody."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from stelltron.bank import standing
from stelltron.ledger import contracts
from stelltron.ledger.models import Attestation, ChainIntent, ReserveBalance

SHOWN = 60


@require_GET
@cache_control(public=True, max_age=15)
def page(request: HttpRequest) -> HttpResponse:
    made = Attestation.objects.filter(intent__state=ChainIntent.State.CONFIRMED).select_related("intent")
    balances = list(ReserveBalance.objects.select_related("community").order_by("community__name", "account"))
    now, at_banks = standing.standing(), sum(balance.stroops for balance in balances)
    context = {
        "standing": now,
        "at_banks": at_banks,
        "by_hand": now.held - at_banks,
        "balances": balances,
        "attestations": made[:SHOWN],
        "has_statements": bool(balances),
        "contract": contracts.address("watt_token") if contracts.is_deployed("watt_token") else "",
        "network": settings.STELLAR.passphrase,
        "is_devnet": settings.STELLAR.is_devnet,
    }
    return render(request, "portal/reserves.html", context)
