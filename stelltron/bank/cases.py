"""Closing a case, and what then goes on or goes back; and asking again where a clearance changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.ledger.models import PaymentProposal
from stelltron.ledger.payments import payable, reject_payment
from stelltron.members.models import Member, User

from . import by_hand, chargebacks, matching, payouts, policy
from .models import BankLine, Case, CaseStep, Payout

Waits = BankLine | Payout | PaymentProposal
# What follows from the clearance, and may be over with another one.
OF_CLEARANCE = (Case.Kind.LIMIT, Case.Kind.STRUCTURING)


@transaction.atomic
def clear(case: Case, *, actor: User, reason: str, step: CaseStep | None = None) -> None:
    """Nothing is wrong: what waited goes on with the last of its cases, unless it raises others now. Raises Refused."""
    _require_two(case, step)
    if case.kind == Case.Kind.KYC and case.member.kyc != Member.Kyc.APPROVED:
        raise Refused(
            "kyc_needed", f"decide {case.member}'s identity check first, or uphold the case and send the money back"
        )
    last = policy.close(case, Case.State.CLEARED, actor=actor, reason=reason)
    if case.line and case.line.state == BankLine.State.CHARGEBACK:
        chargebacks.unfreeze(case.member, f"case:{case.pk}")
    elif last and case.line and case.line.state == BankLine.State.HELD:
        if not doubt(case.line):
            matching.release(case.line, actor=actor, reason=reason)
    elif last and case.payout and case.payout.state == Payout.State.HELD:
        if not doubt(case.payout):
            payouts.release(case.payout)
    elif last and case.proposal and case.proposal.state == PaymentProposal.State.PROPOSED:
        doubt(case.proposal)


@transaction.atomic
def uphold(case: Case, *, actor: User, reason: str, step: CaseStep | None = None) -> None:
    """Something is wrong: a payment goes back, a withdrawal is cancelled, who took money back stays stopped.

    Raises Refused, also where the withdrawal's WATT are burned: only the open case keeps that money here.
    """
    _require_two(case, step)
    if case.payout and case.payout.state in (Payout.State.BURNING, Payout.State.READY) and case.kind != Case.Kind.BURN:
        raise Refused(
            "burned_already",
            "the WATT of this withdrawal are burned, so its money is owed: it waits as long as the case is open, and clearing the case pays it",
        )
    policy.close(case, Case.State.UPHELD, actor=actor, reason=reason)
    # What was burned is owed all the same.
    for other in policy.open_beside(case).exclude(kind=Case.Kind.BURN):
        policy.close(other, Case.State.UPHELD, actor=actor, reason=reason)
    if case.line and case.line.state == BankLine.State.HELD:
        matching.send_back(case.line, actor=actor, reason=reason)
    elif case.payout and case.payout.state == Payout.State.HELD:
        payouts.cancel(case.payout, "the co-op could not approve it: ask the office why")
    elif case.proposal and case.proposal.state == PaymentProposal.State.PROPOSED:
        reject_payment(case.proposal, actor=actor, reason=reason)


@transaction.atomic
def set_clearance(member: Member, level: str, *, actor: User, reason: str) -> None:
    """Raise or lower what a member may pay in and withdraw; what waits is asked about again. Raises Refused."""
    policy.set_clearance(member, level, actor=actor, reason=reason)
    ask_again(member, OF_CLEARANCE, actor=actor, reason=f"the clearance changed: {reason}"[:300])


def waiting(community: Community) -> set[object]:
    """The members of whom something waits for a case or a second person, by key."""
    mine = {"member__community": community}
    return {
        key
        for rows in (_lines(**mine), _payouts(**mine), _typed(**mine))
        for key in rows.values_list("member", flat=True)
    }


def ask_again(member: Member, kinds: Iterable[str], *, actor: User, reason: str) -> None:
    """What is doubted now waits for its case; open cases of ``kinds`` that nothing stands for are over.

    Of a member who cannot be paid, or is stopped, they stay open.
    """
    for line in _lines(member=member).select_related("member__community", "account__community", "proposal"):
        if doubt(line) and line.state == BankLine.State.PROPOSED:
            reject_payment(line.proposal, actor=actor, reason=reason)
            line.refresh_from_db()
            change_state(line, BankLine.TRANSITIONS, BankLine.State.HELD, member=member)
        _close_what_is_over(line, kinds, actor, reason)
    for payout in _payouts(member=member).select_related("member__community"):
        if doubt(payout) and payout.state == Payout.State.ASKED:
            change_state(payout, Payout.TRANSITIONS, Payout.State.HELD)
        _close_what_is_over(payout, kinds, actor, reason)
    for proposal in _typed(member=member).select_related("member__community"):
        doubt(proposal)
        _close_what_is_over(proposal, kinds, actor, reason)


def _lines(**of: object) -> QuerySet[BankLine]:
    states = (BankLine.State.HELD, BankLine.State.PROPOSED)
    return BankLine.objects.filter(**of, state__in=states, stroops__gt=0).order_by("id")


def _payouts(**of: object) -> QuerySet[Payout]:
    states = (Payout.State.HELD, Payout.State.ASKED)
    return Payout.objects.filter(**of, state__in=states, kind=Payout.Kind.WITHDRAWAL).order_by("id")


def _typed(**of: object) -> QuerySet[PaymentProposal]:
    return by_hand.of_no_line().filter(**of, state=PaymentProposal.State.PROPOSED).order_by("id")


def doubt(waits: Waits) -> bool:
    """Open a case for each new doubt; whether any is open."""
    member = waits.member
    assert member is not None
    policy.open_cases(_doubts(waits), member, waits.stroops, **{_role(waits): waits})
    return waits.cases.filter(state=Case.State.OPEN).exists()


def _role(waits: Waits) -> str:
    if isinstance(waits, BankLine):
        return "line"
    return "payout" if isinstance(waits, Payout) else "proposal"


def _doubts(waits: Waits) -> list[policy.Doubt]:
    if isinstance(waits, PaymentProposal):
        return policy.doubts_by_hand(waits)
    member = waits.member
    assert member is not None
    return policy.doubts_in(member, waits) if isinstance(waits, BankLine) else policy.doubts_out(member, waits)


def _close_what_is_over(waits: Waits, kinds: Iterable[str], actor: User, reason: str) -> None:
    member = waits.member
    assert member is not None
    # Their doubts hide those about the money, and nothing goes on to them: staff close what is open.
    if not payable(member) or policy.has_open_chargeback(member):
        return
    standing = {kind for kind, _ in _doubts(waits)}
    for case in waits.cases.filter(state=Case.State.OPEN, kind__in=kinds).exclude(kind__in=standing):
        clear(case, actor=actor, reason=reason)


def _require_two(case: Case, step: CaseStep | None) -> None:
    if case.kind in Case.BY_TWO and step is None:
        raise Refused("two_needed", "this is settled by two: propose it, and another one of the Treasury does it")
