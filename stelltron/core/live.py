"""Frames to the portals through Channels: who listens to which group, and sending without ever failing a caller."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
# Groups of which this process could not send a frame: their next number leaves one out.
_lost: dict[str, int] = {}


def community_group(community_id: object) -> str:
    return f"community.{str(community_id).replace('-', '')}"


def office_group(community_id: object) -> str:
    return f"office.{str(community_id).replace('-', '')}"


def member_group(member_id: object) -> str:
    return f"member.{str(member_id).replace('-', '')}"


def send(group: str, **frame: Any) -> None:
    """What is committed stays so: a portal that misses a frame sees a gap in the group's numbers, and looks again."""
    layer = get_channel_layer()
    try:
        number = _valkey().incr(_counter(group), 1 + _lost.pop(group, 0))
        async_to_sync(layer.group_send)(group, {"type": "live.frame", "group": group, "number": number, **frame})
    except (OSError, RedisError):
        _lost[group] = 1
        logger.warning("a live frame could not be sent")


def numbers(groups: Sequence[str]) -> dict[str, int]:
    """The number of the last frame of each group."""
    if not groups:
        return {}
    counted = _valkey().mget([_counter(group) for group in groups])
    return {group: int(number or 0) for group, number in zip(groups, counted, strict=True)}


def _counter(group: str) -> str:
    return f"live:{group}"


@cache
def _valkey() -> Redis:
    return Redis.from_url(f"{settings.VALKEY_URL}/2")
