"""What members get back of their grid fees for the GRID they have at stake.

Everybody's trades pay the grid its whole tariff. The discount is the co-op's: what it comes to is reckoned from the
grid fees on the statement, and two of the Treasury pay it back once a month is over. A ``FeeDiscount`` counts for the
slots from its beginning until a later row's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from stelltron.core import slots
from stelltron.core.advisory_locks import lock_refunds
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Member, User
from stelltron.register import refunds
from stelltron.register.models import Refund, RefundPart

from ..models import Dispute, FeeDiscount, StatementLine
from ..selectors import month_bounds, month_of

WHOLE = 100
Kind = Refund.Kind
# A line that takes a fee back takes its discount back with it: the division rounds toward zero for both.
BACK = -F("fee") * F("percent") / WHOLE


def newest(member: Member) -> FeeDiscount | None:
    """What holds for the member, or will from the next slot on; none before the first."""
    return FeeDiscount.objects.filter(member=member).first()


def newest_percents() -> dict[object, int]:
    """What ``newest`` says, of everybody who ever had a discount."""
    rows = FeeDiscount.objects.order_by("member_id", "-valid_from", "-id").distinct("member_id")
    return dict(rows.values_list("member_id", "percent"))


@transaction.atomic
def change_discount(member: Member, percent: int) -> None:
    """``percent`` of the member's grid fee comes back, from the next slot on. One caller a member at a time."""
    last = newest(member)
    if percent == (last.percent if last else 0):
        return
    community = Community.objects.get(pk=member.community_id)
    running = slots.slot_of(community.now(), community.slot_minutes)
    start = slots.next_slot(running, community.slot_minutes)
    FeeDiscount.objects.create(member=member, percent=percent, valid_from=start)


def discounted(lines: QuerySet[StatementLine]) -> QuerySet[StatementLine]:
    """The grid fees among ``lines`` of which a part comes back, with the ``percent`` in force in their slot.

    ``fee`` is the line's amount with what a dispute gave back of it. While a dispute is open its line is left out.
    """
    in_force = FeeDiscount.objects.filter(member=OuterRef("member"), valid_from__lte=OuterRef("slot"))
    fees = lines.filter(kind=StatementLine.Kind.GRID_FEE)
    newest_first = {name: Subquery(in_force.values(name)[:1]) for name in ("percent", "at_trade")}
    disputes = Dispute.objects.filter(line=OuterRef("pk"))
    # A line is decided about once.
    given_back = Subquery(disputes.filter(state=Dispute.State.UPHELD).values("correction")[:1])
    fee = F("amount") + Coalesce(given_back, 0, output_field=BigIntegerField())
    undisputed = fees.exclude(Exists(disputes.filter(state__in=Dispute.PENDING)))
    return undisputed.annotate(fee=fee, **newest_first).filter(percent__gt=0, at_trade=False)


def comes_back(lines: QuerySet[StatementLine]) -> int:
    """Stroops of the lines' grid fees that the discount gives back, each line's rounded down."""
    return discounted(lines).aggregate(sum=Sum(BACK))["sum"] or 0


def discount_on(line: StatementLine) -> StatementLine | None:
    """The line with the ``percent`` of its grid fee that comes ``back`` and how much that is (stroops), if any does."""
    return discounted(StatementLine.objects.filter(pk=line.pk)).annotate(back=BACK).first()


def comes_back_of_month(member: Member, month: str) -> int:
    """The same of a month of the community's calendar (``2026-06``). Raises ValueError."""
    start, end = month_bounds(member.community, month)
    return comes_back(StatementLine.objects.filter(member=member, slot__gte=start, slot__lt=end))


def paid_back(member: Member) -> QuerySet[RefundPart]:
    """The member's discounts that were paid, the last first."""
    paid = member.refund_parts.filter(refund__kind=Kind.FEE_DISCOUNTS, refund__state=Refund.State.PAID)
    return paid.select_related("refund").order_by("-refund")


def owed(members: QuerySet[Member], until: datetime) -> dict[object, tuple[int, int]]:
    """(fees that had a discount, stroops not paid back yet) per member, for all slots before ``until``.

    Corrections of months that were paid are in it. Who was paid more than it came to in the end is left out until later
    fees make up for it.
    """
    who = members.filter(fee_discounts__percent__gt=0).values("pk")
    fees = discounted(StatementLine.objects.filter(member__in=who, slot__lt=until))
    sums = fees.order_by().values_list("member").annotate(fees=-Sum("fee"), back=Sum(BACK))
    parts = RefundPart.objects.filter(member__in=who, refund__kind=Kind.FEE_DISCOUNTS, refund__state=Refund.State.PAID)
    paid = dict(parts.order_by().values_list("member").annotate(Sum("stroops")))
    rest = {who: (fee, back - paid.get(who, 0)) for who, fee, back in sums}
    return {who: (fee, left) for who, (fee, left) in rest.items() if left > 0}


@transaction.atomic
def propose_paying_back(community: Community, month: str, *, actor: User, reason: str) -> Refund:
    """Put forward what is owed up to the end of ``month`` (``2026-06``); a second person pays it. Raises Refused."""
    try:
        _, end = month_bounds(community, month)
    except ValueError as problem:
        raise Refused("no_such_month", "give the month as 2026-06") from problem
    lock_refunds(community.pk)
    if community.now() < end:
        raise Refused("month_not_over", f"{month} is not over yet in {community}: pay back the month before")
    rest = owed(Member.objects.filter(community=community), end)
    if not rest:
        raise Refused("nothing_owed", f"nothing is owed until the end of {month}: everything is paid back")
    parts = {member: rest[member.pk] for member in refunds.payable(Member.objects.filter(pk__in=rest)).order_by("code")}
    if not parts:
        raise Refused("nobody_can_be_paid", "nobody whom it is owed to can be paid: look at their identity checks")
    last = (end - timedelta(minutes=1)).astimezone(ZoneInfo(community.time_zone)).date()
    first = min(_first_day(community), last)
    return refunds.put_forward(community, Kind.FEE_DISCOUNTS, (first, last), parts, actor=actor, reason=reason)


def owing() -> Iterable[tuple[Community, str, int]]:
    """(community, last month that is over, stroops owed until its end) of those who owe something."""
    having = FeeDiscount.objects.filter(percent__gt=0).values("member__community")
    for community in Community.objects.filter(pk__in=having).order_by("slug"):
        end, _ = month_bounds(community, month_of(community, community.now()))
        if (done := _paid(community)) and done.last_day >= (end - timedelta(days=1)).date():
            # What was corrected since comes with the next month.
            continue
        stroops = sum(left for _, left in owed(Member.objects.filter(community=community), end).values())
        if stroops:
            yield community, month_of(community, end - timedelta(days=1)), stroops


def _first_day(community: Community) -> date:
    """After what was paid last; before that, since the first discount."""
    if before := _paid(community):
        return before.last_day + timedelta(days=1)
    began = FeeDiscount.objects.filter(member__community=community).earliest("valid_from").valid_from
    return began.astimezone(ZoneInfo(community.time_zone)).date()


def _paid(community: Community) -> Refund | None:
    done = Refund.objects.filter(community=community, kind=Kind.FEE_DISCOUNTS, state=Refund.State.PAID)
    return done.order_by("-last_day").first()
