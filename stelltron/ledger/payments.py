"""Bank payments by two people: one proposes what the statement shows, another one approves it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.members.models import Member, User

from . import reserves
from .funding import receive_payment
from .models import BankReceipt, PaymentProposal

LARGEST_STROOPS = 10**16
State = PaymentProposal.State
# Staff have written down a payment that is on no statement, in the transaction that did it: ``proposal``.
typed = Signal()
# A proposal is about to be approved: whoever knows why not raises Refused. ``proposal``.
approving = Signal()
# A proposal was approved or rejected, in the transaction that did it: ``proposal``, ``actor``, ``reason``.
decided = Signal()


@transaction.atomic
def propose_payment(
    member: Member,
    stroops: int,
    reference: str,
    *,
    actor: User,
    reason: str,
    into_market: bool = True,
    on_statement: bool = False,
) -> PaymentProposal:
    """Write down a payment that arrived at the bank. No money moves yet. Raises Refused.

    By hand only where no statements are imported: a payment would else be booked a second time from its statement.
    """
    require_treasury(actor)
    require_payable(member)
    if not on_statement and reserves.has_statements(member.community):
        raise Refused(
            "statement_needed", "this co-op's payments are booked from its bank statements: import the next one"
        )
    reference = reference.strip()
    if not reference or len(reference) > 100 or not reference.isprintable():
        raise Refused("bad_reference", "the bank's reference has 1 to 100 printable characters")
    if not 0 < stroops <= LARGEST_STROOPS:
        raise Refused("amount_out_of_range", "a payment must be more than zero and at most 1,000,000,000 WATT")
    if BankReceipt.objects.filter(reference=reference).exists():
        raise Refused("reference_used", f"the bank reference {reference} is already booked")
    if not on_statement:
        # Two typed at once would each miss the other in the member's limits. Rows that only name the member do not wait:
        # shares under the same reference, whose lock this waits for, would wait for this one.
        Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    try:
        with transaction.atomic():
            proposal = PaymentProposal.objects.create(
                member=member,
                stroops=stroops,
                reference=reference,
                reason=reason,
                into_market=into_market,
                proposed_by=actor,
            )
    except IntegrityError:
        raise Refused(
            "reference_proposed", f"the bank reference {reference} is already proposed, or pays for shares"
        ) from None
    _log("payment.propose", proposal, actor, reason)
    if not on_statement:
        typed.send(PaymentProposal, proposal=proposal)
    return proposal


@transaction.atomic
def approve_payment(proposal: PaymentProposal, *, actor: User, reason: str) -> None:
    """The second person agrees: the payment is received. Raises Refused."""
    require_treasury(actor)
    if actor.pk == proposal.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this payment: somebody else has to approve it")
    # What the bank takes back meanwhile is imported before or after this, never beside it.
    reserves.lock()
    require_payable(proposal.member)
    approving.send(PaymentProposal, proposal=proposal)
    change_state(proposal, PaymentProposal.TRANSITIONS, State.APPROVED, approved_by=actor, decided_at=datetime.now(UTC))
    receive_payment(
        proposal.member, proposal.stroops, proposal.reference, actor=actor, into_market=proposal.into_market
    )
    _log("payment.approve", proposal, actor, reason)
    decided.send(PaymentProposal, proposal=proposal, actor=actor, reason=reason)


@transaction.atomic
def reject_payment(proposal: PaymentProposal, *, actor: User, reason: str) -> None:
    """Put a proposal aside; who proposed it may take it back the same way. Raises Refused."""
    require_treasury(actor)
    change_state(proposal, PaymentProposal.TRANSITIONS, State.REJECTED, decided_at=datetime.now(UTC))
    _log("payment.reject", proposal, actor, reason)
    decided.send(PaymentProposal, proposal=proposal, actor=actor, reason=reason)


def require_treasury(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm("ledger.change_paymentproposal")):
        raise Refused("treasury_only", "bank payments are for the Treasury role")


def payable(member: Member) -> bool:
    return member.kyc == Member.Kyc.APPROVED and member.is_active


def require_payable(member: Member) -> None:
    """A payment puts the member's wallet on the WATT allowlist: that needs an identity check. Raises Refused."""
    if not member.is_active:
        raise Refused("not_active", f"{member} is not an active member: send the payment back")
    if not payable(member):
        raise Refused("kyc_needed", f"{member} needs an approved identity check before a payment can be booked")


def _log(action: str, proposal: PaymentProposal, actor: User, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=proposal.reference,
        reason=reason,
        community=proposal.member.community,
        member=proposal.member.code,
        stroops=proposal.stroops,
    )
