"""Live frames of the market: a slot cleared or settled, the book changed."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from stelltron.core.models import Community

from .models import SlotRun

logger = logging.getLogger(__name__)


def community_group(community_id: object) -> str:
    return f"community.{str(community_id).replace('-', '')}"


def announce_slot(run: SlotRun) -> None:
    """Tell everybody in the community that a slot was cleared or settled."""
    _send(
        run.community_id,
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
    _send(community.pk, kind="book")


def _send(community_id: object, **frame: Any) -> None:
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(community_group(community_id), {"type": "live.frame", **frame})
    except (OSError, RedisError):
        # The books are committed; a portal that misses a frame takes a snapshot.
        logger.warning("a live frame could not be sent")
