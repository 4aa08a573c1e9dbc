"""Casting votes: with a managed wallet, with a wallet of one's own, and by a delegate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from stellar_sdk import scval

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.ledger.clients import governor
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall, take
from stelltron.members.models import Member, Wallet

from .models import Ballot, Delegation, GridMovement, Proposal, RollEntry
from .parameters import DELEGATES_VOTE_HOURS

State = Proposal.State
Choice = Ballot.Choice


@transaction.atomic
def vote(
    proposal: Proposal,
    member: Member,
    choice: str,
    *,
    follows: Member | None = None,
    gateway: Gateway | None = None,
) -> Ballot:
    """Cast a member's vote with their managed wallet, once and for good. Raises Refused."""
    require_vote(proposal, member, gateway=gateway)
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("member_signs", "you keep your own key: sign the vote in your wallet")
    tries = proposal.ballots.filter(address=member.wallet.address).count()
    intent = queue_call(
        proposal.community,
        f"vote:{proposal.pk}:{member.pk}:{tries}",
        _vote(proposal, member, choice),
        wallet=member.wallet,
    )
    return _note(proposal, member, choice, intent, follows)


def vote_call(proposal: Proposal, member: Member, choice: str) -> WalletCall:
    """The same for a wallet of the member's own. Raises Refused."""
    require_vote(proposal, member)
    return WalletCall(f"vote:{proposal.pk}", _vote(proposal, member, choice))


@transaction.atomic
def take_vote(proposal: Proposal, member: Member, choice: str, signed: str) -> Ballot:
    intent = take(proposal.community, member.wallet, vote_call(proposal, member, choice), signed)
    return _note(proposal, member, choice, intent, None)


def _vote(proposal: Proposal, member: Member, choice: str) -> Invocation[Any]:
    assert proposal.number
    numbered = scval.to_uint32(Choice(choice).number)
    call = governor.vote(member.wallet.address, proposal.number, numbered)
    return call.at(proposal.community.house.contract("governor"))


def _note(proposal: Proposal, member: Member, choice: str, intent: ChainIntent, follows: Member | None) -> Ballot:
    try:
        with transaction.atomic():
            ballot = Ballot.objects.create(
                proposal=proposal,
                member=member,
                address=member.wallet.address,
                choice=choice,
                follows=follows,
                intent=intent,
            )
    except IntegrityError:
        raise Refused("voted_already", "you have voted already: a vote is cast once and for good") from None
    # Who voted is public on the chain; the log says who asked for it here.
    actor = None if follows else member.user
    log_action("proposal.vote", actor=actor, target=proposal.pk, community=proposal.community, member=member.code)
    return ballot


def require_vote(proposal: Proposal, member: Member, *, gateway: Gateway | None = None) -> None:
    """Raises Refused, with why, where the governor would not take this member's vote now."""
    if proposal.community_id != member.community_id:
        raise Refused("other_community", "this is another community's proposal")
    if proposal.state != State.OPEN:
        raise Refused("not_open", f"this proposal takes no votes: it is “{proposal.get_state_display()}”")
    assert proposal.opens_at and proposal.closes_at
    now = datetime.fromtimestamp((gateway or Gateway(settings.STELLAR)).now(), UTC)
    if now < proposal.opens_at:
        raise Refused("vote_not_begun", "the vote has not begun")
    if now >= proposal.closes_at:
        raise Refused("vote_over", "the vote is over")
    if not may_vote(proposal, member.wallet.address):
        raise Refused("no_vote", "you were not on the roll when this was put to the vote: you have none on it")
    if proposal.by_stake and not stake_of(proposal, member.wallet.address):
        raise Refused("no_stake", "votes on this weigh the GRID at stake, and you had none when it was put to the vote")
    if proposal.ballots.filter(address=member.wallet.address).exclude(state=Ballot.State.REFUSED).exists():
        raise Refused("voted_already", "you have voted already: a vote is cast once and for good")


def may_vote(proposal: Proposal, address: str) -> bool:
    """Whether the wallet was on the roll at the snapshot; who left later keeps the vote."""
    at = proposal.snapshot_at
    entries = RollEntry.objects.filter(house=proposal.community_id, address=address, joined_at__lte=at)
    return entries.filter(Q(left_at=None) | Q(left_at__gt=at)).exists()


def stake_of(proposal: Proposal, address: str) -> int:
    """Stroops of GRID that the wallet had at stake at the snapshot, as the staking contract counts them."""
    moves = GridMovement.objects.filter(position=address, at__lte=proposal.snapshot_at)
    sums = dict(moves.order_by().values_list("kind").annotate(Sum("amount")))
    return sums.get(GridMovement.Kind.STAKED, 0) - sums.get(GridMovement.Kind.ASKED, 0)


# ---- delegates


@transaction.atomic
def delegate_to(member: Member, delegate: Member) -> Delegation:
    """From now on ``delegate``'s choice is cast for ``member`` where they have not voted. Raises Refused."""
    if member.community_id != delegate.community_id or not delegate.is_active:
        raise Refused("no_such_member", "choose an active member of this community")
    if member.pk == delegate.pk:
        raise Refused("not_oneself", "you cannot follow yourself: just vote")
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("member_signs", "you keep your own key, so nobody can cast your vote for you")
    if Delegation.objects.filter(member=delegate).exists():
        raise Refused("follows_another", f"{delegate.name} follows somebody else: choose who decides for themselves")
    if Delegation.objects.filter(delegate=member).exists():
        raise Refused("is_followed", "others follow you: they have to choose somebody else first")
    delegation, _ = Delegation.objects.update_or_create(
        member=member, defaults={"delegate": delegate, "since": datetime.now(UTC)}
    )
    log_action("vote.delegate", actor=member.user, target=delegate.code, community=member.community)
    return delegation


@transaction.atomic
def take_back(member: Member) -> None:
    """Decide for oneself again."""
    Delegation.objects.filter(member=member).delete()
    log_action("vote.undelegate", actor=member.user, target=member.code, community=member.community)


def cast_for_followers(proposal: Proposal, now: datetime, *, gateway: Gateway | None = None) -> int:
    """Shortly before the end: delegates' choices for those who have not voted. Returns how many."""
    hours = value_at(proposal.community, DELEGATES_VOTE_HOURS, proposal.community.now())
    if proposal.closes_at is None or not proposal.closes_at - timedelta(hours=hours) <= now < proposal.closes_at:
        return 0
    voted = proposal.ballots.exclude(state=Ballot.State.REFUSED)
    chosen = dict(voted.filter(state=Ballot.State.CAST, follows=None).values_list("member_id", "choice"))
    silent = Delegation.objects.filter(delegate__in=[who for who in chosen if who])
    silent = silent.exclude(member__in=voted.filter(member__isnull=False).values("member"))
    done = 0
    for delegation in silent.select_related("member__wallet", "member__community", "delegate"):
        try:
            vote(
                proposal,
                delegation.member,
                chosen[delegation.delegate_id],
                follows=delegation.delegate,
                gateway=gateway,
            )
        except Refused:
            # They have no vote on this one.
            continue
        done += 1
    return done
