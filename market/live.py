"""Live frames of the market: a slot cleared or settled, the book changed."""

from __future__ import annotations

from stelltron.core.live import community_group, send
from stelltron.core.models import Community

from .models import SlotRun


def announce_slot(run: SlotRun) -> None:
    """Tell everybody in the community that a slot was cleared or settled."""
    send(
        community_group(run.community_id),
        kind="slot",
        slot=run.slot.isoformat(),
        state=run.state,
        traded_wh=run.traded_wh,
        surplus_wh=run.surplus_wh,
        deficit_wh=run.deficit_wh,
        price=run.price,
    )


def announce_book(community: Community) -> None:
    """The order book changed: portals reload it."""
    send(community_group(community.pk), kind="book")
