"""Numbers of one to nine bytes, as the contracts pack them: seven bits a byte, the length in the lowest bits. Pure."""

from __future__ import annotations

_MOST_SHORT = 8
# Of one or two bytes: most seats, steps and energies.
_BYTES = [(n << 1 | 1).to_bytes(1, "little") for n in range(1 << 7)]
_BYTES += [((n << 1 | 1) << 1).to_bytes(2, "little") for n in range(1 << 7, 1 << 14)]


def varint(value: int) -> bytes:
    """The bytes of a number of up to 64 bits. Raises ValueError outside of that."""
    if 0 <= value < 1 << 14:
        return _BYTES[value]
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{value} does not fit 64 bits")
    length = -(-value.bit_length() // 7)
    if length > _MOST_SHORT:
        return b"\0" + value.to_bytes(8, "little")
    return ((value << 1 | 1) << (length - 1)).to_bytes(length, "little")


def zigzag(value: int) -> int:
    """A signed number as one from 0 up: 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ..."""
    return value << 1 if value >= 0 else ~(value << 1)


def read_varints(packed: bytes, at: int, count: int) -> tuple[list[int], int]:
    """``count`` numbers from ``at`` on, as ``read_varint`` reads each."""
    values, size = [], len(packed)
    for _ in range(count):
        first = packed[at] if at < size else 0
        if first & 1:
            values.append(first >> 1)
            at += 1
        elif first & 2 and at + 1 < size:
            values.append((first | packed[at + 1] << 8) >> 2)
            at += 2
        else:
            value, at = read_varint(packed, at)
            values.append(value)
    return values, at


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
