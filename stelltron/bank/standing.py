"""How the reserves stand: what the banks hold, what is owed out of it, what circulates, and what the chain says."""

from __future__ import annotations

from dataclasses import dataclass

import requests
from django.conf import settings
from django.db.models import Sum
from stellar_sdk.exceptions import BaseRequestError

from stelltron.ledger import contracts, reserves
from stelltron.ledger.clients import watt_token
from stelltron.ledger.gateway import ChainBusy, ChainRefused, Gateway
from stelltron.ledger.models import Attestation, ChainIntent, PaymentProposal, ReserveBalance

from .models import BankLine, Payout


@dataclass(frozen=True)
class Standing:
    """All in stroops. ``supply`` and ``attested`` are the contract's, None while it cannot be asked."""

    held: int
    owed: int
    circulation: int
    supply: int | None
    attested: int | None

    @property
    def shortfall(self) -> int:
        """What the banks lack for everything that circulates and everything that is owed."""
        return max(self.circulation + self.owed - self.held, 0)

    @property
    def problems(self) -> list[str]:
        found = []
        if self.shortfall:
            found.append("the banks hold less than circulates and is owed: nothing is issued until it is made up")
        if self.supply is not None and self.attested is not None:
            if self.supply > self.attested:
                found.append("the supply on the chain is above the attested reserves")
            if self.supply > self.circulation:
                found.append("the chain has more WATT than the books")
            if self.attested > self.held:
                found.append("more is attested on the chain than the banks hold")
        return found


def standing(gateway: Gateway | None = None) -> Standing:
    supply = attested = None
    try:
        gateway = gateway or Gateway(settings.STELLAR)
        if contracts.is_deployed("watt_token"):
            supply = contracts.ask(gateway, watt_token.total_supply())
            attested = contracts.ask(gateway, watt_token.reserves())
    except (ChainBusy, ChainRefused, requests.RequestException, BaseRequestError, ConnectionError):
        pass
    return Standing(reserves.total(), owed(), reserves.circulation(), supply, attested)


def owed() -> int:
    """What of the balances is somebody's: burned and not paid, come back and not issued again, and payments that are no
    WATT yet."""
    lines = BankLine.objects.filter(stroops__gt=0, state__in=BankLine.UNBOOKED)
    back = Payout.objects.filter(state=Payout.State.BOUNCED).exclude(reissue__state=PaymentProposal.State.APPROVED)
    return reserves.owed() + sum(rows.aggregate(total=Sum("stroops"))["total"] or 0 for rows in (lines, back))


def attest_again() -> Attestation | None:
    """State what was withheld or did not make it, once that is possible: a shortfall was made up, the chain came back."""
    latest = ReserveBalance.objects.order_by("-as_of").select_related("community").first()
    if latest is None:
        return None
    newest = Attestation.objects.select_related("intent").first()
    stands = newest is not None and newest.intent.state != ChainIntent.State.FAILED
    if stands and newest.stroops == reserves.total():
        return None
    return reserves.attest(latest.community, latest.digest, latest.as_of)
