"""Websockets: a snapshot on connect, then numbered frames; where one was missed, a snapshot again.

Frames are numbered per group where they are made, so that one lost on its way here shows with the next, or with the
heartbeat; and per socket where they leave, so that a browser sees what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from redis.exceptions import RedisError

from stelltron.core.live import community_group, member_group, numbers, office_group
from stelltron.core.models import Community
from stelltron.members.models import Member, User

from .access import member_of
from .selectors.live import member_snapshot

NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
# Meters come at most once a second already; this only gathers bursts of slots and orders.
FRAME_SECONDS = 0.25
HEARTBEAT_SECONDS = 10.0


class LiveSocket(AsyncJsonWebsocketConsumer):
    """Joins its groups and numbers what it sends."""

    async def connect(self) -> None:
        self.joined: list[str] = []
        self.seen: dict[str, int] = {}
        self.heart: asyncio.Task | None = None
        self.sequence = 0
        # Accepted first: a browser only learns the close code of a socket that was open.
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return
        groups = await self.groups_to_join()
        if groups is None:
            await self.close(NOT_ALLOWED)
            return
        for group in groups:
            await self.channel_layer.group_add(group, self.channel_name)
            self.joined.append(group)
        self.seen = await asyncio.to_thread(numbers, self.joined)
        await self.greet()
        self.heart = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        if self.heart:
            self.heart.cancel()
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def groups_to_join(self) -> list[str] | None:
        """None: this user may not listen here."""
        raise NotImplementedError

    async def greet(self) -> None:
        """What a new connection sees first."""

    async def live_frame(self, event: dict[str, Any]) -> None:
        frame = {key: value for key, value in event.items() if key not in ("type", "group", "number")}
        if self._has_missed_before(event):
            await self.look_again()
        await self.pass_on(frame)

    def _has_missed_before(self, event: dict[str, Any]) -> bool:
        """Two senders' frames may come the wrong way round: only what is further on than the next counts."""
        group, number = event.get("group"), event.get("number", 0)
        last = self.seen.get(group, number)
        if group:
            self.seen[group] = max(last, number)
        return number > last + 1

    async def _beat(self) -> None:
        """Find what was lost after the last frame that came."""
        reachable = True
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                now = await asyncio.to_thread(numbers, self.joined)
            except (OSError, RedisError):
                reachable = False
                continue
            if not reachable or any(number > self.seen.get(group, 0) for group, number in now.items()):
                self.seen = now
                await self.look_again()
            reachable = True

    async def pass_on(self, frame: dict[str, Any]) -> None:
        await self.send_frame(frame)

    async def look_again(self) -> None:
        """Something was missed: what a new connection sees first."""
        await self.greet()

    async def send_frame(self, frame: dict[str, Any]) -> None:
        self.sequence += 1
        await self.send_json({**frame, "sequence": self.sequence})


class MemberSocket(LiveSocket):
    """A member's own meters and their community's slots and book, gathered to a few frames a second."""

    async def connect(self) -> None:
        self.member: Member | None = None
        self.pending: dict[str, dict[str, Any]] = {}
        self.flusher: asyncio.Task | None = None
        self.flushed_at = 0.0
        await super().connect()

    async def disconnect(self, code: int) -> None:
        if self.flusher:
            self.flusher.cancel()
        await super().disconnect(code)

    async def groups_to_join(self) -> list[str] | None:
        self.member = await database_sync_to_async(member_of)(self.scope["user"])
        if self.member is None:
            return None
        return [member_group(self.member.pk), community_group(self.member.community_id)]

    async def greet(self) -> None:
        snapshot = await database_sync_to_async(member_snapshot)(self.member)
        await self.send_frame({"kind": "snapshot", **snapshot})

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if self.member and isinstance(content, dict) and content.get("want") == "snapshot":
            await self.look_again()

    async def pass_on(self, frame: dict[str, Any]) -> None:
        self._later(frame)

    async def look_again(self) -> None:
        self._later({"kind": "snapshot"})

    def _later(self, frame: dict[str, Any]) -> None:
        waiting = self.pending.get(frame["kind"])
        if waiting and "meters" in frame:
            meters = {meter["device"]: meter for meter in (*waiting["meters"], *frame["meters"])}
            frame = {**frame, "meters": list(meters.values())}
        self.pending[frame["kind"]] = frame
        if self.flusher is None or self.flusher.done():
            self.flusher = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        while self.pending:
            await asyncio.sleep(max(0.0, self.flushed_at + FRAME_SECONDS - time.monotonic()))
            frames, self.pending = self.pending, {}
            self.flushed_at = time.monotonic()
            for frame in frames.values():
                # The socket may close between two frames.
                with contextlib.suppress(RuntimeError):
                    await (self.greet() if frame["kind"] == "snapshot" else self.send_frame(frame))


class OfficeSocket(LiveSocket):
    """Every community's meters, slots and book, for staff who may see communities."""

    async def groups_to_join(self) -> list[str] | None:
        return await database_sync_to_async(_office_groups)(self.scope["user"])

    async def greet(self) -> None:
        """Listening from here on: a page that was loaded before may look again."""
        await self.send_frame({"kind": "snapshot"})


def _office_groups(user: User) -> list[str] | None:
    if not (user.is_active and user.is_staff and user.has_perm("core.view_community")):
        return None
    communities = list(Community.objects.values_list("pk", flat=True))
    return [group(pk) for pk in communities for group in (office_group, community_group)]
