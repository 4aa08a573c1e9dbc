"""Banked energy: lots of KWH, the oldest used first; what expires goes to the utility."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from django.db.models import F

from stelltron.core.models import Community
from stelltron.ledger.models import Asset, Holding

from ..models import BankedEnergy


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


def hand_over(slot: datetime, sales: Sequence[tuple[object, object, int]]) -> None:
    """Move lots from sellers to buyers, (seller, buyer, Wh) in order: what was bought keeps the seller's expiry."""
    parties = {who for seller, buyer, _ in sales for who in (seller, buyer)}
    lots: dict[object, list[BankedEnergy]] = defaultdict(list)
    stored = BankedEnergy.objects.select_for_update().filter(member__in=parties, wh__gt=0)
    for lot in stored.order_by("expires_at", "slot"):
        lots[lot.member_id].append(lot)
    touched: dict[tuple[object, datetime, datetime], BankedEnergy] = {}
    for seller, buyer, wh in sales:
        left = wh
        for lot in lots[seller]:
            part = min(left, lot.wh)
            if not part:
                continue
            lot.wh -= part
            left -= part
            touched[seller, lot.slot, lot.expires_at] = lot
            mine = next((own for own in lots[buyer] if (own.slot, own.expires_at) == (slot, lot.expires_at)), None)
            if mine is None:
                mine = BankedEnergy(member_id=buyer, slot=slot, expires_at=lot.expires_at, wh=0)
                insort(lots[buyer], mine, key=attrgetter("expires_at", "slot"))
            mine.wh += part
            touched[buyer, slot, mine.expires_at] = mine
    BankedEnergy.objects.bulk_create(
        touched.values(), update_conflicts=True, unique_fields=["member", "slot", "expires_at"], update_fields=["wh"]
    )


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
