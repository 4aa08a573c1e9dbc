"""What the members' mandates leave room for in a slot, as the contract will count it when it settles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet, Sum

from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.ledger.models import Seat
from stelltron.ledger.pages import RECORDS_PER_PAGE

from .models import Mandate, Order, Trade

# The contract counts the energy of a page's newest traded slot and of the three before it.
SLOTS_COUNTED = 4
# So many are looked up one by one; of more, everybody's trades are summed.
FEW = 500


@dataclass(frozen=True)
class Room:
    """What a mandate in force over a whole slot allows, and the Wh it still leaves there."""

    sells: bool
    buys: bool
    sell_at_least: int
    buy_at_most: int
    wh: int

    def allows(self, side: str, price: int) -> bool:
        return within(self, side, price)


def within(mandate: Mandate | Room, side: str, price: int) -> bool:
    """Whether the mandate lets the member trade on ``side`` at ``price``."""
    if side == Order.Side.SELL:
        return mandate.sells and price >= mandate.sell_at_least
    return mandate.buys and price <= mandate.buy_at_most


def rooms(community: Community, start: datetime, members: Iterable[object]) -> dict[object, Room]:
    """Per member who may trade in the slot at all: the mandate and what is left of its limits."""
    mandates = mandates_in(community, start, members)
    terms = ("member_id", "sells", "buys", "sell_at_least", "buy_at_most", "slot_wh", "day_wh")
    found = {who: given for who, *given in mandates.values_list(*terms)}
    if not found:
        return {}
    in_slot, on_day = _traded(community, start, found)
    left_behind = _left_behind(community, start, found)
    return {
        who: Room(*limits, wh=max(min(slot_wh - in_slot.get(who, 0), day_wh - on_day.get(who, 0)), 0))
        for who, (*limits, slot_wh, day_wh) in found.items()
        if who not in left_behind
    }


def mandates_in(community: Community, start: datetime, members: Iterable[object]) -> QuerySet[Mandate]:
    """What the contract holds the slot to: the mandate in force over all of it, also one that was replaced since.

    Of several the last of a member's counts.
    """
    end = slots.next_slot(start, community.slot_minutes)
    counted = (Mandate.State.ACTIVE, Mandate.State.ENDED)
    covering = Mandate.objects.filter(
        member__in=list(members), state__in=counted, valid_from__lte=start, valid_until__gte=end
    )
    return covering.order_by("id")


def is_counted(community: Community, older: datetime, newer: datetime) -> bool:
    """Whether the contract still counts ``older`` once a member has traded in ``newer``."""
    return newer - older < timedelta(minutes=community.slot_minutes) * SLOTS_COUNTED


def _left_behind(community: Community, start: datetime, members: Iterable[object]) -> set[object]:
    """Who cannot trade in the slot any more: somebody on their page of seats has traded in one too new for it.

    Pages are the contract's, so the neighbours may be another community's.
    """
    too_new = start + timedelta(minutes=community.slot_minutes) * SLOTS_COUNTED
    # Naming every community lets the index on community and slot answer.
    newer = _counted().filter(community__in=Community.objects.all(), slot__gte=too_new)
    ahead: set[object] = set()
    for side in ("buyer_id", "seller_id"):
        ahead |= set(newer.order_by().values_list(side, flat=True).distinct())
    if not ahead:
        return set()
    indexes = Seat.objects.filter(member__in=ahead).values_list("index", flat=True)
    pages = {index // RECORDS_PER_PAGE for index in indexes}
    seats = Seat.objects.filter(member__in=list(members)).values_list("member_id", "index")
    return {member for member, index in seats if index // RECORDS_PER_PAGE in pages}


def _counted() -> QuerySet[Trade]:
    """What the marketplace contract counts: stored energy is sold through the locks contract."""
    return Trade.objects.exclude(state=Trade.State.FAILED).exclude(venue=Trade.Venue.STORED)


def _traded(
    community: Community, start: datetime, members: Collection[object]
) -> tuple[dict[object, int], dict[object, int]]:
    """Wh traded per member in the slot and on its UTC day."""
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    live = _counted().filter(community=community)
    in_slot: dict[object, int] = defaultdict(int)
    on_day: dict[object, int] = defaultdict(int)
    for side in ("buyer_id", "seller_id"):
        today = live.filter(slot__gte=midnight, slot__lt=midnight + timedelta(days=1))
        if len(members) <= FEW:
            today = today.filter(**{f"{side}__in": list(members)})
        for who, slot, wh in today.values_list(side, "slot").annotate(Sum("wh")).order_by():
            on_day[who] += wh
            if slot == start:
                in_slot[who] += wh
    return in_slot, on_day
