"""Licences: who has enough GRID at stake gives applications keys of their own, each for what it needs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from governance.models import LicenceKey
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.api import SCOPES
from stelltron.members.models import Member, User

from .staking import pool, position_of

PREFIX = "stelltron_"
MOST_KEYS = 10


def is_licensed(member: Member) -> bool:
    """Whether the stake, as the chain last told it, reaches the licence stake."""
    terms = pool()
    return terms is not None and position_of(member).staked >= terms.licence_stake


@transaction.atomic
def issue(member: Member, name: str, scopes: Sequence[str]) -> tuple[LicenceKey, str]:
    """A new key, and its secret, which is not kept. Raises Refused."""
    Member.objects.select_for_update().get(pk=member.pk)
    if not is_licensed(member):
        raise Refused("no_licence", "that takes the licence stake: put more GRID at stake first")
    name = name.strip()
    if not 0 < len(name) <= 60 or not name.isprintable():
        raise Refused("bad_name", "name the application in 1 to 60 printable characters")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refused("no_scope", "choose at least one thing that the application may do")
    live = member.licence_keys.filter(revoked_at=None)
    if live.count() >= MOST_KEYS:
        raise Refused("too_many_keys", f"you have {MOST_KEYS} keys: revoke one that is not used any more")
    if live.filter(name=name).exists():
        raise Refused("name_taken", f"{name} has a key already: revoke it, or choose another name")
    secret = PREFIX + secrets.token_urlsafe(32)
    key = LicenceKey.objects.create(
        member=member, name=name, scopes=sorted(set(scopes)), start=secret[: len(PREFIX) + 2], hash=_hash(secret)
    )
    log_action("licence.issue", actor=member.user, target=key.pk, community=member.community, scopes=key.scopes)
    return key, secret


@transaction.atomic
def revoke(key: LicenceKey, *, actor: User | None, reason: str = "") -> None:
    """It stops working at once, for good."""
    changed = LicenceKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=datetime.now(UTC))
    if changed:
        log_action("licence.revoke", actor=actor, target=key.pk, reason=reason, community=key.member.community)


def find(secret: str) -> LicenceKey | None:
    """The live key with this secret."""
    live = LicenceKey.objects.filter(revoked_at=None).select_related("member__user", "member__wallet")
    return live.filter(hash=_hash(secret)).first()


def note_use(key: LicenceKey) -> None:
    """At most one write a minute."""
    now = datetime.now(UTC)
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    LicenceKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _hash(secret: str) -> str:
    """A plain hash will do: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
