"""The journal against the contract and the working balances, member by member."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from stelltron.core.models import Community

from . import contracts, energy_locks, journal
from .clients import marketplace
from .gateway import Gateway
from .models import Asset, ChainIntent, Holding, JournalEntry, Reconciliation, Seat
from .pages import RECORDS_PER_PAGE, read_page

TRIES = 20
PAUSE_SECONDS = 0.3


def reconcile(community: Community, gateway: Gateway | None = None) -> Reconciliation | None:
    """Compare every seat's balances: journal with contract, and working balance with what is booked or on its way.

    None when the chain never stood still long enough to be compared.
    """
    gateway = gateway or Gateway(settings.STELLAR)
    seats = list(Seat.objects.filter(member__community=community).select_related("member").order_by("index"))
    for _ in range(TRIES):
        before = _state(community)
        on_chain = _pages(gateway, {seat.index // RECORDS_PER_PAGE for seat in seats})
        with transaction.atomic():
            booked, coming = journal.balances(community), _on_its_way(community)
            holdings = {
                (holding.member_id, holding.asset): holding.available + holding.held
                for holding in Holding.objects.filter(member__community=community)
            }
        if before.is_quiet and _state(community) == before:
            break
        time.sleep(PAUSE_SECONDS)
    else:
        return None
    differences = []
    for seat in seats:
        code = journal.member_account(seat.member_id)
        for asset, chain in zip((Asset.WATT, Asset.KWH), on_chain[seat.index], strict=True):
            ours = booked.get((code, asset), 0)
            working = holdings.get((seat.member_id, asset), 0) - coming.get((code, asset), 0)
            if not ours == chain == working:
                differences.append(
                    {
                        "member": seat.member.code,
                        "asset": asset,
                        "journal": ours,
                        "contract": chain,
                        "working balance": working,
                    }
                )
    compared, wrong = energy_locks.compare(community, booked, gateway)
    differences += wrong
    return Reconciliation.objects.create(
        community=community, equal=not differences, differences=differences, checked=3 * len(seats) + compared
    )


@dataclass(frozen=True)
class _State:
    """What must not change while we compare; quiet: nothing is between us and the chain."""

    entries: int
    intents: int
    is_quiet: bool


def _state(community: Community) -> _State:
    open_intents = ChainIntent.objects.filter(community=community)
    return _State(
        JournalEntry.objects.filter(community=community).count(),
        open_intents.count(),
        not open_intents.filter(state=ChainIntent.State.SENT).exists(),
    )


def _on_its_way(community: Community) -> dict[tuple[str, str], int]:
    """What the working balances have already moved and the chain has not."""
    coming: dict[tuple[str, str], int] = defaultdict(int)
    waiting = ChainIntent.objects.filter(
        community=community, state__in=(ChainIntent.State.PENDING, ChainIntent.State.SENT)
    )
    for postings in waiting.values_list("postings", flat=True):
        for code, asset, amount in postings:
            coming[code, asset] += amount
    return coming


def _pages(gateway: Gateway, numbers: set[int]) -> dict[int, tuple[int, int]]:
    balances: dict[int, tuple[int, int]] = {}
    for number in sorted(numbers):
        page = contracts.ask(gateway, marketplace.page(number))
        for offset, pair in enumerate(read_page(page)):
            balances[number * RECORDS_PER_PAGE + offset] = pair
    return balances
