"""SEP-10 sign-in: a challenge transaction the wallet signs, fresh, domain-bound, used once."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import transaction
from stellar_sdk import Keypair, StrKey
from stellar_sdk.exceptions import BaseRequestError
from stellar_sdk.sep.exceptions import InvalidSep10ChallengeError
from stellar_sdk.sep.stellar_web_authentication import (
    build_challenge_transaction,
    read_challenge_transaction,
    verify_challenge_transaction_signed_by_client_master_key,
)

from stelltron.core.errors import Refused

from .challenges import LIFETIME_SECONDS, owner_of, spend
from .models import Member


def server_key() -> Keypair:
    """The sign-in key: derived from the operator's, so that signing in can never move money."""
    seed = hashlib.sha256(b"stelltron sep-10 v1" + settings.STELLAR.operator.raw_secret_key()).digest()
    return Keypair.from_raw_ed25519_seed(seed)


def challenge(address: str, domain: str, web_auth_domain: str = "") -> str:
    """The challenge envelope (base64 XDR) for ``address``; the two domains may differ by the port.

    Raises Refused on a bad address.
    """
    if StrKey.is_valid_contract(address):
        raise Refused("not_an_account", "that is a contract (C…), not an account: sign in with SEP-45")
    try:
        Keypair.from_public_key(address)
    except Exception:
        raise Refused("bad_address", "that is not a Stellar account address") from None
    return build_challenge_transaction(
        server_secret=server_key().secret,
        client_account_id=address,
        home_domain=domain,
        web_auth_domain=web_auth_domain or domain,
        network_passphrase=settings.STELLAR.passphrase,
        timeout=LIFETIME_SECONDS,
    )


@transaction.atomic
def answer(envelope: str, domain: str, web_auth_domain: str = "") -> Member:
    """The member whose wallet signed the challenge. Raises Refused; each challenge works once."""
    expected = (server_key().public_key, domain, web_auth_domain or domain, settings.STELLAR.passphrase)
    try:
        verify_challenge_transaction_signed_by_client_master_key(envelope, *expected)
        read = read_challenge_transaction(envelope, *expected)
    # EOFError: XDR that ends too early.
    except (InvalidSep10ChallengeError, BaseRequestError, ValueError, TypeError, EOFError) as problem:
        raise Refused("challenge_refused", f"the wallet's answer was not accepted: {problem}") from None
    spend(read.transaction.hash_hex())
    return owner_of(read.client_account_id)
