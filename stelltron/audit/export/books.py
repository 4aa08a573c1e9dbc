"""The journal and the action log as an auditor checks them again: everything that went into each hash."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from stelltron.ledger.models import JournalLine

from ..models import Seal
from .period import Period

CHUNK = 2_000
Row = tuple[object, ...]


def journal(period: Period) -> Iterator[Row]:
    yield (
        "number", "posted_at", "kind", "reference", "transaction", "account", "asset", "amount", "previous_hash", "hash",
    )  # fmt: skip
    lines = JournalLine.objects.filter(
        entry__community=period.community, entry__posted_at__gte=period.start, entry__posted_at__lt=period.end
    ).order_by("entry__number", "account__code", "asset")
    fields = (
        "entry__number", "entry__posted_at", "entry__kind", "entry__reference", "entry__transaction_hash",
        "account__code", "asset", "amount", "entry__previous_hash", "entry__hash",
    )  # fmt: skip
    for number, at, *rest in lines.values_list(*fields).iterator(CHUNK):
        yield (number, at.isoformat(), *rest)


def actions(period: Period) -> Iterator[Row]:
    """The community's actions, and those of none: both chains."""
    yield (
        "chain", "number", "id", "at", "actor", "action", "target", "reason", "details", "salt", "words",
        "previous_hash", "hash",
    )  # fmt: skip
    seals = (
        Seal.objects.filter(
            Q(community=period.community) | Q(community=None), action__at__gte=period.start, action__at__lt=period.end
        )
        .select_related("action")
        .annotate(as_hashed=Cast("action__details", TextField()))
        .order_by("community", "number")
    )
    for seal in seals.iterator(CHUNK):
        done = seal.action
        yield (
            period.community.slug if seal.community_id else "",
            seal.number,
            done.pk,
            done.at.isoformat(),
            done.actor_id,
            done.action,
            done.target,
            done.reason,
            seal.as_hashed,
            bytes(seal.salt).hex() if seal.salt else "",
            seal.words,
            seal.previous_hash,
            seal.hash,
        )
