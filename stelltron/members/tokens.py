"""JSON web tokens (HS256) for wallets that signed in by SEP-10: no session, no cookie, a quarter of an hour."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings

from stelltron.core.errors import Refused

from .models import Member, Wallet

LIFETIME_SECONDS = 900
HEADER = {"alg": "HS256", "typ": "JWT"}


def issue(member: Member, issuer: str) -> str:
    """A token that says that the owner of the member's wallet is there; ``issuer`` is the address that gave it."""
    now = int(time.time())
    claims = {"iss": issuer, "sub": member.wallet.address, "iat": now, "exp": now + LIFETIME_SECONDS}
    body = f"{_encode(HEADER)}.{_encode(claims)}"
    return f"{body}.{_text(_seal(body))}"


def member_of(token: str, issuer: str) -> Member:
    """Whose token it is. Raises Refused."""
    body, _, seal = token.rpartition(".")
    try:
        genuine = hmac.compare_digest(_seal(body), _bytes(seal))
        claims = json.loads(_bytes(body.partition(".")[2])) if genuine else {}
    except (ValueError, binascii.Error):
        claims = {}
    if claims.get("iss") != issuer or claims.get("exp", 0) <= time.time():
        raise Refused("token_refused", "sign in with your wallet again: this token is not valid here, or over")
    wallets = Wallet.objects.select_related("member__user", "member__community")
    wallet = wallets.filter(address=claims["sub"], member__is_active=True, member__user__is_active=True).first()
    if wallet is None:
        raise Refused("token_refused", "this wallet belongs to no active member")
    return wallet.member


def _seal(body: str) -> bytes:
    key = hashlib.sha256(b"stelltron sep-10 token v1" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, body.encode(), "sha256")


def _encode(part: dict[str, Any]) -> str:
    return _text(json.dumps(part, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
