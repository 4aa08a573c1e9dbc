"""A line of a statement that pays for membership shares: it is used for them, and for nothing else."""

from __future__ import annotations

from django.db import transaction

from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import Member, User
from stelltron.register import shares
from stelltron.register.models import ShareKind, ShareProposal

from .models import BankLine

State = BankLine.State


@transaction.atomic
def pay(line: BankLine, member: Member, count: int, *, actor: User, reason: str) -> ShareProposal:
    """Propose the shares that this payment is for; another one of the Treasury books them. Raises Refused."""
    require_treasury(actor)
    proposal = shares.propose(
        line.account.community,
        ShareKind.ISSUE,
        count,
        line.bank_reference,
        taker=member,
        actor=actor,
        reason=reason,
        on_statement=True,
    )
    if proposal.stroops != line.stroops:
        raise Refused(
            "other_amount",
            f"{count:,} shares cost {money(proposal.stroops)}, and {money(line.stroops)} were paid: send the payment back, "
            "or ask for the right amount",
        )
    change_state(line, BankLine.TRANSITIONS, State.SHARES, shares=proposal, member=member)
    return proposal


def on_decided(proposal: ShareProposal) -> None:
    """Rejected shares leave their payment in the queue."""
    line = BankLine.objects.filter(shares=proposal).first()
    if line and proposal.state == ShareProposal.State.REJECTED:
        change_state(line, BankLine.TRANSITIONS, State.WAITING, shares=None, member=None)
