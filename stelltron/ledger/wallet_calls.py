"""Contract calls that a member signs in their own wallet: built here, signed there, kept and sent like ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
from django.conf import settings
from django.db import transaction
from stellar_sdk import InvokeHostFunction, Keypair, TransactionEnvelope
from stellar_sdk.exceptions import BadSignatureError, BaseRequestError

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Wallet

from . import contracts
from .errors import explain
from .gateway import ChainBusy, ChainRefused, Gateway, call_operation
from .intents import wake
from .invocation import Invocation
from .models import ChainIntent, ChainTransaction
from .submitter import MOST_ATTEMPTS

T = TypeVar("T")

# Long enough to read what the wallet shows; the member signs by hand.
LIFETIME_SECONDS = 600


@dataclass(frozen=True)
class WalletCall:
    """``purpose`` begins the idempotency key; the envelope's hash completes it."""

    purpose: str
    call: Invocation[Any]

    def operation(self) -> InvokeHostFunction:
        return call_operation(contracts.address(self.call.contract), self.call.function, self.call.args)


def unsigned(wallet: Wallet, call: WalletCall) -> str:
    """The envelope (base64 XDR) for the member to sign. Raises Refused where the contract would refuse."""
    _require_account(wallet)
    try:
        envelope, _ = reached(lambda chain: chain.prepare(wallet.address, call.operation(), LIFETIME_SECONDS))
    except ChainRefused as problem:
        raise Refused("chain_refused", explain(problem)) from None
    return envelope.to_xdr()


def reached(ask: Callable[[Gateway], T]) -> T:
    """What the chain answers. Raises Refused where it does not."""
    try:
        return ask(Gateway(settings.STELLAR))
    except (ChainBusy, requests.RequestException, BaseRequestError, ConnectionError):
        raise Refused("chain_unreachable", "the Stellar network does not answer: try again in a moment") from None


@transaction.atomic
def take(community: Community, wallet: Wallet, call: WalletCall, signed: str) -> ChainIntent:
    """Keep the signed envelope; the chain process sends it. The same envelope is taken once.

    Raises Refused unless it is exactly this call, signed by this wallet, and still in time.
    """
    _require_account(wallet)
    envelope = _read(signed)
    _check(envelope, wallet, call)
    row, created = ChainTransaction.objects.get_or_create(
        hash=envelope.hash_hex(),
        defaults={
            "source": wallet.address,
            "envelope": envelope.to_xdr(),
            "max_time": envelope.transaction.preconditions.time_bounds.max_time,
        },
    )
    if not created:
        raise Refused("already_taken", "this transaction was sent already")
    intent = note(community, wallet, call, row)
    wake()
    return intent


def note(community: Community, wallet: Wallet, call: WalletCall, sent: ChainTransaction) -> ChainIntent:
    """The call as an intent that ``sent`` carries."""
    return ChainIntent.objects.create(
        community=community,
        kind=ChainIntent.Kind.CALL,
        key=f"{call.purpose}:{sent.hash[:16]}",
        signer=ChainIntent.Signer.WALLET,
        wallet=wallet,
        payload=call.call.to_payload(),
        state=ChainIntent.State.SENT,
        transaction=sent,
        # Nobody here can sign it again: should the envelope not make it, the intent fails at once.
        attempts=MOST_ATTEMPTS,
    )


def _require_account(wallet: Wallet) -> None:
    """A contract is the source of no transaction, and has no key that signs one."""
    if wallet.is_contract:
        raise Refused(
            "contract_account",
            "your wallet is a contract (C…), which signs no transaction: paying in and withdrawing work with it, "
            "anything else needs a wallet with an account (G…); ask the co-op to change yours",
        )


def _read(signed: str) -> TransactionEnvelope:
    try:
        return TransactionEnvelope.from_xdr(signed, settings.STELLAR.passphrase)
    except Exception:
        raise Refused("not_an_envelope", "the wallet's answer is not a transaction") from None


def _check(envelope: TransactionEnvelope, wallet: Wallet, call: WalletCall) -> None:
    sent = envelope.transaction
    operation = sent.operations[0] if len(sent.operations) == 1 else None
    asked = isinstance(operation, InvokeHostFunction) and (
        operation.host_function.to_xdr() == call.operation().host_function.to_xdr()
    )
    if sent.source.account_id != wallet.address or not asked:
        raise Refused("other_transaction", "this is not the transaction that was asked for")
    if not _is_signed(envelope, wallet.address):
        raise Refused("other_signer", "this was signed by another account: choose your member account in the wallet")
    bounds = sent.preconditions.time_bounds if sent.preconditions else None
    now = reached(Gateway.now)
    if bounds is None or not now < bounds.max_time <= now + LIFETIME_SECONDS:
        raise Refused("out_of_time", "signing took too long: try again")


def _is_signed(envelope: TransactionEnvelope, address: str) -> bool:
    key = Keypair.from_public_key(address)
    for signature in envelope.signatures:
        try:
            key.verify(envelope.hash(), signature.signature)
        except BadSignatureError:
            continue
        return True
    return False
