"""Gives the heads of the journal and of the action log to Stellar, and reads there what was given.

They are data entries of the operator's account (``journal:<community>``, ``actions:<community>``, and ``actions`` for
what belongs to no community), each the number and the hash of the last row. An entry costs 0.5 XLM of reserve once and
100 stroops each time, and stays readable for as long as the account lives; earlier values are in the ledger's history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.models import Community
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_data
from stelltron.ledger.models import ChainIntent, JournalEntry
from stelltron.members.models import User

from .models import Anchor, Seal
from .sealing import seal_all

DUE_AFTER = timedelta(days=1)
NUMBER_BYTES = 8
Book = Anchor.Book


@dataclass(frozen=True)
class Head:
    """The last row of a chain."""

    number: int
    hash: str

    def to_bytes(self) -> bytes:
        return self.number.to_bytes(NUMBER_BYTES, "big") + bytes.fromhex(self.hash)

    @classmethod
    def from_bytes(cls, value: bytes) -> Head:
        return cls(int.from_bytes(value[:NUMBER_BYTES], "big"), value[NUMBER_BYTES:].hex())


def entry_name(book: str, community: Community | None) -> str:
    return f"{book.lower()}:{community.slug}" if community else book.lower()


def anchor_due() -> int:
    """Anchor the communities whose last anchor is a day old, or has failed. Returns how many."""
    since = datetime.now(UTC) - DUE_AFTER
    fresh = Anchor.objects.filter(made_at__gte=since).exclude(intent__state=ChainIntent.State.FAILED)
    due = Community.objects.exclude(pk__in=fresh.filter(community__isnull=False).values("community"))
    return sum(anchor(community) is not None for community in due)


@transaction.atomic
def anchor(community: Community, *, actor: User | None = None, reason: str = "") -> ChainIntent | None:
    """Seal what waits and ask for the heads to be written on the chain; None where there is nothing yet."""
    if actor:
        log_action("books.anchor", actor=actor, target=community.slug, reason=reason, community=community)
    seal_all()
    heads = {key: head for key in _books(community) if (head := _head(*key))}
    if not any(owner for _, owner in heads):
        return None
    entries = {entry_name(book, owner): head.to_bytes() for (book, owner), head in heads.items()}
    intent = queue_data(community, f"anchor:{community.slug}:{datetime.now(UTC):%Y%m%dT%H%M%S%f}", entries)
    Anchor.objects.bulk_create(
        Anchor(community=owner, book=book, number=head.number, hash=head.hash, intent=intent)
        for (book, owner), head in heads.items()
    )
    return intent


def _books(community: Community) -> list[tuple[str, Community | None]]:
    return [(Book.JOURNAL, community), (Book.ACTIONS, community), (Book.ACTIONS, None)]


def _head(book: str, community: Community | None) -> Head | None:
    rows = JournalEntry if book == Book.JOURNAL else Seal
    last = rows._default_manager.filter(community=community).order_by("-number").first()
    return Head(last.number, last.hash) if last else None


def on_chain(communities: Iterable[Community], gateway: Gateway | None = None) -> Mapping[str, Head]:
    """What the chain holds, by the name of the entry. Raises as the network does."""
    names = {entry_name(book, owner) for community in communities for book, owner in _books(community)}
    gateway = gateway or Gateway(settings.STELLAR)
    found = gateway.read_data(settings.STELLAR.operator.public_key, sorted(names | {entry_name(Book.ACTIONS, None)}))
    return {name: Head.from_bytes(value) for name, value in found.items()}


def given(book: str, community_id: UUID | None) -> dict[int, str]:
    """What was anchored earlier, by our own rows: they tell since when something is wrong, the chain tells that it is."""
    rows = Anchor.objects.filter(
        book=book, community=community_id, intent__state=ChainIntent.State.CONFIRMED
    ).values_list("number", "hash")
    return dict(rows)
