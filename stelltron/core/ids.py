"""UUIDv7 (RFC 9562): public ids that sort by time and do not count our members."""

from __future__ import annotations

import os
import time
import uuid

# 80 bits after the time; of these the version and the variant replace six.
RANDOM_BYTES = 10


def uuid7() -> uuid.UUID:
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[uuid.UUID]:
    """Many at once: asking the system for randomness is what one costs."""
    moment = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80
    drawn = os.urandom(RANDOM_BYTES * count)
    return [_stamped(moment | int.from_bytes(drawn[n : n + RANDOM_BYTES])) for n in range(0, len(drawn), RANDOM_BYTES)]


def _stamped(value: int) -> uuid.UUID:
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62)
