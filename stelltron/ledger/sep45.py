"""SEP-45 sign-in of wallets that are contracts: the ledger says, by simulation, whether the contract agrees."""

from __future__ import annotations

import hashlib
import secrets
import time

from django.conf import settings
from django.db import transaction
from stellar_sdk import StrKey
from stellar_sdk.sep.exceptions import InvalidSep45ChallengeError
from stellar_sdk.sep.stellar_soroban_web_authentication import (
    build_challenge_authorization_entries,
    read_challenge_authorization_entries,
    verify_challenge_authorization_entries,
)

from stelltron.core.errors import Refused
from stelltron.members.challenges import LIFETIME_SECONDS, owner_of, require_unspent, spend
from stelltron.members.models import Member
from stelltron.members.sep10 import server_key

from . import contracts
from .wallet_calls import reached

LONGEST_PROBLEM = 200
UNREADABLE = (InvalidSep45ChallengeError, ValueError, TypeError, AttributeError, AssertionError)


def is_contract(address: str) -> bool:
    return StrKey.is_valid_contract(address)


def challenge(address: str, domain: str) -> str:
    """The authorization entries (base64 XDR) for ``address`` to sign. Raises Refused."""
    if StrKey.is_valid_ed25519_public_key(address):
        raise Refused("not_a_contract", "that is an account (G…), not a contract: sign in with SEP-10")
    if not is_contract(address):
        raise Refused("bad_address", "that is not the address of a contract (C…)")
    web_auth = contracts.address("web_auth")
    try:
        return reached(
            lambda chain: build_challenge_authorization_entries(
                chain.server,
                server_key().secret,
                address,
                domain,
                domain,
                web_auth,
                settings.STELLAR.passphrase,
                nonce=f"{int(time.time()) + LIFETIME_SECONDS}-{secrets.token_hex(24)}",
                # A ledger takes a second at the least: they last as long as the nonce, or longer.
                expire_in_ledgers=LIFETIME_SECONDS,
            )
        )
    except ValueError as problem:
        # Recorded, not checked: the wallet's contract has no part in it yet.
        raise Refused("challenge_failed", f"the network prepared no challenge: {_said(problem)}") from None


@transaction.atomic
def answer(entries: str, domain: str) -> Member:
    """The member whose contract has signed the challenge. Raises Refused; each challenge works once."""
    server, web_auth = server_key().public_key, contracts.address("web_auth")
    try:
        read = read_challenge_authorization_entries(entries, server, domain, domain, web_auth)
    except UNREADABLE as problem:
        raise _refused(problem) from None
    if read.client_domain:
        raise Refused("challenge_refused", "this co-op asks for no client domain: sign its own challenge")
    # The simulation runs the wallet's code: only a member's, and only for a challenge that may still be answered.
    member, digest = owner_of(read.client_account_id), hashlib.sha256(f"sep45:{read.nonce}".encode()).hexdigest()
    _require_fresh(read.nonce)
    require_unspent(digest)
    try:
        reached(
            lambda chain: verify_challenge_authorization_entries(
                chain.server, entries, server, domain, domain, web_auth, settings.STELLAR.passphrase
            )
        )
    except UNREADABLE as problem:
        raise _refused(problem) from None
    spend(digest)
    return member


def _refused(problem: Exception) -> Refused:
    return Refused("challenge_refused", f"the wallet's answer was not accepted: {_said(problem)}")


def _said(problem: Exception) -> str:
    return (str(problem).splitlines() or ["it cannot be read"])[0][:LONGEST_PROBLEM]


def _require_fresh(nonce: str) -> None:
    """By our clock as well: ledgers that stand still would keep a signature good after its spending is forgotten.

    The nonce is ours once the simulation has found our own signature, which covers it.
    """
    until = nonce.partition("-")[0]
    if not until.isdecimal() or int(until) < time.time():
        raise Refused("challenge_refused", "the wallet's answer came too late: ask for a new challenge")
