"""Merkle roots over slot readings: what the chain anchors and a member can check alone.

Leaves and nodes carry distinct prefixes, so that a node never passes for a leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"stelltron:empty:v1").digest()


def leaf(point: str, slot: int, exported_wh: int, imported_wh: int, salt: bytes) -> bytes:
    """One reading's leaf; the salt keeps neighbours from guessing it."""
    text = f"stelltron:reading:v1|{point}|{slot}|{exported_wh}|{imported_wh}|".encode()
    return hashlib.sha256(b"\x00" + text + salt).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of ``leaves`` in their order; an odd node moves up unpaired."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        paired = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]
