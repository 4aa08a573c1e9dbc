"""How much of what a seller sold ahead they have delivered."""

from __future__ import annotations

from django.db.models import F

from stelltron.members.models import Member

from ..models import SellerReliability


def count(member_id: object, *, contracted_wh: int, delivered_wh: int) -> None:
    """A trade of the seller's has ended. The caller counts each once, with its last change of state."""
    SellerReliability.objects.get_or_create(member_id=member_id)
    SellerReliability.objects.filter(member_id=member_id).update(
        contracted_wh=F("contracted_wh") + contracted_wh, delivered_wh=F("delivered_wh") + delivered_wh
    )


def of(member: Member) -> SellerReliability:
    """The seller's figures; both zero before the first trade has ended."""
    return SellerReliability.objects.filter(member=member).first() or SellerReliability(member=member)
