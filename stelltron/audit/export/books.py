"""The journal and the action log as an auditor checks them again: everything that went into each hash."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from stelltron.bank import jurisdictions
from stelltron.bank.rules import RULES
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


def rules(period: Period) -> Iterator[Row]:
    """The jurisdiction's rules in force when the period begins, and what followed them within it; one row a rule."""
    yield (
        "from_day", "jurisdiction", "version", "rule", "value", "unit", "currency", "source", "proposed_by", "accepted_by",
        "adopted_by", "adoption_accepted_by",
    )  # fmt: skip
    for found in jurisdictions.changes(period.community, period.first, period.last):
        adoption, version = found.adoption, found.rules
        by_two = (adoption.proposed_by_id, adoption.decided_by_id)
        if version is None:
            yield (found.from_day, adoption.code, "", "", "", "", "", "", "", "", *by_two)
            continue
        head, people = (found.from_day, version.code, version.number), (version.proposed_by_id, version.decided_by_id)
        for key, rule in RULES.items():
            yield (
                *head,
                key,
                version.values.get(key, ""),
                rule.unit,
                version.currency,
                version.source,
                *people,
                *by_two,
            )
        asked = " ".join(version.identity_fields)
        yield (*head, "identity_fields", asked, "", version.currency, version.source, *people, *by_two)
