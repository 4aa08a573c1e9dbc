"""Reads contract events in order, confirms what they prove and books what only the chain knew."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import requests
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.dispatch import Signal
from stellar_sdk import scval, xdr
from stellar_sdk.exceptions import BaseRequestError
from stellar_sdk.soroban_rpc import EventFilter, EventFilterType, EventInfo

from stelltron.core.advisory_locks import lock_market
from stelltron.members.models import Member, Wallet

from . import contracts, energy_locks, holdings, intents, journal, outside, withdrawals
from .gateway import Gateway
from .models import Asset, ChainEvent, ChainTransaction, EnergyLock, EventCursor, Seat

logger = logging.getLogger(__name__)
PAGE = 200

# What Stellar RPC takes in one request: five filters of five contracts.
CONTRACTS_A_FILTER, FILTERS = 5, 5
CONTRACTS_A_PAGE = CONTRACTS_A_FILTER * FILTERS

# A member takes money or energy out of the market, or is about to: ``member``.
withdrawn = Signal()
# A member has asked for a withdrawal, which is about to be held: ``member``.
requested = Signal()
# An event was read for the first time, in the transaction that keeps it: ``event``, and ``at``, its ledger's time.
taken = Signal()


class Follower:
    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway or Gateway(settings.STELLAR)

    def step(self) -> int:
        """Read one page of events of each group of contracts. Returns how many were new."""
        addresses = contracts.addresses()
        groups = [addresses[at : at + CONTRACTS_A_PAGE] for at in range(0, len(addresses), CONTRACTS_A_PAGE)]
        return sum(self._read(number, group) for number, group in enumerate(groups))

    def _read(self, number: int, group: list[str]) -> int:
        """A page of one group. Contracts only ever join the last one, before they have an event."""
        cursor, _ = EventCursor.objects.get_or_create(name=f"contracts {number + 1}" if number else "contracts")
        filters = [
            EventFilter(event_type=EventFilterType.CONTRACT, contract_ids=group[at : at + CONTRACTS_A_FILTER])
            for at in range(0, len(group), CONTRACTS_A_FILTER)
        ]
        if cursor.cursor:
            page = self.gateway.server.get_events(filters=filters, cursor=cursor.cursor, limit=PAGE)
        else:
            start = max(self.gateway.server.get_health().oldest_ledger, 1)
            page = self.gateway.server.get_events(start_ledger=start, filters=filters, limit=PAGE)
        new = 0
        for event in page.events:
            new += self._try_to_take(event)
        if page.cursor and page.cursor != cursor.cursor:
            EventCursor.objects.filter(name=cursor.name).update(cursor=page.cursor, ledger=page.latest_ledger)
        return new

    def _try_to_take(self, event: EventInfo) -> int:
        """An event that cannot be booked is kept with its problem: reconciliation shows what it left out."""
        try:
            return self._take(event)
        except (OperationalError, InterfaceError, requests.RequestException, BaseRequestError, ConnectionError):
            # The database or the network is away: the page is read again.
            raise
        except Exception as problem:
            logger.exception("event %s could not be booked", event.id)
            ChainEvent.objects.get_or_create(
                id=event.id,
                defaults={
                    "contract": event.contract_id,
                    "name": "unbooked",
                    "transaction_hash": event.transaction_hash,
                    "ledger": event.ledger,
                    "at": event.ledger_close_at,
                    "data": {"problem": repr(problem)[:500]},
                },
            )
            return 1

    @transaction.atomic
    def _take(self, raw: EventInfo) -> int:
        """Book one event exactly once: its id is the key."""
        names = [scval.to_native(xdr.SCVal.from_xdr(topic)) for topic in raw.topic]
        topics = _jsonable(names[1:])
        _lock_markets(topics)
        event, created = ChainEvent.objects.get_or_create(
            id=raw.id,
            defaults={
                "contract": raw.contract_id,
                "name": str(names[0]),
                "transaction_hash": raw.transaction_hash,
                "ledger": raw.ledger,
                "at": raw.ledger_close_at,
                "data": {"topics": topics, "value": _jsonable(scval.to_native(xdr.SCVal.from_xdr(raw.value)))},
            },
        )
        if not created:
            return 0
        sent = ChainTransaction.objects.filter(hash=raw.transaction_hash).first()
        sent = sent or outside.recognise(event, self.gateway)
        if sent:
            intents.confirm(sent, ledger=raw.ledger)
        if raw.contract_id == contracts.address("marketplace"):
            _book_marketplace_event(event)
        elif contracts.is_named(raw.contract_id, "energy_locks"):
            energy_locks.book(event)
        taken.send(ChainEvent, event=event, at=raw.ledger_close_at)
        return 1


def _lock_markets(topics: list[Any]) -> None:
    """Hold the markets an event is about, before any balance: orders and clearing take the two in this order."""
    named = [topic for topic in topics if isinstance(topic, str)]
    members = Wallet.objects.filter(address__in=named).values_list("member__community_id", flat=True)
    locks = EnergyLock.objects.filter(pk__in=named).values_list("community_id", flat=True)
    for community_id in sorted({*members, *locks}):
        lock_market(community_id)


MOVEMENTS = {
    "deposited": ((Asset.WATT, 1, "amount"),),
    "withdrawn": ((Asset.WATT, -1, "amount"), (Asset.KWH, -1, "wh")),
    "energy_deposited": ((Asset.KWH, 1, "wh"),),
    "exited": ((Asset.WATT, -1, "amount"), (Asset.KWH, -1, "wh")),
}


def _book_marketplace_event(event: ChainEvent) -> None:
    """Deposits and withdrawals happen on the members' own initiative: the chain tells us."""
    if event.name not in ("joined", "withdrawal_requested") and event.name not in MOVEMENTS:
        return
    address = event.data["topics"][0]
    wallet = Wallet.objects.select_related("member__community").filter(address=address).first()
    if address == settings.STELLAR.operator.public_key:
        return
    if wallet is None:
        logger.warning("%s by %s, which is no member's wallet", event.name, address)
        return
    member = wallet.member
    if event.name == "joined":
        Seat.objects.get_or_create(member=member, defaults={"index": event.data["value"]["index"]})
        return
    value = event.data["value"]
    if event.name == "withdrawal_requested":
        _reserve(member, int(value["amount"]), int(value["wh"]), datetime.fromtimestamp(int(value["ready_at"]), UTC))
        return
    postings: list[journal.Posting] = []
    for asset, sign, field in MOVEMENTS[event.name]:
        amount = sign * int(value[field])
        outside = "wallets" if asset == Asset.WATT else "energy-wallets"
        if amount:
            postings += [(outside, asset, -amount), (journal.member_account(member.pk), asset, amount)]
    journal.post(member.community, event.name, f"event:{event.id}", postings, transaction_hash=event.transaction_hash)
    if event.name in ("withdrawn", "exited"):
        withdrawals.end(member)
    for _, asset, amount in postings[1::2]:
        if amount > 0:
            holdings.credit(member.pk, asset, amount)
        else:
            _take_out(member, asset, -amount)


def _reserve(member: Member, stroops: int, wh: int, ready_at: datetime) -> None:
    """What is asked for leaves the market now; where orders hold a part of it, they give way."""
    requested.send(Member, member=member)
    request = withdrawals.begin(member, stroops, wh, ready_at)
    if request.held_stroops < stroops or request.held_wh < wh:
        withdrawn.send(Member, member=member)
        withdrawals.top_up([member.pk])


def _take_out(member: Member, asset: str, amount: int) -> None:
    """The chain has paid already: orders give way, and what is short shows in the next reconciliation."""
    free = holdings.balance(member, asset).available
    if free < amount:
        withdrawn.send(Member, member=member)
        free = holdings.balance(member, asset).available
    if free < amount:
        logger.error("%s withdrew %d %s, the books had %d free", member.code, amount, asset, free)
    holdings.debit(member.pk, asset, min(amount, free))


def _jsonable(value):
    if isinstance(value, dict):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, str | int | bool) or value is None:
        return value
    return getattr(value, "address", str(value))
