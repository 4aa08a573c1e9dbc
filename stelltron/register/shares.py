"""The share ledger: issued, transferred, paid back; one of the Treasury proposes, another one books."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import IntegrityError, connection, transaction
from django.dispatch import Signal

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.ledger import reserves
from stelltron.ledger.models import BankReceipt, PaymentProposal
from stelltron.members.models import Member, User

from .holdings import shares_of
from .models import ShareEntry, ShareKind, ShareProposal
from .parameters import SHARE_PRICE

MOST_SHARES = 1_000_000
State = ShareProposal.State
# A proposal was booked or rejected, in the transaction that did it: ``proposal``.
decided = Signal()


@transaction.atomic
def propose(
    community: Community,
    kind: str,
    shares: int,
    reference: str,
    *,
    giver: Member | None = None,
    taker: Member | None = None,
    actor: User,
    reason: str,
    on_statement: bool = False,
) -> ShareProposal:
    """Write down what was paid or agreed; nothing is booked yet. Raises Refused.

    Where statements are imported, an issue is proposed at the line that pays for it.
    """
    _require_treasury(actor)
    if kind == ShareKind.ISSUE and not on_statement and reserves.has_statements(community):
        raise Refused(
            "statement_needed", "this co-op imports its bank statements: choose “Pays for shares” at the payment's line"
        )
    giver, taker = _sides(community, kind, giver, taker)
    reference = reference.strip()
    if not 0 < shares <= MOST_SHARES:
        raise Refused("bad_shares", f"a change is of 1 to {MOST_SHARES:,} shares")
    if not reference or not reference.isprintable():
        raise Refused("bad_reference", "give the bank's reference, or that of the deed")
    _require_own_reference(kind, reference)
    if giver:
        _require_shares(giver, shares)
    price = value_at(community, SHARE_PRICE, community.now())
    try:
        with transaction.atomic():
            proposal = ShareProposal.objects.create(
                community=community,
                kind=kind,
                giver=giver,
                taker=taker,
                shares=shares,
                stroops=0 if kind == ShareKind.TRANSFER else shares * price,
                reference=reference,
                reason=reason,
                proposed_by=actor,
            )
    except IntegrityError:
        raise Refused(
            "reference_proposed", f"the reference {reference} is already used for shares, or is WATT"
        ) from None
    _log("shares.propose", proposal, actor, reason)
    return proposal


@transaction.atomic
def book(proposal: ShareProposal, *, actor: User, reason: str) -> ShareEntry:
    """The second person agrees: it is in the register from today on. Raises Refused."""
    _require_treasury(actor)
    if actor.pk == proposal.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this: somebody else has to book it")
    _lock(proposal.community)
    _sides(proposal.community, proposal.kind, proposal.giver, proposal.taker)
    _require_own_reference(proposal.kind, proposal.reference)
    if proposal.giver:
        _require_shares(proposal.giver, proposal.shares)
    change_state(proposal, ShareProposal.TRANSITIONS, State.BOOKED, approved_by=actor, decided_at=datetime.now(UTC))
    last = ShareEntry.objects.filter(community=proposal.community).order_by("-number").first()
    entry = ShareEntry.objects.create(
        community=proposal.community,
        number=last.number + 1 if last else 1,
        day=proposal.community.today(),
        kind=proposal.kind,
        giver=proposal.giver,
        taker=proposal.taker,
        shares=proposal.shares,
        stroops=proposal.stroops,
        proposal=proposal,
    )
    _log("shares.book", proposal, actor, reason)
    decided.send(ShareProposal, proposal=proposal)
    return entry


@transaction.atomic
def reject(proposal: ShareProposal, *, actor: User, reason: str) -> None:
    """Put a proposal aside; who made it may take it back the same way. Raises Refused."""
    _require_treasury(actor)
    change_state(proposal, ShareProposal.TRANSITIONS, State.REJECTED, decided_at=datetime.now(UTC))
    _log("shares.reject", proposal, actor, reason)
    decided.send(ShareProposal, proposal=proposal)


def _sides(
    community: Community, kind: str, giver: Member | None, taker: Member | None
) -> tuple[Member | None, Member | None]:
    wanted = {ShareKind.ISSUE: (False, True), ShareKind.TRANSFER: (True, True), ShareKind.REDEMPTION: (True, False)}
    if (giver is not None, taker is not None) != wanted[ShareKind(kind)] or giver == taker:
        raise Refused("bad_sides", "an issue names who takes, a redemption who gives, a transfer two different members")
    if any(side and side.community_id != community.pk for side in (giver, taker)):
        raise Refused("other_community", f"both have to be members of {community}")
    if taker and not taker.is_active:
        raise Refused("not_a_member", f"{taker} has left: only members take shares")
    return giver, taker


def _require_own_reference(kind: str, reference: str) -> None:
    """Money that became WATT cannot pay for shares too."""
    if kind != ShareKind.ISSUE:
        return
    proposed = PaymentProposal.objects.filter(reference=reference).exclude(state=PaymentProposal.State.REJECTED)
    if proposed.exists() or BankReceipt.objects.filter(reference=reference).exists():
        raise Refused("reference_used", f"the bank payment {reference} is booked as WATT: it cannot pay for shares too")


def _require_shares(giver: Member, shares: int) -> None:
    if (owned := shares_of(giver)) < shares:
        raise Refused("too_few_shares", f"{giver} has {owned:,} shares, not {shares:,}")


def _require_treasury(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm("register.change_shareproposal")):
        raise Refused("treasury_only", "shares are for the Treasury role")


def _lock(community: Community) -> None:
    """One entry at a time: what one gives away, another entry must not give again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"shares:{community.pk}"])


def _log(action: str, proposal: ShareProposal, actor: User, reason: str) -> None:
    member = proposal.taker or proposal.giver
    log_action(
        action,
        actor=actor,
        target=proposal.reference,
        reason=reason,
        community=proposal.community,
        member=member.code if member else "",
        shares=proposal.shares,
        stroops=proposal.stroops,
    )
