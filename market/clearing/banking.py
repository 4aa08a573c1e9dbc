"""Banked energy: lots of KWH, the oldest used first; what expires goes to the utility."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F

from stelltron.core import prepared
from stelltron.core.models import Community
from stelltron.ledger.models import Asset, Holding

from ..models import BankedEnergy

# Every trade of the spot book moves lots: plain SQL, and one statement each way.
LOTS = """
SELECT expires_at, slot, wh, member_id FROM market_bankedenergy
WHERE member_id = ANY(%s::uuid[]) AND wh > 0 ORDER BY expires_at, slot FOR UPDATE
"""
KEEP_LOTS = """
INSERT INTO market_bankedenergy (member_id, slot, expires_at, wh)
SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
ON CONFLICT (member_id, slot, expires_at) DO UPDATE SET wh = EXCLUDED.wh
"""


@dataclass(slots=True, order=True)
class _Lot:
    """In the order lots are used."""

    expires_at: datetime
    slot: datetime
    wh: int = field(compare=False)
    member_id: UUID = field(compare=False)


def keep(member_id: object, slot: datetime, expires_at: datetime, wh: int) -> None:
    """Add ``wh`` to the member's lot of ``slot`` that expires then."""
    lot, created = BankedEnergy.objects.get_or_create(
        member_id=member_id, slot=slot, expires_at=expires_at, defaults={"wh": wh}
    )
    if not created:
        BankedEnergy.objects.filter(pk=lot.pk).update(wh=F("wh") + wh)


def draw(member_id: object, wh: int) -> list[tuple[datetime, int]]:
    """Take ``wh`` from the member's lots, first expiring first. Returns (expiry, Wh) of what was taken."""
    taken = []
    for lot in (
        BankedEnergy.objects.select_for_update().filter(member_id=member_id, wh__gt=0).order_by("expires_at", "slot")
    ):
        if wh <= 0:
            break
        part = min(wh, lot.wh)
        BankedEnergy.objects.filter(pk=lot.pk).update(wh=F("wh") - part)
        taken.append((lot.expires_at, part))
        wh -= part
    return taken


def hand_over(slot: datetime, sales: Sequence[tuple[UUID, UUID, int]]) -> None:
    """Move lots from sellers to buyers, (seller, buyer, Wh) in order: what was bought keeps the seller's expiry."""
    lots: dict[UUID, list[_Lot]] = defaultdict(list)
    bought: dict[tuple[UUID, datetime], _Lot] = {}
    for row in prepared.run(LOTS, [prepared.array({who for sale in sales for who in sale[:2]})]):
        lot = _Lot(*row)
        lots[lot.member_id].append(lot)
        if lot.slot == slot:
            bought[lot.member_id, lot.expires_at] = lot
    touched: dict[int, _Lot] = {}
    for seller, buyer, wh in sales:
        left = wh
        for lot in lots[seller]:
            part = min(left, lot.wh)
            if not part:
                continue
            lot.wh -= part
            left -= part
            mine = bought.get((buyer, lot.expires_at))
            if mine is None:
                mine = bought[buyer, lot.expires_at] = _Lot(lot.expires_at, slot, 0, buyer)
                insort(lots[buyer], mine)
            mine.wh += part
            touched[id(lot)], touched[id(mine)] = lot, mine
    if touched:
        rows = [(lot.member_id, lot.slot, lot.expires_at, lot.wh) for lot in touched.values()]
        prepared.run(KEEP_LOTS, prepared.columns(rows))


def expire(community: Community, moment: datetime, *, spent: Mapping[object, int]) -> dict[object, int]:
    """Empty the lots that expire by ``moment`` as far as no open order holds them. Returns Wh per member.

    ``spent``: what this slot already takes from the members' held energy.
    """
    expired: dict[object, int] = {}
    lots = BankedEnergy.objects.select_for_update().filter(
        member__community=community, wh__gt=0, expires_at__lte=moment
    )
    for lot in lots.order_by("expires_at", "id"):
        holding = Holding.objects.filter(member_id=lot.member_id, asset=Asset.KWH).first()
        free = (holding.available if holding else 0) - expired.get(lot.member_id, 0) - spent.get(lot.member_id, 0)
        wh = min(lot.wh, free)
        if wh > 0:
            BankedEnergy.objects.filter(pk=lot.pk).update(wh=F("wh") - wh)
            expired[lot.member_id] = expired.get(lot.member_id, 0) + wh
    return expired
