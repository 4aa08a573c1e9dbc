"""Who may ask for how many of a slot's sections: the contract takes 255, from every community of the marketplace.

A settlement takes a section for each grid fee in it. The auctions' sections are set aside, twice, since one that the
contract refuses is settled again; the rest is shared evenly among the communities that trade there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef

from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.ledger.batch import MOST_CHUNK
from stelltron.ledger.models import Seat

from ..grid.zones import Grid, grid_at
from ..models import GridFee, Trade

# For spot trades and late readings of all communities together, where the auctions leave so many.
MOST_SECTIONS_A_SLOT = 200
# Of its community's share one member may begin a quarter.
MEMBERS_PART = 4


class Budget(NamedTuple):
    """A community's sections of one slot: its share, and what it has asked for."""

    share: int
    taken: int

    @property
    def has_room(self) -> bool:
        """For one more settlement. The first is never refused."""
        return not self.taken or self.taken < self.share


def budget_of(community: Community, start: datetime) -> Budget:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(sections), 0) FROM ledger_chainintent WHERE community_id = %s AND slot = %s",
            [community.pk, slots.to_chain(start)],
        )
        taken = int(cursor.fetchone()[0])
    return Budget(share_of_slot(start) if taken else MOST_SECTIONS_A_SLOT, taken)


def share_of_slot(start: datetime) -> int:
    """How many sections of the slot each community may ask for."""
    communities = list(Community.objects.filter(Exists(Seat.objects.filter(member__community=OuterRef("pk")))))
    charging = set(GridFee.objects.filter(valid_from__lte=start).values_list("community", flat=True))
    auctions = sum(
        2 * (_fees(grid_at(community, start)) if community.pk in charging else 1) for community in communities
    )
    rest = min(MOST_CHUNK + 1 - auctions, MOST_SECTIONS_A_SLOT)
    return max(rest // max(len(communities), 1), 1)


def _fees(grid: Grid) -> int:
    """How many different fees there are on the ways between the zones."""
    zones = range(len(grid.fees.zones))
    return len({grid.fees.between(source, drain) for source in zones for drain in zones})


def used_up_by(community: Community, start: datetime, budget: Budget, members: Iterable[object]) -> set[object]:
    """Which of ``members`` have begun so many of the slot's settlements that the rest is the others'.

    The member whose order came last has begun a trade; one that joins a settlement begins none.
    """
    most = max(budget.share // MEMBERS_PART, 1)
    if budget.taken < most:
        return set()
    spot = Trade.objects.filter(community=community, slot=start, venue=Trade.Venue.SPOT)
    first = spot.order_by("intent_id", "id").distinct("intent_id")
    begun: Counter[object] = Counter()
    for buyer, seller, bought_at, sold_at, sections in first.values_list(
        "buyer_id", "seller_id", "buy_order__arrival", "sell_order__arrival", "intent__sections"
    ):
        begun[buyer if bought_at > sold_at else seller] += sections
    return {who for who in members if begun[who] >= most}
