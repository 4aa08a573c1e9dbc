"""What the members' mandates leave room for in a slot, as the contract will count it when it settles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from stelltron.core import prepared, slots
from stelltron.core.models import Community
from stelltron.ledger.models import Seat
from stelltron.ledger.pages import RECORDS_PER_PAGE

from ..models import Mandate, Order

# The contract counts the energy of a page's newest traded slot and of the three before it.
SLOTS_COUNTED = 4
# One statement, since every order asks it: what the contract holds the slot to, that is the mandate in force over all of
# it, also one that was replaced since, and of several the last; and the energy traded in the slot and on
# its UTC day as the marketplace contract counts it, which knows nothing of stored energy sold ahead.
ROOMS = """
SELECT DISTINCT ON (m.member_id) m.member_id, m.sells, m.buys, m.sell_at_least, m.buy_at_most,
       least(m.slot_wh - traded.in_slot, m.day_wh - traded.on_day)
FROM market_mandate m CROSS JOIN LATERAL (
  SELECT coalesce(sum(wh) FILTER (WHERE slot = %(start)s), 0)::bigint AS in_slot, coalesce(sum(wh), 0)::bigint AS on_day
  FROM (
    SELECT slot, wh FROM market_trade
    WHERE buyer_id = m.member_id AND slot >= %(midnight)s AND slot < %(next_midnight)s AND state <> 'FAILED' AND venue <> 'STORED'
    UNION ALL
    SELECT slot, wh FROM market_trade
    WHERE seller_id = m.member_id AND slot >= %(midnight)s AND slot < %(next_midnight)s AND state <> 'FAILED' AND venue <> 'STORED'
  ) day
) traded
WHERE m.member_id = ANY(%(members)s::uuid[]) AND m.state IN ('ACTIVE', 'ENDED')
  AND m.valid_from <= %(start)s AND m.valid_until >= %(end)s
ORDER BY m.member_id, m.id DESC
"""
# Who has traded from a slot on, counted as in ROOMS. Naming every community lets the index on community and slot answer.
AHEAD = """
SELECT DISTINCT buyer_id, seller_id FROM market_trade
WHERE community_id IN (SELECT id FROM core_community) AND slot >= %s AND state <> 'FAILED' AND venue <> 'STORED'
"""


class Room(NamedTuple):
    """What a mandate in force over a whole slot allows, and the Wh it still leaves there."""

    sells: bool
    buys: bool
    sell_at_least: int
    buy_at_most: int
    wh: int

    def allows(self, side: str, price: int) -> bool:
        return within(self, side, price)


def within(mandate: Mandate | Terms | Room, side: str, price: int) -> bool:
    """Whether the mandate lets the member trade on ``side`` at ``price``."""
    if side == Order.Side.SELL:
        return mandate.sells and price >= mandate.sell_at_least
    return mandate.buys and price <= mandate.buy_at_most


class Terms(NamedTuple):
    """What a mandate in force over a whole slot allows."""

    sells: bool
    buys: bool
    sell_at_least: int
    buy_at_most: int
    slot_wh: int
    day_wh: int


def rooms(community: Community, start: datetime, members: Iterable[object]) -> dict[object, Room]:
    """Per member who may trade in the slot at all: the mandate and what is left of its limits."""
    end = slots.next_slot(start, community.slot_minutes)
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {
        "members": prepared.array(set(members)),
        "start": start,
        "end": end,
        "midnight": midnight,
        "next_midnight": midnight + timedelta(days=1),
    }
    found = {who: Room(*terms, wh=max(wh, 0)) for who, *terms, wh in prepared.run(ROOMS, asked)}
    behind = _left_behind(community, start, found) if found else set()
    return {who: room for who, room in found.items() if who not in behind}


def is_counted(community: Community, older: datetime, newer: datetime) -> bool:
    """Whether the contract still counts ``older`` once a member has traded in ``newer``."""
    return newer - older < timedelta(minutes=community.slot_minutes) * SLOTS_COUNTED


def _left_behind(community: Community, start: datetime, members: Iterable[object]) -> set[object]:
    """Who cannot trade in the slot any more: somebody on their page of seats has traded in one too new for it.

    Pages are the contract's, so the neighbours may be another community's.
    """
    too_new = start + timedelta(minutes=community.slot_minutes) * SLOTS_COUNTED
    ahead = {who for pair in prepared.run(AHEAD, [too_new]) for who in pair}
    if not ahead:
        return set()
    indexes = Seat.objects.filter(member__in=ahead).values_list("index", flat=True)
    pages = {index // RECORDS_PER_PAGE for index in indexes}
    seats = Seat.objects.filter(member__in=list(members)).values_list("member_id", "index")
    return {member for member, index in seats if index // RECORDS_PER_PAGE in pages}
