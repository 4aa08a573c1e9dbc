"""What governance tells members, each matter once."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from stelltron.members.models import Member, Notice
from stelltron.members.notices import notify, notify_all

from .models import Proposal, RollEntry


def tell(member: Member | None, proposal: Proposal, what: str, text: str) -> None:
    if member is not None:
        notify(member, Notice.Kind.PROPOSAL, f"proposal:{proposal.pk}:{what}", text)


def tell_voters(proposal: Proposal, what: str, text: str) -> None:
    """Everybody on the roll, in the portal and as they chose to be told."""
    on_roll = RollEntry.objects.filter(house__community=proposal.community_id, left_at=None, member__isnull=False)
    key = f"proposal:{proposal.pk}:{what}"
    notify_all(
        Notice(member_id=member, kind=Notice.Kind.PROPOSAL, key=key, text=text[:300])
        for member in on_roll.values_list("member_id", flat=True)
    )


def local(proposal: Proposal, moment: datetime) -> str:
    """In the community's own time."""
    return f"{moment.astimezone(ZoneInfo(proposal.community.time_zone)):%-d %B %Y, %H:%M}"
