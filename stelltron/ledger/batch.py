"""The packed settlement batch the marketplace contract reads (byte by byte in docs/contracts.md).

Pure: no Django, no network.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from .varint import read_varint, read_varints, varint, zigzag

VERSION = 2
MOST_CHUNK = 254
# A price that so many trades share has a group of its own; the others share one and say how far above its base.
GROUP = 4
_CHUNK_AT = 4
_HEAD = struct.Struct(">IBBII32s")


class PackedTrade(NamedTuple):
    buyer: int
    seller: int
    wh: int
    price: int


@dataclass(frozen=True)
class Round:
    """Net positions at one price: per seat what it bought (above zero) or sold, in Wh. They sum to zero."""

    price: int
    positions: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Section:
    """One slot's share of a batch: seats and Wh, prices in stroops per kWh.

    ``slot`` is in minutes since the epoch; ``chunk`` counts the sections of that slot from 0, and nothing follows
    the one that ``closes`` it.
    """

    slot: int
    root: bytes
    leaves: int
    mints: tuple[tuple[int, int], ...] = ()
    trades: tuple[PackedTrade, ...] = ()
    burns: tuple[tuple[int, int], ...] = ()
    rounds: tuple[Round, ...] = ()
    fee: int = 0
    chunk: int = 0
    closes: bool = False

    def encode(self) -> bytes:
        """Raises ValueError where a seat appears twice in a list."""
        groups = _groups(self.trades)
        return b"".join(
            (
                _HEAD.pack(self.slot, self.chunk, self.closes, self.fee, self.leaves, self.root),
                _ascending(self.mints),
                varint(len(self.rounds)),
                *(varint(r.price) + _ascending((seat, zigzag(wh)) for seat, wh in r.positions) for r in self.rounds),
                varint(len(groups)),
                *(_group(*group) for group in groups),
                _ascending(self.burns),
            )
        )


def decode_sections(raw: bytes) -> list[Section]:
    """The sections that follow each other in ``raw``. Raises ValueError when the last is cut short."""
    reader = _Reader(raw, 0)
    sections: list[Section] = []
    while reader.at < len(raw) or not sections:
        sections.append(_section(reader))
    return sections


def _section(reader: _Reader) -> Section:
    if len(reader.raw) < reader.at + _HEAD.size:
        raise ValueError(f"a section of {len(reader.raw) - reader.at} bytes has no head")
    slot, chunk, closes, fee, leaves, root = _HEAD.unpack_from(reader.raw, reader.at)
    reader.at += _HEAD.size
    mints = reader.ascending()
    rounds = tuple(
        Round(reader.number(), tuple((seat, wh >> 1 ^ -(wh & 1)) for seat, wh in reader.ascending()))
        for _ in range(reader.number())
    )
    trades = tuple(trade for _ in range(reader.number()) for trade in reader.group())
    burns = reader.ascending()
    return Section(slot, root, leaves, mints, trades, burns, rounds, fee=fee, chunk=chunk, closes=bool(closes))


def with_chunks(sections: bytes, first: int) -> bytes:
    """Encoded sections of one slot, numbered from ``first``. Raises ValueError beyond what a slot takes."""
    numbered, reader, chunk = bytearray(sections), _Reader(sections, 0), first
    while reader.at < len(sections):
        if not 0 <= chunk <= MOST_CHUNK:
            raise ValueError(f"a slot takes chunks 0 to {MOST_CHUNK}")
        numbered[reader.at + _CHUNK_AT] = chunk
        _section(reader)
        chunk += 1
    return bytes(numbered)


def encode_batch(sections: Iterable[bytes]) -> bytes:
    """A whole batch from encoded sections, in order."""
    return bytes([VERSION]) + b"".join(sections)


def _ascending(values: Iterable[tuple[int, int]]) -> bytes:
    """Seats by their distance from the one before, each with its value."""
    ordered = sorted(values)
    packed, following = [varint(len(ordered))], 0
    for seat, value in ordered:
        if seat < following:
            raise ValueError(f"seat {seat} appears twice")
        packed += [varint(seat - following), varint(value)]
        following = seat + 1
    return b"".join(packed)


def _groups(trades: tuple[PackedTrade, ...]) -> list[tuple[int, int, list[PackedTrade]]]:
    """(base price, step, trades): those of a price that many share, then all others together."""
    counts = Counter(trade.price for trade in trades)
    groups = [
        (price, 0, sorted(trade for trade in trades if trade.price == price))
        for price, count in sorted(counts.items())
        if count >= GROUP
    ]
    others = sorted(trade for trade in trades if counts[trade.price] < GROUP)
    if others:
        base = min(trade.price for trade in others)
        groups.append((base, math.gcd(*(trade.price - base for trade in others)), others))
    return groups


def _group(base: int, step: int, trades: list[PackedTrade]) -> bytes:
    packed, last = [varint(base), varint(step), varint(len(trades))], 0
    for trade in trades:
        packed += [varint(trade.buyer - last), varint(trade.seller), varint(trade.wh)]
        if step:
            packed.append(varint((trade.price - base) // step))
        last = trade.buyer
    return b"".join(packed)


class _Reader:
    def __init__(self, raw: bytes, at: int) -> None:
        self.raw, self.at = raw, at

    def number(self) -> int:
        value, self.at = read_varint(self.raw, self.at)
        return value

    def ascending(self) -> tuple[tuple[int, int], ...]:
        values, following = [], 0
        for _ in range(self.number()):
            seat = following + self.number()
            values.append((seat, self.number()))
            following = seat + 1
        return tuple(values)

    def group(self) -> list[PackedTrade]:
        base, step, count = self.number(), self.number(), self.number()
        a_trade = 4 if step else 3
        numbers, self.at = read_varints(self.raw, self.at, count * a_trade)
        buyers, sellers, energies = accumulate(numbers[0::a_trade]), numbers[1::a_trade], numbers[2::a_trade]
        prices = [base + above * step for above in numbers[3::a_trade]] if step else [base] * count
        return list(map(PackedTrade, buyers, sellers, energies, prices))
