"""Takes intents to the chain: sign, keep the envelope, send, and send the very same again until it is in.

An envelope is only given up when its time bound has passed on the ledger and the ledger never saw it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import requests
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, Sum
from stellar_sdk import Keypair, xdr
from stellar_sdk.exceptions import BaseRequestError

from stelltron.core.states import change_state
from stelltron.members.models import Wallet

from . import contracts, intents
from .batch import encode_batch, with_chunks
from .clients import marketplace
from .errors import explain
from .gateway import ChainBusy, ChainRefused, Gateway, Outcome, Signed
from .models import ChainIntent, ChainTransaction

logger = logging.getLogger(__name__)
MOST_SECTIONS = 64
MOST_BATCH_BYTES = 60_000
MOST_ATTEMPTS = 4
MANDATE_CHANGES = ("set_mandate", "cancel_mandate")
# Refusals that pass by themselves: a pause, a waiting time that is about to end, no price quote yet, a slot that begins in a moment.
PASSING = (10, 311, 329, 544, 748, 766)
# Between two tries of a contract that says "not yet".
PATIENCE_SECONDS = 2.0
IN_FLIGHT = (ChainTransaction.State.SIGNED, ChainTransaction.State.SUBMITTED)


class Submitter:
    """One process runs one of these; ``step`` does what can be done now and returns how much that was."""

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway or Gateway(settings.STELLAR)
        # When to ask again, by signer and contract.
        self.patience: dict[tuple[str, str], float] = {}

    def step(self) -> int:
        """Follow up what is in flight, then send what is ready. Raises ChainBusy when unreachable."""
        done = 0
        try:
            for sent in ChainTransaction.objects.filter(state__in=IN_FLIGHT).order_by("created_at"):
                done += self._follow_up(sent)
            busy = set(ChainTransaction.objects.filter(state__in=IN_FLIGHT).values_list("source", flat=True))
            for source, key, ready in self._ready():
                if source not in busy:
                    busy.add(source)
                    done += self._try_to_send(key, ready)
        except (requests.RequestException, BaseRequestError, ConnectionError) as problem:
            raise ChainBusy(f"the Stellar RPC does not answer: {problem}") from problem
        return done

    def _ready(self) -> Iterator[tuple[str, Keypair, list[ChainIntent]]]:
        """Per signing account: the oldest call, or the next batch of settlements."""
        pending = ChainIntent.objects.filter(state=ChainIntent.State.PENDING)
        unblocked = pending.filter(Q(after=None) | Q(after__state=ChainIntent.State.CONFIRMED))
        calls = unblocked.exclude(kind=ChainIntent.Kind.SETTLE)
        settling = ChainIntent.objects.filter(
            kind=ChainIntent.Kind.SETTLE, state__in=(ChainIntent.State.PENDING, ChainIntent.State.SENT)
        ).aggregate(oldest=Min("id"))["oldest"]
        if settling:
            # What was cleared under a mandate settles under it.
            calls = calls.exclude(kind=ChainIntent.Kind.CALL, payload__function__in=MANDATE_CHANGES, id__gt=settling)
        for signer, contract in self._waiting():
            calls = calls.exclude(kind=ChainIntent.Kind.CALL, signer=signer, payload__contract=contract)
        firsts = calls.order_by("signer", "wallet_id", "id").distinct("signer", "wallet_id").select_related("wallet")
        for intent in firsts:
            try:
                key = _signing_key(intent)
            except (ValueError, InvalidToken) as problem:
                intents.fail(intent, f"no key to sign with: {problem}")
                continue
            yield key.public_key, key, [intent]
        batch = self._next_batch()
        if batch:
            operator = settings.STELLAR.operator
            yield operator.public_key, operator, batch

    def _waiting(self) -> list[tuple[str, str]]:
        """Of the house's own accounts: the contracts that are left alone for a moment."""
        now = time.monotonic()
        self.patience = {place: until for place, until in self.patience.items() if until > now}
        return list(self.patience)

    def _next_batch(self) -> list[ChainIntent]:
        waiting = list(
            ChainIntent.objects.filter(state=ChainIntent.State.PENDING, kind=ChainIntent.Kind.SETTLE).order_by("id")[
                : MOST_SECTIONS * 4
            ]
        )
        if not waiting:
            return []
        group = waiting[0].group
        batch, size = [], 0
        for intent in waiting:
            # A section that failed travels alone, so that it cannot take its neighbours down again.
            alone = intent.attempts > 0
            size += len(intent.section)
            if intent.group != group or len(batch) == MOST_SECTIONS or (batch and (alone or size > MOST_BATCH_BYTES)):
                return batch
            batch.append(intent)
            if alone:
                return batch
        return batch if group == 0 else []

    def _try_to_send(self, key: Keypair, ready: list[ChainIntent]) -> int:
        """One account's trouble must not keep the others waiting."""
        try:
            return self._send(key, ready)
        except ChainBusy as problem:
            logger.warning("%s waits: %s", ready[0], problem)
            return 0
        except ValueError as problem:
            self._refused(ready, ChainRefused(f"cannot be written for the chain: {problem}"))
            return 1

    def _send(self, key: Keypair, ready: list[ChainIntent]) -> int:
        try:
            signed = self._sign(key, ready)
        except ChainRefused as problem:
            if problem.code in PASSING:
                self._leave_alone(ready[0])
                raise ChainBusy(explain(problem)) from None
            self._refused(ready, problem)
            return 1
        row = _keep(signed, key.public_key, ready)
        self._transmit(row)
        return 1

    def _leave_alone(self, intent: ChainIntent) -> None:
        """A contract that is paused, or waits for its time, holds up its own calls and nobody else's."""
        if intent.kind == ChainIntent.Kind.CALL and intent.signer != ChainIntent.Signer.WALLET:
            place = (intent.signer, intent.payload["contract"])
            self.patience[place] = time.monotonic() + PATIENCE_SECONDS

    def _sign(self, key: Keypair, ready: list[ChainIntent]) -> Signed:
        first = ready[0]
        if first.kind == ChainIntent.Kind.CALL:
            call = first.payload
            args = [xdr.SCVal.from_xdr(arg) for arg in call["args"]]
            return self.gateway.sign_call(
                key,
                contracts.address(call["contract"]),
                call["function"],
                args,
                with_keys=[_key_of(address) for address in call.get("together_with", ())],
            )
        if first.kind == ChainIntent.Kind.DATA:
            entries = first.payload["entries"]
            return self.gateway.sign_data(key, {name: bytes.fromhex(value) for name, value in entries.items()})
        call = marketplace.settle(encode_batch(_numbered(ready)))
        return self.gateway.sign_call(key, contracts.address(call.contract), call.function, call.args)

    def _refused(self, ready: list[ChainIntent], problem: ChainRefused) -> None:
        """A lone intent fails with its reason; a batch is retried section by section."""
        if len(ready) == 1:
            intents.fail(ready[0], explain(problem))
            return
        logger.warning("a batch of %d sections was refused (%s): sending them one by one", len(ready), problem)
        ChainIntent.objects.filter(pk__in=[intent.pk for intent in ready]).update(attempts=1, group=0)

    def _transmit(self, row: ChainTransaction) -> None:
        try:
            self.gateway.send(row.envelope)
        except ChainBusy:
            return
        except ChainRefused as problem:
            # A bad sequence number may be our own envelope, already in: only time tells. What can never
            # be valid frees its intents for a new envelope at once.
            if problem.certain:
                self._give_up(row, ChainTransaction.State.FAILED, str(problem))
            return
        if row.state == ChainTransaction.State.SIGNED:
            change_state(row, ChainTransaction.TRANSITIONS, ChainTransaction.State.SUBMITTED)

    def _follow_up(self, row: ChainTransaction) -> int:
        outcome = self.gateway.look_up(row.hash)
        if outcome.succeeded is None:
            if outcome.latest_close > row.max_time:
                self._give_up(row, ChainTransaction.State.EXPIRED, "not included before its time bound")
                return 1
            self._transmit(row)
            return 0
        if outcome.succeeded:
            self._succeeded(row, outcome)
        else:
            self._give_up(row, ChainTransaction.State.FAILED, outcome.problem, outcome)
        return 1

    @transaction.atomic
    def _succeeded(self, row: ChainTransaction, outcome: Outcome) -> None:
        """Contracts say themselves what they did (``follower``); data entries have no event, so this confirms them."""
        change_state(
            row,
            ChainTransaction.TRANSITIONS,
            ChainTransaction.State.SUCCEEDED,
            ledger=outcome.ledger,
            fee_stroops=outcome.fee_stroops,
            finished_at=datetime.now(UTC),
        )
        if row.intents.filter(kind=ChainIntent.Kind.DATA).exists():
            intents.confirm(row, ledger=outcome.ledger)

    @transaction.atomic
    def _give_up(self, row: ChainTransaction, state: str, problem: str, outcome: Outcome | None = None) -> None:
        change_state(
            row,
            ChainTransaction.TRANSITIONS,
            state,
            problem=problem,
            finished_at=datetime.now(UTC),
            ledger=outcome.ledger if outcome else None,
            fee_stroops=outcome.fee_stroops if outcome else None,
        )
        for intent in row.intents.filter(state=ChainIntent.State.SENT):
            if intent.attempts >= MOST_ATTEMPTS:
                intents.fail(intent, problem)
            else:
                change_state(
                    intent,
                    ChainIntent.TRANSITIONS,
                    ChainIntent.State.PENDING,
                    problem=problem,
                    attempts=intent.attempts + 1,
                    transaction=None,
                )


@transaction.atomic
def _keep(signed: Signed, source: str, ready: list[ChainIntent]) -> ChainTransaction:
    """The envelope is on disk before the network sees it: no crash can pay twice.

    Raises ChainBusy when an intent grew while it was signed: it is signed anew.
    """
    signed_sections = {intent.pk: bytes(intent.section or b"") for intent in ready}
    locked = ChainIntent.objects.select_for_update().filter(pk__in=signed_sections)
    for pk, section in locked.values_list("pk", "section"):
        if bytes(section or b"") != signed_sections[pk]:
            raise ChainBusy("an intent grew while it was signed")
    row = ChainTransaction.objects.create(
        hash=signed.hash, source=source, envelope=signed.envelope, max_time=signed.max_time
    )
    for intent in ready:
        change_state(intent, ChainIntent.TRANSITIONS, ChainIntent.State.SENT, transaction=row)
    return row


def _signing_key(intent: ChainIntent) -> Keypair:
    if intent.signer == ChainIntent.Signer.WALLET:
        return intent.wallet.keypair()
    keys = {ChainIntent.Signer.ISSUER: settings.STELLAR.issuer, ChainIntent.Signer.GUARDIAN: settings.STELLAR.guardian}
    return keys.get(ChainIntent.Signer(intent.signer), settings.STELLAR.operator)


def _key_of(address: str) -> Keypair:
    """The key behind an address that authorises beside the signer. Raises ValueError without one."""
    if address == settings.STELLAR.operator.public_key:
        return settings.STELLAR.operator
    wallet = Wallet.objects.filter(address=address).first()
    if wallet is None:
        raise ValueError(f"{address} is nobody's wallet here")
    return wallet.keypair()


def _numbered(ready: list[ChainIntent]) -> Iterator[bytes]:
    """The sections with their chunk numbers, which the contract wants without gaps.

    Given only now: an intent that failed before must not leave a hole that stops the slot's others.
    """
    slots = {intent.slot for intent in ready}
    taken = dict(
        ChainIntent.objects.filter(slot__in=slots, state__in=(ChainIntent.State.SENT, ChainIntent.State.CONFIRMED))
        .values_list("slot")
        .annotate(Sum("sections"))
        .order_by()
    )
    for intent in ready:
        chunk = taken.get(intent.slot, 0)
        taken[intent.slot] = chunk + intent.sections
        yield with_chunks(bytes(intent.section), chunk)
