"""Deposits and withdrawals that members begin in a wallet (SEP-24): what they led to, in the words of the standard."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .models import AnchorTransfer, BankLine, Payout

DEPOSIT, WITHDRAWAL = AnchorTransfer.Kind.DEPOSIT, AnchorTransfer.Kind.WITHDRAWAL
MOST_OPEN = 20
OF_LINE = {
    BankLine.State.WAITING: "pending_anchor",
    BankLine.State.HELD: "pending_anchor",
    BankLine.State.PROPOSED: "pending_anchor",
    BankLine.State.RETURNING: "pending_external",
    BankLine.State.RETURNED: "refunded",
    BankLine.State.OWN: "error",
    BankLine.State.UNDONE: "error",
}
OF_PAYOUT = {
    Payout.State.ASKED: "pending_user_transfer_start",
    Payout.State.HELD: "pending_anchor",
    Payout.State.BURNING: "pending_stellar",
    Payout.State.FAILED: "error",
    Payout.State.READY: "pending_external",
    Payout.State.FILED: "pending_external",
    Payout.State.SENT: "pending_external",
    Payout.State.PAID: "completed",
    Payout.State.BOUNCED: "refunded",
    Payout.State.CANCELLED: "expired",
}


@transaction.atomic
def begin(member: Member, kind: str, stroops: int | None) -> AnchorTransfer:
    """Raises Refused."""
    if stroops is not None and stroops <= 0:
        raise Refused("amount_not_positive", "the amount must be more than zero")
    unconfirmed = AnchorTransfer.objects.filter(member=member, is_confirmed=False)
    if unconfirmed.count() >= MOST_OPEN:
        # What was never gone on with is forgotten, the oldest first.
        unconfirmed.order_by("id").first().delete()
    begun = AnchorTransfer.objects.create(member=member, kind=kind, stroops=stroops)
    log_action("anchor.begin", actor=member.user, target=begun.pk, community=member.community, kind=kind)
    return begun


def confirm_deposit(begun: AnchorTransfer, stroops: int) -> None:
    """The member has read where to pay."""
    AnchorTransfer.objects.filter(pk=begun.pk, kind=DEPOSIT, line=None).update(is_confirmed=True, stroops=stroops)


def confirm_withdrawal(begun: AnchorTransfer, payout: Payout) -> None:
    """Raises Refused for one that has led to a withdrawal already. Call in the transaction that asked for it."""
    changed = AnchorTransfer.objects.filter(pk=begun.pk, kind=WITHDRAWAL, payout=None).update(
        is_confirmed=True, stroops=payout.stroops, payout=payout
    )
    if not changed:
        raise Refused("already_confirmed", "this withdrawal was confirmed already")


def note_payment(line: BankLine) -> None:
    """A member's payment has arrived: it ends the deposit of its amount that waits longest, else the one that waits longest."""
    waiting = AnchorTransfer.objects.filter(member=line.member, kind=DEPOSIT, is_confirmed=True, line=None).order_by(
        "id"
    )
    found = waiting.filter(stroops=line.stroops).first() or waiting.first()
    if found and not AnchorTransfer.objects.filter(line=line).exists():
        AnchorTransfer.objects.filter(pk=found.pk, line=None).update(line=line)


def status(begun: AnchorTransfer) -> str:
    if not begun.is_confirmed:
        return "incomplete"
    if begun.kind == WITHDRAWAL:
        return OF_PAYOUT[Payout.State(begun.payout.state)] if begun.payout else "incomplete"
    if begun.line is None:
        return "pending_user_transfer_start"
    minted = mint_of(begun)
    if minted is None:
        return OF_LINE.get(BankLine.State(begun.line.state), "pending_anchor")
    if minted.state == ChainIntent.State.CONFIRMED:
        return "completed"
    return "error" if minted.state == ChainIntent.State.FAILED else "pending_stellar"


def mint_of(begun: AnchorTransfer) -> ChainIntent | None:
    if begun.line is None or begun.line.state not in (BankLine.State.BOOKED, BankLine.State.CHARGEBACK):
        return None
    proposal = begun.line.proposal
    return ChainIntent.objects.filter(key=f"mint:{proposal.reference}").first() if proposal else None


def transaction_of(begun: AnchorTransfer) -> str:
    """The Stellar transaction of the mint or the burn, once there is one."""
    minted = mint_of(begun)
    if minted:
        return minted.transaction_id or ""
    burned = begun.payout.redemption if begun.payout else None
    return (burned.intent.transaction_id or "") if burned else ""


def ended_at(begun: AnchorTransfer) -> datetime | None:
    if begun.payout:
        return begun.payout.closed_at
    minted = mint_of(begun)
    return minted.confirmed_at if minted else None


def moved(begun: AnchorTransfer) -> int | None:
    """What arrived or is paid, else what was asked for."""
    if begun.line:
        return begun.line.stroops
    return begun.payout.stroops if begun.payout else begun.stroops
