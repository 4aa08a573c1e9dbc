"""Numbered rows that are each sealed with the hash of the one before: walking them from the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """A row as it stands: ``content`` says what it hashes to now, ``hash`` what it was sealed with.

    Without ``content`` only the seal is left.
    """

    number: int
    previous: str
    hash: str
    content: str


@dataclass(frozen=True)
class Fault:
    """The first row that is not as it was written, and what differs."""

    number: int
    what: str


@dataclass
class Walk:
    """How far a chain was found whole."""

    rows: int = 0
    head: str = GENESIS
    fault: Fault | None = None


def walk(links: Iterable[Link], row: str, anchors: Mapping[int, str]) -> Walk:
    """Follow ``links`` in order of their numbers to the first fault. ``row`` is what one is called.

    ``anchors``: hashes by number as they were given away earlier; a chain that was written anew breaks there.
    """
    done = Walk()
    for link in links:
        expected = done.rows + 1
        if link.number > expected or (link.number == expected and not link.content):
            done.fault = Fault(expected, f"{row} {expected} is missing")
        elif link.number < expected:
            done.fault = Fault(link.number, f"{row} {link.number} is there twice")
        elif link.previous != done.head:
            done.fault = Fault(expected, _wrong_place(row, expected))
        elif link.hash != link.content:
            done.fault = Fault(expected, f"{row} {expected} is not what was sealed")
        elif anchors.get(expected, link.hash) != link.hash:
            done.fault = Fault(expected, _written_anew(row, expected, anchors))
        if done.fault:
            return done
        done.rows, done.head = expected, link.hash
    if anchors and max(anchors) > done.rows:
        last = max(anchors)
        missing = done.rows + 1
        done.fault = Fault(
            missing, f"{row} {missing} is missing: {last:,} of them were anchored, {done.rows:,} are left"
        )
    return done


def _wrong_place(row: str, number: int) -> str:
    if number == 1:
        return f"{row} 1 was not the first: what stood before it is gone, or it has been moved"
    return f"{row} {number} was sealed after another one than {row} {number - 1}: one of them was moved or replaced"


def _written_anew(row: str, number: int, anchors: Mapping[int, str]) -> str:
    since = max((earlier for earlier in anchors if earlier < number), default=0) + 1
    return f"{row} {number} is not what was anchored: something was written anew in {since:,} to {number:,}"
