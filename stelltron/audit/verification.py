"""Whether the books are as they were written: journal and action log, from the first row, against the chain's word."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stelltron.core.chains import Walk
from stelltron.core.models import Community
from stelltron.ledger import journal_walk

from . import action_walk, anchors
from .anchors import Book, Head
from .models import Anchor


@dataclass(frozen=True)
class Finding:
    """One chain: ``problem`` names the first row that is not as it was, empty for none."""

    community: str
    book: str
    rows: int
    head: str
    anchored: int | None
    number: int | None
    problem: str
    seconds: float


def verify(communities: Iterable[Community], chain: Mapping[str, Head] | None) -> Iterator[Finding]:
    """Each chain of ``communities``, and that of no community. ``chain``: what Stellar holds, None where nobody asked."""
    for community in communities:
        yield _verify(Book.JOURNAL, community, chain)
        yield _verify(Book.ACTIONS, community, chain)
    yield _verify(Book.ACTIONS, None, chain)


def _verify(book: Anchor.Book, community: Community | None, chain: Mapping[str, Head] | None) -> Finding:
    began = time.perf_counter()
    head = (chain or {}).get(anchors.entry_name(book, community))
    given = anchors.given(book, community.pk if community else None)
    walked = _walk(book, community, given | ({head.number: head.hash} if head else {}))
    fault = walked.fault
    problem = fault.what if fault else ""
    if not problem and chain is not None and given and head is None:
        problem = f"nothing is on the chain, and {max(given):,} rows were anchored there"
    return Finding(
        community.slug if community else "",
        book.label,
        walked.rows,
        walked.head,
        head.number if head else None,
        fault.number if fault else None,
        problem,
        round(time.perf_counter() - began, 3),
    )


def _walk(book: str, community: Community | None, known: Mapping[int, str]) -> Walk:
    if book == Book.JOURNAL and community:
        return journal_walk.verify(community, known)
    return action_walk.verify(community.pk if community else None, known)
