"""Numbers of one to nine bytes, as the contracts pack them: seven bits a byte, the length in the lowest bits. Pure."""

from __future__ import annotations

_MOST_SHORT = 8


def varint(value: int) -> bytes:
    """The bytes of a number of up to 64 bits. Raises ValueError outside of that."""
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{value} does not fit 64 bits")
    length = max(1, -(-value.bit_length() // 7))
    if length > _MOST_SHORT:
        return b"\0" + value.to_bytes(8, "little")
    return ((value << 1 | 1) << (length - 1)).to_bytes(length, "little")


def zigzag(value: int) -> int:
    """A signed number as one from 0 up: 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ..."""
    return value << 1 if value >= 0 else ~(value << 1)


def read_varint(packed: bytes, at: int) -> tuple[int, int]:
    """The number at ``at`` and where the next one begins. Raises ValueError when it is cut short."""
    if at >= len(packed):
        raise ValueError("a number is cut short")
    first = packed[at]
    length = (first & -first).bit_length() if first else 9
    if at + length > len(packed):
        raise ValueError("a number is cut short")
    if not first:
        return int.from_bytes(packed[at + 1 : at + 9], "little"), at + 9
    return int.from_bytes(packed[at : at + length], "little") >> length, at + length
