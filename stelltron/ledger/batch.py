"""The packed settlement batch the marketplace contract reads (byte by byte in docs/contracts.md).

Pure: no Django, no network.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

VERSION = 1
MOST_CHUNK = 254
_CHUNK_AT = 4
_HEAD = struct.Struct(">IBII32sHHH")
_MEMBER_WH = struct.Struct(">HI")
_TRADE = struct.Struct(">HHII")


@dataclass(frozen=True)
class PackedTrade:
    buyer: int
    seller: int
    wh: int
    price: int


@dataclass(frozen=True)
class Section:
    """One slot's share of a batch: seats and Wh, prices in stroops per kWh.

    ``slot`` is in minutes since the epoch; ``chunk`` counts the sections of that slot from 0.
    """

    slot: int
    root: bytes
    leaves: int
    mints: tuple[tuple[int, int], ...] = ()
    trades: tuple[PackedTrade, ...] = ()
    burns: tuple[tuple[int, int], ...] = ()
    fee: int = 0
    chunk: int = 0

    def encode(self) -> bytes:
        head = _HEAD.pack(
            self.slot,
            self.chunk,
            self.fee,
            self.leaves,
            self.root,
            len(self.mints),
            len(self.trades),
            len(self.burns),
        )
        return b"".join(
            (
                head,
                *(_MEMBER_WH.pack(*pair) for pair in self.mints),
                *(_TRADE.pack(t.buyer, t.seller, t.wh, t.price) for t in self.trades),
                *(_MEMBER_WH.pack(*pair) for pair in self.burns),
            )
        )


def decode_section(raw: bytes) -> Section:
    """The section that ``raw`` encodes. Raises ValueError when its length is not what its head says."""
    slot, chunk, fee, leaves, root, mints, trades, burns = _HEAD.unpack_from(raw)
    at = _HEAD.size
    ends = []
    for count, size in ((mints, _MEMBER_WH.size), (trades, _TRADE.size), (burns, _MEMBER_WH.size)):
        ends.append((at, at + count * size))
        at += count * size
    if at != len(raw):
        raise ValueError(f"a section of {len(raw)} bytes whose head says {at}")
    minted, traded, burned = (raw[start:end] for start, end in ends)
    return Section(
        slot,
        root,
        leaves,
        tuple((seat, wh) for seat, wh in _MEMBER_WH.iter_unpack(minted)),
        tuple(PackedTrade(*trade) for trade in _TRADE.iter_unpack(traded)),
        tuple((seat, wh) for seat, wh in _MEMBER_WH.iter_unpack(burned)),
        fee=fee,
        chunk=chunk,
    )


def with_chunk(section: bytes, chunk: int) -> bytes:
    """An encoded section under another chunk number. Raises ValueError beyond what a slot takes."""
    if not 0 <= chunk <= MOST_CHUNK:
        raise ValueError(f"a slot takes chunks 0 to {MOST_CHUNK}")
    return section[:_CHUNK_AT] + bytes([chunk]) + section[_CHUNK_AT + 1 :]


def encode_batch(sections: Iterable[bytes]) -> bytes:
    """A whole batch from encoded sections, in order."""
    return bytes([VERSION]) + b"".join(sections)
