"""Numbers of one or more bytes, seven bits each, the lowest first (LEB128), as the contracts pack them. Pure."""

from __future__ import annotations


def varint(value: int) -> bytes:
    """The bytes of a number from 0 up. Raises ValueError below."""
    if value < 0:
        raise ValueError(f"{value} is below zero")
    packed = bytearray()
    while value >= 0x80:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)


def zigzag(value: int) -> int:
    """A signed number as one from 0 up: 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ..."""
    return value << 1 if value >= 0 else ~(value << 1)


def read_varint(packed: bytes, at: int) -> tuple[int, int]:
    """The number at ``at`` and where the next one begins. Raises ValueError when it is cut short."""
    value = shift = 0
    while at < len(packed):
        byte = packed[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number is cut short")
