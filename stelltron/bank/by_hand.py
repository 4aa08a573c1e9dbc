"""Payments that staff booked by hand before their statement was imported: its lines must not book them again.

A line that names the reference, the amount and a likely day of one is that payment. What only resembles one waits for
staff, who see the two beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import reserves
from stelltron.ledger.models import PaymentProposal
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import Member, User
from stelltron.register.models import ShareKind, ShareProposal

from . import references
from .formats import NO_REFERENCE
from .mod97 import compact
from .models import BankLine

State = BankLine.State
Booked = PaymentProposal | ShareProposal
# Seen at the bank, then booked: a little later, or the day before where the bank's clock is ahead.
SOON, AHEAD = timedelta(days=31), timedelta(days=1)


def recognise(line: BankLine, member: Member | None) -> bool:
    """Whether a new credit is, or may be, a payment that was booked by hand; closes it where there is no doubt."""
    found = list(resembling(line, member))
    sure = [booked for booked in found if _is_surely(booked, line)]
    if len(sure) == 1:
        _join(line, sure[0])
    return bool(found)


@transaction.atomic
def join(line: BankLine, reference: str, *, actor: User, reason: str) -> None:
    """Staff say which payment by hand a line is. Raises Refused."""
    require_treasury(actor)
    reserves.lock()
    found = [booked for booked in _by_hand(line) if compact(booked.reference) == compact(reference)]
    if len(found) != 1 or found[0].stroops != line.stroops:
        raise Refused(
            "no_such_payment",
            f"no payment of {money(line.stroops)} was booked by hand under {reference}, or it has its line",
        )
    _join(line, found[0])
    log_action(
        "bank.by_hand",
        actor=actor,
        target=line.bank_reference,
        reason=reason,
        community=line.account.community,
        reference=reference,
    )


def resembling(line: BankLine, member: Member | None = None) -> Iterator[Booked]:
    """What was booked by hand and may be this line."""
    for booked in _by_hand(line):
        same_amount = booked.stroops == line.stroops and member in (None, who(booked))
        if same_amount or _names(line, booked):
            yield booked


def require_not_on_a_statement(proposal: PaymentProposal) -> None:
    """Raises Refused for a payment by hand that a statement may have brought too. Call with ``reserves.lock``."""
    community = proposal.member.community
    if not reserves.has_statements(community) or not of_no_line().filter(pk=proposal.pk).exists():
        return
    line = (
        BankLine.objects.filter(
            Q(member=None) | Q(member=proposal.member),
            account__community=community,
            stroops=proposal.stroops,
            booked_on__lte=proposal.proposed_at.date() + AHEAD,
            state__in=(State.BOOKED, *BankLine.UNBOOKED),
        )
        .select_related("account", "proposal")
        .order_by("id")
    )
    twin = next((one for one in line if one.proposal is None or one.proposal.reference == one.bank_reference), None)
    if twin:
        raise Refused(
            "on_a_statement",
            f"line {twin.pk} of the statements looks like this payment: say there that it was booked by hand, or reject this",
        )


def who(booked: Booked) -> Member | None:
    return booked.taker if isinstance(booked, ShareProposal) else booked.member


def of_no_line() -> QuerySet[PaymentProposal]:
    """What was booked, or is proposed, by hand and is on no statement yet."""
    return PaymentProposal.objects.filter(bank_line=None, bounced_payout=None).exclude(
        state=PaymentProposal.State.REJECTED
    )


def _by_hand(line: BankLine) -> list[Booked]:
    community, since = line.account.community, line.booked_on - AHEAD
    watt = of_no_line().filter(member__community=community, proposed_at__date__gte=since)
    shares = ShareProposal.objects.filter(
        community=community, kind=ShareKind.ISSUE, bank_line=None, proposed_at__date__gte=since
    ).exclude(state=ShareProposal.State.REJECTED)
    return [*watt.select_related("member__community").order_by("id"), *shares.select_related("taker").order_by("id")]


def _names(line: BankLine, booked: Booked) -> bool:
    said = {line.key.upper(), line.end_to_end.upper()} - set(NO_REFERENCE)
    return compact(booked.reference) in {compact(one) for one in said}


def _is_surely(booked: Booked, line: BankLine) -> bool:
    near = booked.proposed_at.date() - line.booked_on <= SOON
    return near and booked.stroops == line.stroops and _names(line, booked)


def _join(line: BankLine, booked: Booked) -> None:
    """The line is that payment: it mints nothing of its own."""
    if isinstance(booked, ShareProposal):
        change_state(line, BankLine.TRANSITIONS, State.SHARES, shares=booked, member=booked.taker)
        return
    is_over = booked.state == PaymentProposal.State.APPROVED
    state = State.BOOKED if is_over else State.PROPOSED
    change_state(line, BankLine.TRANSITIONS, state, proposal=booked, member=booked.member)
    if is_over:
        references.remember(booked.member, line.iban, line.name, pays_in=True)
