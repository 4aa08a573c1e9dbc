"""What a contract says of itself: its functions, types and errors, read from the wasm."""

from __future__ import annotations

from collections.abc import Iterator

from stellar_sdk import xdr
from xdrlib3 import Unpacker

_CUSTOM = 0
_SECTION = b"contractspecv0"


def entries(wasm: bytes) -> list[xdr.SCSpecEntry]:
    """Every entry of the contract's specification. Raises ValueError where the wasm has none."""
    for kind, body in _sections(wasm):
        if kind == _CUSTOM:
            length, at = _leb(body, 0)
            if body[at : at + length] == _SECTION:
                return list(_unpacked(body[at + length :]))
    raise ValueError("this wasm has no contract specification")


def _unpacked(packed: bytes) -> Iterator[xdr.SCSpecEntry]:
    unpacker = Unpacker(packed)
    while unpacker.get_position() < len(packed):
        yield xdr.SCSpecEntry.unpack(unpacker)


def _sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    at = 8
    while at < len(wasm):
        kind = wasm[at]
        length, start = _leb(wasm, at + 1)
        at = start + length
        yield kind, wasm[start:at]


def _leb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
