"""What members say about a proposal; staff may hide what harms others, and says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import Member, User

from .models import Comment, Proposal

MOST_A_DAY = 20


@transaction.atomic
def say(proposal: Proposal, member: Member, text: str) -> Comment:
    """Raises Refused."""
    if proposal.community_id != member.community_id:
        raise Refused("other_community", "this is another community's proposal")
    text = text.strip()
    if not text or len(text) > 2_000:
        raise Refused("bad_text", "a comment has 1 to 2,000 characters")
    today = Comment.objects.filter(member=member, at__gt=datetime.now(UTC) - timedelta(days=1)).count()
    if today >= MOST_A_DAY:
        raise Refused("too_many_comments", f"that is {MOST_A_DAY} comments in a day: let others speak, come back later")
    return Comment.objects.create(proposal=proposal, member=member, text=text)


@transaction.atomic
def hide(comment: Comment, *, actor: User, reason: str) -> None:
    """Everybody sees that something was hidden, and why."""
    Comment.objects.filter(pk=comment.pk).update(hidden_because=reason[:200])
    log_action("comment.hide", actor=actor, target=comment.pk, reason=reason, community=comment.proposal.community)
