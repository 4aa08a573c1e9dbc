"""Live frames of the market: a slot cleared or settled, the book changed."""

from __future__ import annotations

import threading

from stelltron.core.live import community_group, send
from stelltron.core.models import Community

from .models import SlotRun

BOOK_FRAME_SECONDS = 0.2
_due: set[object] = set()
_frames = threading.Lock()


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
    """The order book changed: portals reload it. A burst of orders makes one frame, sent by a thread of its own."""
    with _frames:
        if community.pk in _due:
            return
        _due.add(community.pk)
    frame = threading.Timer(BOOK_FRAME_SECONDS, _send_book, [community.pk])
    # A command that ends does not wait for it.
    frame.daemon = True
    frame.start()


def _send_book(community_id: object) -> None:
    with _frames:
        _due.discard(community_id)
    send(community_group(community_id), kind="book")
