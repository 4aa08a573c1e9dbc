"""What came in from a member, and what they had paid out: the days and amounts that limits and patterns look at."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q, QuerySet

from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member

from . import by_hand
from .models import BankLine, Payout

Move = tuple[date, int]
WEEK, MONTH = 7, 30
# What counts against the limits: money of the member's that came in or may yet, and what they asked to be paid.
COUNTED_IN = (BankLine.State.HELD, BankLine.State.PROPOSED, BankLine.State.BOOKED)
NOT_COUNTED_OUT = (Payout.State.FAILED, Payout.State.CANCELLED, Payout.State.BOUNCED)


def beside_line(member: Member, line: BankLine) -> list[Move]:
    # What waits behind it counts when its own turn comes.
    earlier = Q(pk__lt=line.pk) | Q(state=BankLine.State.BOOKED)
    lines = _lines(member).filter(earlier).exclude(pk=line.pk)
    return [*_on_statements(lines, line.booked_on), *_typed(by_hand.of_no_line(), member, line.booked_on)]


def beside_payment_by_hand(proposal: PaymentProposal) -> list[Move]:
    day, member = proposal.proposed_at.date(), proposal.member
    earlier = Q(pk__lt=proposal.pk) | Q(state=PaymentProposal.State.APPROVED)
    others = by_hand.of_no_line().filter(earlier).exclude(pk=proposal.pk)
    # Once joined, its own line is the same money.
    lines = _lines(member).exclude(proposal=proposal)
    return [*_on_statements(lines, day), *_typed(others, member, day)]


def beside_payout(member: Member, payout: Payout) -> list[Move]:
    since, until = _month(payout.asked_at.date())
    rows = asked(member).exclude(pk=payout.pk).filter(asked_at__date__gt=since, asked_at__date__lte=until)
    return [(at.date(), stroops) for at, stroops in rows.values_list("asked_at", "stroops")]


def asked(member: Member) -> QuerySet[Payout]:
    return Payout.objects.filter(member=member, kind=Payout.Kind.WITHDRAWAL).exclude(state__in=NOT_COUNTED_OUT)


def within(moves: list[Move], on: date, days: int) -> list[int]:
    """The amounts of the ``days`` that end with ``on``."""
    return [stroops for day, stroops in moves if on - timedelta(days=days) < day <= on]


def _lines(member: Member) -> QuerySet[BankLine]:
    return BankLine.objects.filter(member=member, state__in=COUNTED_IN)


def _on_statements(lines: QuerySet[BankLine], on: date) -> list[Move]:
    since, until = _month(on)
    return list(lines.filter(booked_on__gt=since, booked_on__lte=until).values_list("booked_on", "stroops"))


def _typed(proposals: QuerySet[PaymentProposal], member: Member, on: date) -> list[Move]:
    since, until = _month(on)
    rows = proposals.filter(member=member, proposed_at__date__gt=since, proposed_at__date__lte=until)
    return [(at.date(), stroops) for at, stroops in rows.values_list("proposed_at", "stroops")]


def _month(on: date) -> tuple[date, date]:
    return on - timedelta(days=MONTH), on
