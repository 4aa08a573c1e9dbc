"""What the pages about cover show."""

from __future__ import annotations

from typing import Any

from financing.cover import cover
from financing.models import Generator
from financing.models.cover import Cover, CoverClaim, CoverOffer, Insurer
from stelltron.members.models import Member

from .generators import wallet_or_none

SHOWN = 50


def covers(member: Member) -> dict[str, Any]:
    held = Cover.objects.filter(holder=member).select_related("offer__generator", "offer__insurer__member")
    insurer = Insurer.objects.filter(member=member).first()
    return {
        "held": list(held.prefetch_related("claims")[:SHOWN]),
        "insurer": insurer,
        "books": _books(insurer, member) if insurer else None,
        "may_insure": member.kind == Member.Kind.INSTITUTION,
    }


def _books(insurer: Insurer, member: Member) -> dict[str, Any]:
    sold = Cover.objects.filter(offer__insurer=insurer).select_related(
        "holder", "offer__generator", "offer__insurer__member"
    )
    claims = CoverClaim.objects.filter(cover__offer__insurer=insurer)
    return {
        "capital": wallet_or_none(member),
        "exposure": cover.exposure(insurer),
        "owed": cover.owed_by(insurer),
        "offers": list(insurer.offers.filter(is_open=True).select_related("generator", "insurer__member")[:SHOWN]),
        "sold": list(sold[:SHOWN]),
        "claims": list(
            claims.select_related("cover__holder", "cover__offer__generator", "cover__offer__insurer__member")[:SHOWN]
        ),
    }


def at(made: Generator, member: Member) -> dict[str, Any]:
    """On a generator's page: what the member may cover there, and whether they may offer cover."""
    offers: list[CoverOffer] = cover.for_sale(made, member)
    for offer in offers:
        offer.most = min(offer.largest_sum, cover.insurable(offer, member))  # type: ignore[attr-defined]
    insures = Insurer.objects.filter(member=member, state=Insurer.State.ADMITTED, suspended_at=None).exists()
    return {"cover_offers": offers, "insures": insures and made.state in cover.COVERED}
