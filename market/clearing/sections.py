"""Who may ask for how many of a slot's sections: the contract takes 255, from every community of the marketplace.

A settlement takes a section for each grid fee in it. The auctions' sections are set aside, twice, since one that the
contract refuses is settled again; the rest is shared evenly among the communities that trade there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from stelltron.core import prepared, slots
from stelltron.core.models import Community
from stelltron.ledger.batch import MOST_CHUNK

from ..grid.zones import grid_at

# For spot trades and late readings of all communities together, where the auctions leave so many.
MOST_SECTIONS_A_SLOT = 200
# Of its community's share one member may begin a quarter.
MEMBERS_PART = 4
# Who trades at all, and whether their grid charges by then.
TRADING = """
SELECT c.id, EXISTS (SELECT 1 FROM market_gridfee f WHERE f.community_id = c.id AND f.valid_from <= %s)
FROM core_community c CROSS JOIN LATERAL (
  SELECT FROM members_member m JOIN ledger_seat s ON s.member_id = m.id WHERE m.community_id = c.id LIMIT 1
) somebody
"""
TAKEN = """
SELECT coalesce(sum(sections), 0)::bigint FROM ledger_chainintent
WHERE community_id = %s AND slot = %s AND NOT payload @> '{"auction": true}'
"""
BEGUN = """
SELECT (payload->>'begun_by')::uuid FROM ledger_chainintent
WHERE community_id = %s AND slot = %s AND payload->>'begun_by' IS NOT NULL GROUP BY 1 HAVING sum(sections) >= %s
"""


class Budget(NamedTuple):
    """A community's sections of one slot beside its auction's: its share, and what it has asked for."""

    share: int
    taken: int

    @property
    def has_room(self) -> bool:
        """For one more settlement. The first is never refused."""
        return not self.taken or self.taken < self.share


def budget_of(community: Community, start: datetime) -> Budget:
    ((taken,),) = prepared.run(TAKEN, [community.pk, slots.to_chain(start)])
    return Budget(share_of_slot(start) if taken else MOST_SECTIONS_A_SLOT, taken)


def share_of_slot(start: datetime) -> int:
    """How many sections of the slot each community may ask for."""
    rows = prepared.run(TRADING, [start]).fetchall()
    paid = [pk for pk, is_charging in rows if is_charging]
    charging = Community.objects.filter(pk__in=paid) if paid else ()
    auctions = len(rows) - len(paid) + sum(_fees(community, start) for community in charging)
    rest = min(MOST_CHUNK + 1 - 2 * auctions, MOST_SECTIONS_A_SLOT)
    return max(rest // max(len(rows), 1), 1)


def _fees(community: Community, start: datetime) -> int:
    """How many different fees there are on the ways between the zones."""
    fees = grid_at(community, start).fees
    zones = range(len(fees.zones))
    return len({fees.between(source, drain) for source in zones for drain in zones})


def used_up_by(community: Community, start: datetime, budget: Budget, members: Iterable[object]) -> set[object]:
    """Which of ``members`` have begun so many of the slot's settlements that the rest is the others'.

    A trade that joins a settlement begins none.
    """
    most = max(budget.share // MEMBERS_PART, 1)
    if budget.taken < most:
        return set()
    begun = {who for (who,) in prepared.run(BEGUN, [community.pk, slots.to_chain(start), most])}
    return begun.intersection(members)
