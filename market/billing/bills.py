"""Monthly documents: previewed, issued with numbers without gaps, posted; what comes later has a credit note."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum

from devices.models import SlotReading
from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_market
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Member, User

from ..clearing.closing import oldest_open_slot
from ..models import Bill, BillLine, BillNumber, Dispute, SlotRun, StatementLine
from ..selectors import month_bounds
from ..telling import tell_posted

State = Bill.State
UNSETTLED = (SlotRun.State.SETTLING, SlotRun.State.FAILED)


@dataclass(frozen=True)
class Prepared:
    """What issuing a month would write: documents, and stroops per kind over all of them."""

    documents: int
    notes: int
    total: int
    kinds: dict[str, tuple[int, int]]


@transaction.atomic
def preview_month(community: Community, month: str, *, actor: User | None = None, reason: str = "") -> Prepared:
    """Write the month's documents as previews, replacing earlier ones. Raises Refused."""
    lock_market(community.pk)
    start, end = _bounds(community, month)
    first = start.date()
    Bill.objects.filter(community=community, month=first, state=State.PREVIEW).delete()
    newest = StatementLine.objects.aggregate(at=Max("id"))["at"] or 0
    lines = StatementLine.objects.filter(member__community=community, slot__gte=start, slot__lt=end, id__lte=newest)
    issued = _issued(community, first)
    disputed = Dispute.objects.filter(line__slot__gte=start, line__slot__lt=end, member__community=community)
    frozen = list(disputed.filter(state__in=Dispute.PENDING).select_related("line"))
    released = Dispute.objects.filter(
        left_out_of__community=community, left_out_of__month=first, billed_in=None
    ).exclude(state__in=Dispute.PENDING)
    sums = _sums(lines, issued, frozen, list(released.select_related("line")))
    bills = [
        _preview(community, first, member_id, newest, issued.get(member_id), sums[member_id]) for member_id in sums
    ]
    by_member = {bill.member_id: bill for bill in Bill.objects.bulk_create(bills)}
    BillLine.objects.bulk_create(
        BillLine(bill=by_member[member_id], kind=kind, wh=wh, amount=stroops)
        for member_id, kinds in sums.items()
        for kind, (wh, stroops) in sorted(kinds.items())
    )
    for dispute in frozen:
        bill = by_member.get(dispute.member_id)
        if bill and dispute.line_id > bill.after:
            Dispute.objects.filter(pk=dispute.pk).update(left_out_of=bill)
            Bill.objects.filter(pk=bill.pk).update(disputed=bill.disputed + dispute.line.amount)
            bill.disputed += dispute.line.amount
    for dispute in released:
        Dispute.objects.filter(pk=dispute.pk).update(billed_in=by_member[dispute.member_id])
    if actor:
        log_action("bills.preview", actor=actor, target=month, reason=reason, community=community, documents=len(bills))
    return _prepared(bills, sums)


@transaction.atomic
def issue_month(community: Community, month: str, *, actor: User, reason: str) -> int:
    """Make the month's documents final, as its lines are now. Returns how many. Raises Refused."""
    lock_market(community.pk)
    start, end = _bounds(community, month)
    _require_complete(community, start, end)
    preview_month(community, month)
    previews = list(
        Bill.objects.filter(community=community, month=start.date(), state=State.PREVIEW).order_by("member__code")
    )
    if not previews:
        raise Refused("nothing_to_issue", f"{month} has no lines that are not in a document already")
    now = community.now()
    year = now.astimezone(ZoneInfo(community.time_zone)).year
    for bill, sequence in zip(previews, _numbers(community, year, len(previews)), strict=True):
        bill.state, bill.year, bill.sequence, bill.issued_at = State.FINAL, year, sequence, now
    Bill.objects.bulk_update(previews, ["state", "year", "sequence", "issued_at"])
    log_action(
        "bills.issue",
        actor=actor,
        target=month,
        reason=reason,
        community=community,
        documents=len(previews),
        first=previews[0].number,
        last=previews[-1].number,
        total=sum(bill.total for bill in previews),
    )
    return len(previews)


@transaction.atomic
def post_month(community: Community, month: str, *, actor: User, reason: str) -> int:
    """Hand the month's final documents to the members. Returns how many. Raises Refused."""
    start, _ = _bounds(community, month)
    final = Bill.objects.filter(community=community, month=start.date(), state=State.FINAL)
    bills = list(final.select_for_update())
    if not bills:
        raise Refused("nothing_to_post", f"{month} has no final documents: issue them first")
    posted = final.update(state=State.POSTED, posted_at=community.now())
    tell_posted(bills)
    log_action("bills.post", actor=actor, target=month, reason=reason, community=community, documents=posted)
    return posted


def posted_bills(member: Member) -> QuerySet[Bill]:
    return Bill.objects.filter(member=member, state=State.POSTED).select_related("original").order_by("-id")


def lines_of_bill(bill: Bill) -> QuerySet[StatementLine]:
    """The very lines the document's totals are made of, in order."""
    start, end = month_bounds(bill.community, f"{bill.month:%Y-%m}")
    own = Q(slot__gte=start, slot__lt=end, id__gt=bill.after, id__lte=bill.up_to)
    left_out = Dispute.objects.filter(left_out_of=bill).values("line")
    taken_up = Dispute.objects.filter(billed_in=bill).values("line")
    lines = StatementLine.objects.filter(member=bill.member_id).filter((own & ~Q(pk__in=left_out)) | Q(pk__in=taken_up))
    return lines.order_by("slot", "id")


def due(bill: Bill) -> int:
    """The document's total without what has been disputed since."""
    frozen = lines_of_bill(bill).filter(disputes__state__in=Dispute.PENDING)
    return bill.total - (frozen.aggregate(total=Sum("amount"))["total"] or 0)


def _bounds(community: Community, month: str) -> tuple[datetime, datetime]:
    try:
        return month_bounds(community, month)
    except (ValueError, OverflowError):
        raise Refused("not_a_month", "give the month as YYYY-MM") from None


def _issued(community: Community, first: date) -> dict[object, Bill]:
    """Each member's newest document of the month."""
    bills = Bill.objects.filter(community=community, month=first).exclude(state=State.PREVIEW)
    return {bill.member_id: bill for bill in bills.order_by("member_id", "-id").distinct("member_id")}


def _sums(
    lines: QuerySet[StatementLine],
    issued: dict[object, Bill],
    frozen: Iterable[Dispute],
    released: Iterable[Dispute],
) -> dict[object, dict[str, tuple[int, int]]]:
    """Wh and stroops per member and kind of what no document holds yet."""
    totals: dict[object, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    by_mark: dict[int, list[object]] = defaultdict(list)
    for member_id, bill in issued.items():
        by_mark[bill.up_to].append(member_id)
    parts = [lines.exclude(member__in=list(issued))]
    parts += [lines.filter(member__in=members, id__gt=mark) for mark, members in by_mark.items()]
    pending = [dispute.line_id for dispute in frozen]
    for part in parts:
        rows = part.exclude(pk__in=pending).order_by("member__code").values_list("member_id", "kind")
        for member_id, kind, wh, stroops in rows.annotate(Sum("wh"), Sum("amount")):
            totals[member_id][kind][0] += wh
            totals[member_id][kind][1] += stroops
    for dispute in released:
        totals[dispute.member_id][dispute.line.kind][0] += dispute.line.wh
        totals[dispute.member_id][dispute.line.kind][1] += dispute.line.amount
    return {who: {kind: (wh, stroops) for kind, (wh, stroops) in kinds.items()} for who, kinds in totals.items()}


def _preview(
    community: Community,
    first: date,
    member_id: object,
    newest: int,
    before: Bill | None,
    kinds: dict[str, tuple[int, int]],
) -> Bill:
    return Bill(
        community=community,
        member_id=member_id,
        kind=Bill.Kind.CREDIT_NOTE if before else Bill.Kind.STATEMENT,
        month=first,
        original_id=(before.original_id or before.pk) if before else None,
        after=before.up_to if before else 0,
        up_to=newest,
        total=sum(stroops for _, stroops in kinds.values()),
    )


def _prepared(bills: list[Bill], sums: dict[object, dict[str, tuple[int, int]]]) -> Prepared:
    kinds: dict[str, tuple[int, int]] = {}
    for own in sums.values():
        for kind, (wh, stroops) in own.items():
            known = kinds.get(kind, (0, 0))
            kinds[kind] = known[0] + wh, known[1] + stroops
    notes = sum(bill.kind == Bill.Kind.CREDIT_NOTE for bill in bills)
    return Prepared(len(bills), notes, sum(bill.total for bill in bills), kinds)


def _require_complete(community: Community, start: datetime, end: datetime) -> None:
    if community.now() < end:
        raise Refused("month_not_over", f"the month ends on {end:%Y-%m-%d %H:%M}: preview it until then")
    oldest = oldest_open_slot(community)
    if oldest and oldest < end:
        raise Refused("slots_not_cleared", f"slots from {oldest:%Y-%m-%d %H:%M} UTC on are not cleared yet: wait")
    late = SlotReading.objects.filter(community=community, slot__gte=start, slot__lt=end, state=SlotReading.State.LATE)
    if late.exists():
        raise Refused("late_readings", f"{late.count()} late readings of the month are not settled yet: wait a minute")
    open_runs = SlotRun.objects.filter(community=community, slot__gte=start, slot__lt=end, state__in=UNSETTLED)
    if open_runs.exists():
        raise Refused("slots_not_settled", f"{open_runs.count()} slots of the month are not settled: see the slots")


def _numbers(community: Community, year: int, count: int) -> Iterator[int]:
    """The next ``count`` numbers; a transaction that rolls back gives them back."""
    BillNumber.objects.get_or_create(community=community, year=year)
    counter = BillNumber.objects.select_for_update().get(community=community, year=year)
    first = counter.last + 1
    counter.last += count
    counter.save(update_fields=["last"])
    return iter(range(first, first + count))
