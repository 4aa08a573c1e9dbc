"""Banked energy: lots of KWH, the oldest used first; what expires goes to the utility."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import F

from stelltron.core.models import Community
from stelltron.ledger.models import Asset, Holding

from .models import BankedEnergy


def keep(member_id: object, slot: datetime, expires_at: datetime, wh: int) -> None:
    """Add ``wh`` to the member's lot of ``slot``."""
    lot, created = BankedEnergy.objects.get_or_create(
        member_id=member_id, slot=slot, defaults={"expires_at": expires_at, "wh": wh}
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
