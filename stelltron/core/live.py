"""Frames to the portals through Channels: who listens to which group, and sending without ever failing a caller."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def community_group(community_id: object) -> str:
    return f"community.{str(community_id).replace('-', '')}"


def office_group(community_id: object) -> str:
    return f"office.{str(community_id).replace('-', '')}"


def member_group(member_id: object) -> str:
    return f"member.{str(member_id).replace('-', '')}"


def send(group: str, **frame: Any) -> None:
    """What is committed stays so: a portal that misses a frame takes a snapshot."""
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group, {"type": "live.frame", **frame})
    except (OSError, RedisError):
        logger.warning("a live frame could not be sent")
