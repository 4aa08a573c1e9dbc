"""What a member has filled in and will sign in a wallet of their own: kept for a while, so that no address says it."""

from __future__ import annotations

from uuid import uuid4

from django.core.cache import cache

from financing.models import Generator
from stelltron.core.errors import Refused
from stelltron.ledger.wallet_calls import LIFETIME_SECONDS
from stelltron.members.models import Member

# To read the page, and then what the wallet shows.
KEPT_SECONDS = 2 * LIFETIME_SECONDS
Told = tuple[str, str, dict[str, str]]


def keep(member: Member, made: Generator, act: str, fields: dict[str, str]) -> str:
    """The name under which ``find`` has it."""
    name = uuid4().hex
    cache.set(_key(member, name), (made.address, act, fields), KEPT_SECONDS)
    return name


def find(member: Member, name: str) -> Told:
    """The generator's address, the act and its form's fields, for nobody else. Raises Refused."""
    told: Told | None = cache.get(_key(member, name))
    if told is None:
        raise Refused("sign_again", "this page is too old, or not yours: go back and fill it in again")
    return told


def _key(member: Member, name: str) -> str:
    return f"to-sign:{member.pk}:{name}"
