"""The journal against the contract, member by member and in total."""

from __future__ import annotations

from django.conf import settings
from stellar_sdk import scval

from stelltron.core.models import Community

from . import contracts, journal
from .gateway import Gateway
from .models import Asset, Reconciliation, Seat
from .pages import RECORDS_PER_PAGE, read_page


def reconcile(community: Community, gateway: Gateway | None = None) -> Reconciliation:
    """Compare every seat's balances with the journal and keep the result."""
    gateway = gateway or Gateway(settings.STELLAR)
    seats = list(Seat.objects.filter(member__community=community).select_related("member").order_by("index"))
    on_chain = _pages(gateway, {seat.index // RECORDS_PER_PAGE for seat in seats})
    booked = journal.balances(community)
    differences = []
    for seat in seats:
        quote, energy = on_chain[seat.index]
        code = journal.member_account(seat.member_id)
        for asset, chain in ((Asset.WATT, quote), (Asset.KWH, energy)):
            ours = booked.get((code, asset), 0)
            if ours != chain:
                differences.append({"member": seat.member.code, "asset": asset, "journal": ours, "contract": chain})
    return Reconciliation.objects.create(
        community=community, equal=not differences, differences=differences, checked=2 * len(seats)
    )


def _pages(gateway: Gateway, numbers: set[int]) -> dict[int, tuple[int, int]]:
    balances: dict[int, tuple[int, int]] = {}
    market = contracts.address("marketplace")
    for number in sorted(numbers):
        page = scval.from_bytes(gateway.read(market, "page", [scval.to_uint32(number)]))
        for offset, pair in enumerate(read_page(page)):
            balances[number * RECORDS_PER_PAGE + offset] = pair
    return balances
