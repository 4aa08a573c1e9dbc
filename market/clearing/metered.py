"""What the meters say of a slot, as clearing reads it: plain tuples, since a slot may hold tens of thousands."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from devices.models import SlotReading
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.units import MWH_PER_WH
from stelltron.ledger import merkle


class Metered(NamedTuple):
    """One metering point's slot."""

    id: int
    code: str
    member_id: object
    zone: int
    salt: bytes
    exported_wh: int
    imported_wh: int
    exported_mwh: int
    imported_mwh: int


def metered(community: Community, start: datetime, states: Sequence[str]) -> list[Metered]:
    """The slot's readings in ``states``, in the order of their points."""
    rows = SlotReading.objects.filter(community=community, slot=start, state__in=states).order_by("point__code")
    fields = (
        "id", "point__code", "point__member_id", "point__zone", "point__proof_salt", "exported_wh", "imported_wh",
        "exported_from_mwh", "exported_to_mwh", "imported_from_mwh", "imported_to_mwh",
    )  # fmt: skip
    return [
        Metered(*row[:4], bytes(row[4]), row[5], row[6], row[8] - row[7], row[10] - row[9])
        for row in rows.values_list(*fields)
    ]


def bound_wh(readings: Sequence[Metered], given_wh: int = 0, taken_wh: int = 0) -> int:
    """Most that can change hands: the smaller of surplus and deficit, on whole registers, in full Wh.

    ``given_wh`` and ``taken_wh`` of them are spoken for: delivered under locks, and rounded up to a full Wh more than
    the registers say where a slot begins within one.
    """
    surplus = sum(reading.exported_mwh for reading in readings) - given_wh * MWH_PER_WH
    deficit = sum(reading.imported_mwh for reading in readings) - taken_wh * MWH_PER_WH
    return max(min(surplus, deficit), 0) // MWH_PER_WH


def root_of(start: datetime, readings: Sequence[Metered]) -> str:
    """The slot's Merkle root; a leaf's salt follows from its point's own secret and the slot."""
    slot = slots.to_chain(start)
    label = str(slot).encode()
    leaves = [
        merkle.leaf(r.code, slot, r.exported_wh, r.imported_wh, hmac.digest(r.salt, label, hashlib.sha256))
        for r in readings
    ]
    return merkle.root(leaves).hex()
