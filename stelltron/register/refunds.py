"""Money that goes back to members, proposed by one of the Treasury and paid by another.

A surplus is divided here by what each member traded; other rooms put forward what their own rules give.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Abs

from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_refunds
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.core.units import split_pro_rata
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.models import Asset, ChainIntent, JournalLine
from stelltron.members.models import Member, User

from .models import Refund, RefundPart

LARGEST_STROOPS = 10**16
SETTLED = ChainIntent.Kind.SETTLE.lower()
State = Refund.State


@transaction.atomic
def propose(community: Community, first: date, last: date, stroops: int, *, actor: User, reason: str) -> Refund:
    """Divide ``stroops`` among the members who traded from ``first`` to ``last``. Nothing is paid. Raises Refused."""
    lock_refunds(community.pk)
    if last < first:
        raise Refused("period_backwards", "the period ends before it begins: give the earlier day first")
    if not 0 < stroops <= LARGEST_STROOPS:
        raise Refused("amount_out_of_range", "a surplus is more than zero and at most 1,000,000,000 WATT")
    same = Refund.objects.filter(
        community=community, kind=Refund.Kind.PATRONAGE, first_day__lte=last, last_day__gte=first
    )
    if same.exclude(state=State.REJECTED).exists():
        raise Refused("period_divided", "the surplus of some of these days is divided or proposed already")
    traded = traded_by_member(community, first, last)
    if not traded:
        raise Refused("nobody_traded", "no member who can be paid has traded in these days")
    shares = split_pro_rata(stroops, list(traded.values()))
    assert sum(shares) == stroops
    parts = {member: (volume, part) for (member, volume), part in zip(traded.items(), shares, strict=True)}
    return put_forward(community, Refund.Kind.PATRONAGE, (first, last), parts, actor=actor, reason=reason)


@transaction.atomic
def put_forward(
    community: Community,
    kind: str,
    days: tuple[date, date],
    parts: Mapping[Member, tuple[int, int]],
    *,
    actor: User,
    reason: str,
) -> Refund:
    """What each member would get for the days, as (stroops it is reckoned from, stroops). Nothing is paid.

    The caller has reckoned it under ``lock_refunds``. Raises Refused.
    """
    _require_treasury(actor)
    if (
        kind != Refund.Kind.PATRONAGE
        and Refund.objects.filter(community=community, kind=kind, state=State.PROPOSED).exists()
    ):
        raise Refused("already_proposed", "such a refund waits for a second person already: pay or reject it first")
    refund = Refund.objects.create(
        community=community,
        kind=kind,
        first_day=days[0],
        last_day=days[1],
        stroops=sum(stroops for _, stroops in parts.values()),
        reason=reason,
        proposed_by=actor,
    )
    RefundPart.objects.bulk_create(
        RefundPart(refund=refund, member=member, basis=basis, stroops=stroops)
        for member, (basis, stroops) in parts.items()
    )
    _log("refund.propose", refund, actor, reason)
    return refund


def traded_by_member(community: Community, first: date, last: date) -> dict[Member, int]:
    """Stroops that members paid and got in the settlements booked in these days, of those who can be paid today."""
    zone = ZoneInfo(community.time_zone)
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    lines = JournalLine.objects.filter(
        entry__community=community,
        entry__kind=SETTLED,
        entry__posted_at__gte=start,
        entry__posted_at__lt=end,
        asset=Asset.WATT,
    )
    sums = dict(lines.order_by().values_list("account__member").annotate(total=Sum(Abs("amount"))))
    return {member: sums[member.pk] for member in payable(Member.objects.filter(pk__in=sums)).order_by("code")}


def payable(members: QuerySet[Member]) -> QuerySet[Member]:
    """Who of them can be paid today."""
    return members.filter(is_active=True, kyc=Member.Kyc.APPROVED)


@transaction.atomic
def pay(refund: Refund, *, actor: User, reason: str) -> int:
    """The second person agrees: each part arrives as a payment does. Returns how many. Raises Refused."""
    _require_treasury(actor)
    if actor.pk == refund.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this refund: somebody else has to approve it")
    lock_refunds(refund.community_id)
    parts = list(
        refund.parts.filter(stroops__gt=0)
        .select_related("member__community", "member__wallet")
        .order_by("member__code")
    )
    able = set(payable(Member.objects.filter(pk__in=[part.member_id for part in parts])).values_list("pk", flat=True))
    gone = [part.member.code for part in parts if part.member_id not in able]
    if gone:
        raise Refused(
            "cannot_be_paid", f"these cannot be paid any more: {', '.join(gone)}. Reject it and propose it anew"
        )
    change_state(refund, Refund.TRANSITIONS, State.PAID, approved_by=actor, decided_at=datetime.now(UTC))
    for part in parts:
        receive_payment(part.member, part.stroops, f"refund {refund.pk} {part.member.pk}", actor=actor)
    _log("refund.pay", refund, actor, reason)
    return len(parts)


@transaction.atomic
def reject(refund: Refund, *, actor: User, reason: str) -> None:
    """Put a proposal aside; who made it may take it back the same way. Raises Refused."""
    _require_treasury(actor)
    change_state(refund, Refund.TRANSITIONS, State.REJECTED, decided_at=datetime.now(UTC))
    _log("refund.reject", refund, actor, reason)


def _require_treasury(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm("register.change_refund")):
        raise Refused("treasury_only", "refunds are for the Treasury role")


def _log(action: str, refund: Refund, actor: User, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=f"refund {refund.pk}",
        reason=reason,
        community=refund.community,
        kind=refund.kind,
        stroops=refund.stroops,
        first=str(refund.first_day),
        last=str(refund.last_day),
    )
