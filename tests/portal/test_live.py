"""The live sockets over the real channel layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.contrib.auth.models import AnonymousUser

from stelltron.core import live
from stelltron.core.live import community_group, member_group, office_group
from stelltron.core.models import Community
from stelltron.members.models import Member, User
from stelltron.members.services import join
from stelltron.portal import consumers
from stelltron.portal.routing import websocket_urlpatterns
from tests.conftest import START

METER = {"device": "meter-1", "power_w": 700, "exported_wh": 5, "imported_wh": 0, "at": START.isoformat()}


def members() -> tuple[Member, Member]:
    community = Community.objects.create(slug="live", name="Live Co-op", data_time=START, clock="DATA")
    return tuple(
        join(community, name=name, code=name, email=f"{name}@live.example", password="a long password")
        for name in ("maria", "mike")
    )


class Socket(ApplicationCommunicator):
    """A websocket as a browser has it."""

    def __init__(self, path: str, user: object) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": [],
            "subprotocols": [],
            "user": user,
        }
        super().__init__(URLRouter(websocket_urlpatterns), scope)

    async def frame(self) -> dict:
        sent = await self.receive_output(5)
        assert sent["type"] == "websocket.send"
        return json.loads(sent["text"])

    async def say(self, content: object) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(content)})


@asynccontextmanager
async def connected(path: str, user: object) -> AsyncIterator[Socket]:
    socket = Socket(path, user)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(5))["type"] == "websocket.accept"
    try:
        yield socket
    finally:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(5)


async def send(group: str, **frame: object) -> None:
    await asyncio.to_thread(live.send, group, **frame)


@pytest.fixture
def coalesce_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "FRAME_SECONDS", 0.2)


@pytest.mark.django_db(transaction=True)
async def test_who_has_not_signed_in_is_told_so() -> None:
    async with connected("/ws/live", AnonymousUser()) as socket:
        assert (await socket.receive_output(5))["code"] == 4401


@pytest.mark.django_db(transaction=True)
async def test_a_member_gets_a_snapshot_and_then_only_own_frames(coalesce_quickly: None) -> None:
    maria, mike = await sync_to_async(members)()
    async with connected("/ws/live", maria.user) as socket:
        first = await socket.frame()
        assert (first["kind"], first["sequence"], first["meters"]) == ("snapshot", 1, [])
        await send(member_group(mike.pk), kind="meters", meters=[{**METER, "device": "other"}])
        await send(member_group(maria.pk), kind="meters", meters=[METER])
        frame = await socket.frame()
        assert (frame["sequence"], frame["meters"]) == (2, [METER])
        await send(community_group(maria.community_id), kind="book")
        assert (await socket.frame())["kind"] == "book"
        assert await socket.receive_nothing(0.5)


@pytest.mark.django_db(transaction=True)
async def test_a_burst_becomes_one_frame(coalesce_quickly: None) -> None:
    maria, _ = await sync_to_async(members)()
    async with connected("/ws/live", maria.user) as socket:
        await socket.frame()
        await send(member_group(maria.pk), kind="meters", meters=[METER])
        await socket.frame()
        for power in (1, 2, 3):
            await send(member_group(maria.pk), kind="meters", meters=[{**METER, "power_w": power}])
        await send(member_group(maria.pk), kind="meters", meters=[{**METER, "device": "meter-2"}])
        frame = await socket.frame()
        assert {meter["device"]: meter["power_w"] for meter in frame["meters"]} == {"meter-1": 3, "meter-2": 700}
        assert await socket.receive_nothing(0.5)


@pytest.mark.django_db(transaction=True)
async def test_whoever_missed_a_frame_asks_for_a_snapshot(coalesce_quickly: None) -> None:
    maria, _ = await sync_to_async(members)()
    async with connected("/ws/live", maria.user) as socket:
        await socket.frame()
        await socket.say({"want": "snapshot"})
        again = await socket.frame()
        assert (again["kind"], again["sequence"]) == ("snapshot", 2)


@pytest.mark.django_db(transaction=True)
async def test_a_frame_lost_on_its_way_leads_to_a_snapshot(
    coalesce_quickly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "HEARTBEAT_SECONDS", 0.3)
    maria, _ = await sync_to_async(members)()
    group = community_group(maria.community_id)
    async with connected("/ws/live", maria.user) as socket:
        await socket.frame()
        await send(group, kind="book")
        assert (await socket.frame())["kind"] == "book"
        with monkeypatch.context() as broken:
            broken.setattr(live, "get_channel_layer", _Unreachable)
            await send(group, kind="book")
        # The next frame shows the gap ...
        await send(group, kind="slot")
        assert [(await socket.frame())["kind"] for _ in range(2)] == ["snapshot", "slot"]
        with monkeypatch.context() as broken:
            broken.setattr(live, "get_channel_layer", _Unreachable)
            await send(group, kind="book")
        # ... and without one, the heartbeat.
        assert (await socket.frame())["kind"] == "snapshot"
        assert await socket.receive_nothing(1)


class _Unreachable:
    async def group_send(self, *_: object) -> None:
        raise ConnectionError


@pytest.mark.django_db(transaction=True)
async def test_the_office_socket_is_for_staff() -> None:
    maria, mike = await sync_to_async(members)()
    async with connected("/ws/office", maria.user) as socket:
        assert (await socket.receive_output(5))["code"] == 4403
    staff = await sync_to_async(User.objects.create_superuser)("staff@live.example", "a long password")
    async with connected("/ws/office", staff) as socket:
        assert await socket.frame() == {"kind": "snapshot", "sequence": 1}
        await send(office_group(mike.community_id), kind="meters", meters=[METER])
        frame = await socket.frame()
        assert (frame["kind"], frame["meters"], frame["sequence"]) == ("meters", [METER], 2)
        await send(community_group(mike.community_id), kind="slot", slot=START.isoformat(), state="SETTLED")
        assert (await socket.frame())["kind"] == "slot"
