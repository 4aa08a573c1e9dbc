"""What the pages of proposals show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef

from governance import changes, drafting, voting
from governance.models import Ballot, Comment, Delegation, House, Proposal, RollEntry, Rules
from governance.models.kinds import Kind
from governance.rehearsal import rehearsing
from governance.tally import votes_needed
from stelltron.members.models import Member

State = Proposal.State
OPEN = (State.SENT, State.OPEN)
WAITING = (State.SUCCEEDED, State.QUEUED)
DECIDED = (State.SUCCEEDED, State.EXECUTED, State.DEFEATED, State.CANCELLED, State.EXPIRED)
A_PAGE = 20
COMMENTS_SHOWN = 200


def board(member: Member, page: str | None, open_page: str | None = None) -> dict[str, Any]:
    """What can be decided now, what waits, drafts that look for supporters, and what was decided."""
    house = House.objects.filter(community=member.community_id).first()
    if house is None:
        return {"house": None}
    mine = Ballot.objects.filter(proposal=OuterRef("pk"), member=member).exclude(state=Ballot.State.REFUSED)
    all_of = Proposal.objects.filter(community=member.community_id).select_related("author")
    drafts = all_of.filter(state=State.DRAFT)
    to_vote = all_of.filter(state__in=OPEN).annotate(voted=Exists(mine))
    return {
        "house": house,
        "on_roll": drafting.on_roll(member),
        "voters": RollEntry.objects.filter(house=house, left_at=None).count(),
        "open": Paginator(to_vote.order_by(F("closes_at").asc(nulls_last=True), "id"), A_PAGE).get_page(open_page),
        "waiting": all_of.filter(state=State.QUEUED),
        "drafts": drafts.exclude(author=member),
        "own": drafts.filter(author=member),
        "decided": Paginator(all_of.filter(state__in=DECIDED).order_by("-decided_at", "-id"), A_PAGE).get_page(page),
        "follows": Delegation.objects.select_related("delegate").filter(member=member).first(),
        "followed_by": Delegation.objects.filter(delegate=member).count(),
    }


def rules_in_force(member: Member) -> list[dict[str, Any]]:
    """What each kind of proposal has to meet, in percent and days."""
    in_force = {rules.kind: rules for rules in Rules.objects.filter(house=member.community_id)}
    return [
        {
            "kind": kind.label,
            "quorum": in_force[kind].quorum_bps / 100,
            "majority": in_force[kind].majority_bps / 100,
            "by_stake": in_force[kind].by_stake,
            "days": [
                seconds / 86_400
                for seconds in (
                    in_force[kind].notice_seconds,
                    in_force[kind].period_seconds,
                    in_force[kind].delay_seconds,
                )
            ],
        }
        for kind in Kind
        if kind in in_force
    ]


def visible(member: Member) -> Any:
    return Proposal.objects.filter(community=member.community_id).select_related("author", "community__house")


def results(proposal: Proposal) -> dict[str, Any]:
    """The count as it stands, and what is still missing."""
    needed = votes_needed(proposal.eligible, proposal.quorum_bps)
    return {
        "proposal": proposal,
        "bars": [("Yes", proposal.yes), ("No", proposal.no), ("Abstained", proposal.abstain)],
        "needed": needed,
        "missing": max(needed - proposal.cast, 0),
        "over": proposal.closes_at is not None and datetime.now(UTC) >= proposal.closes_at,
    }


def rehearsal(proposal: Proposal, member: Member) -> dict[str, Any]:
    """Everybody's effect in sums, and the reader's own in full."""
    found = rehearsing.of(proposal)
    shown: dict[str, Any] = {
        "proposal": proposal,
        "rehearsal": found,
        "changes_bills": rehearsing.changes_bills(proposal),
    }
    if found and found.state == found.State.DONE:
        mine = found.bills.filter(member=member).first()
        billed = rehearsing.billed(found)
        shown |= {
            "effects": rehearsing.effects(found),
            "mine": mine,
            "gain": mine.after - mine.before if mine else None,
            "apart": found.before["stroops"] - found.before["held_worth"] - billed,
        }
    return shown


def detail(proposal: Proposal, member: Member) -> dict[str, Any]:
    ballots = proposal.ballots.filter(address=member.wallet.address)
    mine = ballots.exclude(state=Ballot.State.REFUSED).select_related("follows").first()
    draft, own = proposal.state == State.DRAFT, proposal.author_id == member.pk
    sponsors = list(proposal.sponsors.select_related("member"))
    needed = drafting.sponsors_needed(proposal) if draft else 0
    opened = proposal.state == State.OPEN
    has_vote = opened and voting.may_vote(proposal, member.wallet.address)
    stake = voting.stake_of(proposal, member.wallet.address) if has_vote and proposal.by_stake else 0
    return {
        **results(proposal),
        **rehearsal(proposal, member),
        "does": changes.words(proposal) if not proposal.change.get("calls") else "Calls made with other software.",
        "rules": Rules.objects.filter(house=proposal.community_id, kind=proposal.kind).first(),
        "ballot": mine,
        "refused": None if mine else ballots.filter(state=Ballot.State.REFUSED).last(),
        "has_vote": has_vote,
        "stake": stake,
        "begun": opened and datetime.now(UTC) >= proposal.opens_at,
        "sponsors": sponsors,
        "sponsors_needed": needed,
        "sponsors_missing": max(needed - len(sponsors), 0),
        "is_sponsor": any(one.member_id == member.pk for one in sponsors),
        "may_edit": draft and own,
        "may_cancel": own and opened,
        "comments": Comment.objects.filter(proposal=proposal).select_related("member")[:COMMENTS_SHOWN],
        "hash_now": changes.description_hash(proposal),
    }
