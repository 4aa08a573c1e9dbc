"""What becomes of a statement's lines: a member's payment, our own payout or its return, or a place in the queue."""

from __future__ import annotations

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger.models import PaymentProposal
from stelltron.ledger.payments import propose_payment, require_treasury
from stelltron.members.models import Member, User

from . import anchor, by_hand, chargebacks, payouts, policy, references
from .models import BankLine, Case
from .telling import tell

State = BankLine.State


def match(line: BankLine, *, actor: User) -> None:
    """Find what a new line is about; what cannot be told stays in the queue."""
    if payouts.recognise(line, actor=actor):
        return
    if line.stroops < 0:
        deposit = chargebacks.deposit_of(line) if line.is_reversal else None
        if deposit:
            chargebacks.reverse(line, deposit, actor=actor)
        return
    community = line.account.community
    member = references.named_in(f"{line.text} {line.end_to_end}", community)
    member = member or references.known_by(line.iban, community)
    if by_hand.recognise(line, member):
        return
    if member and member.is_active:
        _take(line, member, actor=actor, reason="matched by the import")


@transaction.atomic
def assign(line: BankLine, member: Member, *, actor: User, reason: str) -> None:
    """Staff say whose payment it is. Raises Refused."""
    require_treasury(actor)
    if member.community_id != line.account.community_id:
        raise Refused("other_community", f"{member} is not a member of the co-op that holds this account")
    if line.stroops < 0:
        raise Refused("not_a_payment", "this line is money that left the account")
    if line.state != State.WAITING:
        raise Refused("not_waiting", f"this line {line.get_state_display()}: only what is to be assigned can be")
    _take(line, member, actor=actor, reason=reason)
    log_action(
        "bank.assign",
        actor=actor,
        target=member.code,
        reason=reason,
        community=member.community,
        line=line.bank_reference,
    )


def _take(line: BankLine, member: Member, *, actor: User, reason: str) -> None:
    """The member's payment, unless something about it has to be looked at first."""
    BankLine.objects.filter(pk=line.pk).update(member=member)
    line.member = member
    anchor.note_payment(line)
    if policy.open_cases(policy.doubts_in(member, line), member, line.stroops, line=line):
        change_state(line, BankLine.TRANSITIONS, State.HELD)
        tell(
            member,
            f"line:{line.pk}:held",
            f"Your payment of {money(line.stroops)} has arrived. The co-op looks into it before it becomes WATT",
        )
        return
    _propose(line, actor=actor, reason=reason)


def _propose(line: BankLine, *, actor: User, reason: str) -> None:
    proposal = propose_payment(
        line.member, line.stroops, line.bank_reference, actor=actor, reason=reason, on_statement=True
    )
    change_state(line, BankLine.TRANSITIONS, State.PROPOSED, proposal=proposal)


def release(line: BankLine, *, actor: User, reason: str) -> None:
    """The last of its cases was cleared."""
    change_state(line, BankLine.TRANSITIONS, State.WAITING)
    _propose(line, actor=actor, reason=reason)


def on_decided(proposal: PaymentProposal) -> None:
    """A second person has approved a line's payment, or rejected it: then it is in the queue again."""
    line = BankLine.objects.select_related("member", "account__community").filter(proposal=proposal).first()
    if line is None:
        return
    if proposal.state == PaymentProposal.State.APPROVED:
        change_state(line, BankLine.TRANSITIONS, State.BOOKED)
        references.remember(line.member, line.iban, line.name, pays_in=True)
        tell(
            line.member, f"line:{line.pk}:booked", f"Your payment of {money(line.stroops)} has arrived and becomes WATT"
        )
    else:
        change_state(line, BankLine.TRANSITIONS, State.WAITING, proposal=None, member=None)


@transaction.atomic
def send_back(line: BankLine, *, actor: User, reason: str) -> None:
    """Return a payment to whom it came from, with the next payment file. Raises Refused."""
    require_treasury(actor)
    if line.stroops < 0:
        raise Refused("not_a_payment", "this line is money that left the account")
    if line.cases.filter(state=Case.State.OPEN).exists():
        raise Refused("case_open", "a case is open about this payment: close it first")
    change_state(line, BankLine.TRANSITIONS, State.RETURNING)
    payouts.give_back(line)
    tell(
        line.member,
        f"line:{line.pk}:returned",
        f"Your payment of {money(line.stroops)} goes back to the account it came from",
    )
    log_action(
        "bank.send_back", actor=actor, target=line.bank_reference, reason=reason, community=line.account.community
    )


@transaction.atomic
def keep_as_own(line: BankLine, *, actor: User, reason: str) -> None:
    """The co-op's own: money it adds to the reserves, interest, fees. It mints nothing. Raises Refused."""
    require_treasury(actor)
    change_state(line, BankLine.TRANSITIONS, State.OWN)
    log_action(
        "bank.own",
        actor=actor,
        target=line.bank_reference,
        reason=reason,
        community=line.account.community,
        stroops=line.stroops,
    )
