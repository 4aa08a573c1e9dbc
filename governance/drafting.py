"""From an idea to the vote: drafts, those who stand behind them, and what takes a proposal back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from stellar_sdk import scval

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.ledger.clients import governor
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall, take
from stelltron.members.models import Member, User, Wallet

from . import changes
from .founding import require_house
from .models import Proposal, RollEntry, Sponsor
from .models.kinds import Kind
from .parameters import SPONSORS
from .telling import tell

State = Proposal.State
# Of one member, before the vote.
MOST_DRAFTS = 5


def on_roll(member: Member) -> RollEntry | None:
    return RollEntry.objects.filter(house=member.community_id, address=member.wallet.address, left_at=None).first()


@transaction.atomic
def draft(
    author: Member, *, kind: str, title: str, text: str, change: changes.Change, effective_from: datetime | None = None
) -> Proposal:
    """Write down an idea; only its author sees it as their own, every member may read it. Raises Refused."""
    require_house(author.community)
    _require_on_roll(author)
    if author.proposals.filter(state=State.DRAFT).count() >= MOST_DRAFTS:
        raise Refused("too_many_drafts", f"you have {MOST_DRAFTS} drafts: put one to the vote or withdraw one first")
    proposal = Proposal(community=author.community, kind=kind, author=author)
    _write(proposal, title, text, change, effective_from)
    proposal.save()
    log_action("proposal.draft", actor=author.user, target=proposal.pk, reason=title, community=author.community)
    return proposal


@transaction.atomic
def revise(
    proposal: Proposal,
    member: Member,
    *,
    title: str,
    text: str,
    change: changes.Change,
    effective_from: datetime | None = None,
) -> None:
    """Another wording; whoever stood behind the old one has to read the new one. Raises Refused."""
    _lock(proposal)
    _require_draft_of(proposal, member)
    _write(proposal, title, text, change, effective_from)
    proposal.save()
    for sponsor in proposal.sponsors.select_related("member"):
        what = f"revised:{sponsor.pk}"
        tell(sponsor.member, proposal, what, f"“{proposal}” has been changed: stand behind it again if you still do")
    proposal.sponsors.all().delete()
    log_action("proposal.revise", actor=member.user, target=proposal.pk, reason=title, community=member.community)


def _write(proposal: Proposal, title: str, text: str, change: changes.Change, effective_from: datetime | None) -> None:
    title, text = title.strip(), text.strip()
    if not title or len(title) > 120 or not title.isprintable():
        raise Refused("bad_title", "a title has 1 to 120 characters in one line")
    if not text or len(text) > 10_000:
        raise Refused("bad_text", "say why in 1 to 10,000 characters: members decide by what they read")
    if not changes.holds_from_a_slot(proposal.kind):
        effective_from = None
    proposal.change = changes.read(proposal.community, proposal.kind, change, effective_from)
    proposal.title, proposal.text, proposal.effective_from = title, text, effective_from


@transaction.atomic
def stand_behind(proposal: Proposal, member: Member) -> None:
    """Support a draft so that it may go to the vote. Raises Refused."""
    _lock(proposal)
    _require_community(proposal, member)
    if proposal.state != State.DRAFT:
        raise Refused("not_a_draft", "this is no draft any more")
    if proposal.author_id == member.pk:
        raise Refused("own_draft", "it is your own draft: others have to stand behind it")
    _require_on_roll(member)
    try:
        with transaction.atomic():
            Sponsor.objects.create(proposal=proposal, member=member)
    except IntegrityError:
        raise Refused("stands_already", "you stand behind it already") from None
    if proposal.sponsors.count() == sponsors_needed(proposal):
        tell(proposal.author, proposal, "sponsored", f"“{proposal}” has its supporters: you may put it to the vote")


def sponsors_needed(proposal: Proposal) -> int:
    return value_at(proposal.community, SPONSORS, proposal.community.now())


@transaction.atomic
def withdraw(proposal: Proposal, member: Member) -> None:
    """Give up a draft. Raises Refused."""
    _lock(proposal)
    _require_draft_of(proposal, member)
    change_state(proposal, Proposal.TRANSITIONS, State.WITHDRAWN)
    log_action("proposal.withdraw", actor=member.user, target=proposal.pk, community=member.community)


@transaction.atomic
def submit(proposal: Proposal, member: Member, *, gateway: Gateway | None = None) -> None:
    """Put it to the vote, signed by the author's managed wallet. Raises Refused."""
    _lock(proposal)
    _require_ready(proposal, member, gateway)
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("member_signs", "you keep your own key: sign the proposal in your wallet")
    before = proposal.intent_id or 0
    intent = queue_call(proposal.community, f"propose:{proposal.pk}:{before}", _propose(proposal), wallet=member.wallet)
    _send(proposal, intent, member)


def submit_call(proposal: Proposal, member: Member) -> WalletCall:
    """The same for a wallet of the author's own. Raises Refused."""
    _require_ready(proposal, member)
    return WalletCall(f"propose:{proposal.pk}", _propose(proposal))


@transaction.atomic
def take_submit(proposal: Proposal, member: Member, signed: str) -> None:
    _lock(proposal)
    intent = take(proposal.community, member.wallet, submit_call(proposal, member), signed)
    _send(proposal, intent, member)


def _send(proposal: Proposal, intent: ChainIntent, member: Member) -> None:
    change_state(
        proposal,
        Proposal.TRANSITIONS,
        State.SENT,
        intent=intent,
        description_hash=changes.description_hash(proposal),
        problem="",
    )
    log_action("proposal.submit", actor=member.user, target=proposal.pk, community=member.community)


def _propose(proposal: Proposal) -> Invocation[Any]:
    assert proposal.author
    kind = scval.to_uint32(Kind(proposal.kind).number)
    digest = bytes.fromhex(changes.description_hash(proposal))
    call = governor.propose(proposal.author.wallet.address, kind, changes.calls(proposal), digest)
    return call.at(proposal.community.house.contract("governor"))


def _require_ready(proposal: Proposal, member: Member, gateway: Gateway | None = None) -> None:
    _require_draft_of(proposal, member)
    missing = sponsors_needed(proposal) - proposal.sponsors.count()
    if missing > 0:
        raise Refused("sponsors_missing", f"{missing} more members have to stand behind it first")
    # The world has moved on since it was written.
    changes.read(proposal.community, proposal.kind, proposal.change, proposal.effective_from)
    if proposal.effective_from:
        now = datetime.fromtimestamp((gateway or Gateway(settings.STELLAR)).now(), UTC)
        first = changes.earliest(proposal.community, proposal.kind, now)
        if proposal.effective_from < first:
            raise Refused(
                "moment_too_early",
                f"a decision made now can hold from {first:%Y-%m-%d %H:%M} UTC at the earliest: choose a later moment",
            )


@transaction.atomic
def cancel(proposal: Proposal, member: Member) -> None:
    """The author takes it back until the vote is over. Raises Refused."""
    if proposal.author_id != member.pk or proposal.state != State.OPEN:
        raise Refused(
            "not_yours_to_cancel", "only its author may take a proposal back, and only until the vote is over"
        )
    _queue_cancel(proposal, lambda call: queue_call(*call, wallet=_managed(member)), member.wallet.address)
    log_action("proposal.cancel", actor=member.user, target=proposal.pk, community=proposal.community)


@transaction.atomic
def cancel_as_guardian(proposal: Proposal, *, actor: User, reason: str) -> None:
    """The guardian stops what would do harm, until it is carried out. Raises Refused."""
    if proposal.state not in (State.OPEN, State.SUCCEEDED, State.QUEUED):
        raise Refused("nothing_to_cancel", "only what is open, or accepted and not carried out, can be cancelled")
    guardian = settings.STELLAR.guardian.public_key
    signer = ChainIntent.Signer.GUARDIAN
    _queue_cancel(proposal, lambda call: queue_call(*call, signer=signer), guardian)
    log_action("proposal.cancel", actor=actor, target=proposal.pk, reason=reason, community=proposal.community)


def _queue_cancel(proposal: Proposal, queue: Callable[[tuple[Any, str, Invocation[Any]]], Any], by: str) -> None:
    assert proposal.number
    call = governor.cancel(by, proposal.number).at(proposal.community.house.contract("governor"))
    begun = f"cancel:{proposal.pk}:{by[:12]}:"
    tries = ChainIntent.objects.filter(key__startswith=begun)
    if tries.exclude(state=ChainIntent.State.FAILED).exists():
        raise Refused("cancelled_already", "it is being cancelled: look again in a moment")
    queue((proposal.community, f"{begun}{tries.count()}", call))


def _managed(member: Member) -> Wallet:
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("member_signs", "you keep your own key: cancel the proposal from your wallet")
    return member.wallet


def _lock(proposal: Proposal) -> None:
    """Hold the row until the transaction ends, and see it as it is now."""
    Proposal.objects.select_for_update().get(pk=proposal.pk)
    proposal.refresh_from_db(fields=["state", "title", "text", "change", "effective_from"])


def _require_draft_of(proposal: Proposal, member: Member) -> None:
    if proposal.author_id != member.pk:
        raise Refused("not_yours", "this is another member's draft")
    if proposal.state != State.DRAFT:
        raise Refused("not_a_draft", "this is no draft any more")


def _require_community(proposal: Proposal, member: Member) -> None:
    if proposal.community_id != member.community_id:
        raise Refused("other_community", "this is another community's proposal")


def _require_on_roll(member: Member) -> None:
    if on_roll(member) is None:
        raise Refused(
            "not_on_the_roll",
            "you are not on the roll of those who vote yet: that needs an approved identity check, and a minute",
        )
