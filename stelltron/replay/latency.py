"""How long a reading of the firmware meter takes to its owner's screen, in the running sample co-op."""

from __future__ import annotations

import json
import statistics
import time
from datetime import datetime
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from stelltron.core.errors import Refused
from stelltron.members.models import Member

from .sunrise import FIRMWARE_HOME, SLUG

READINGS = 20
LIMIT_SECONDS = 2.0
PATIENCE_SECONDS = 60


def measure(address: str, data: Path) -> dict[str, float | int]:
    """Seconds from the moment a reading was taken (by the meter's clock) to its frame on the member's websocket.

    Raises Refused when no co-op is running at ``address``.
    """
    member = Member.objects.filter(community__slug=SLUG, code=FIRMWARE_HOME).select_related("user").first()
    clock_file = data / "firmware" / "clock.json"
    if member is None or not clock_file.exists():
        raise Refused("not_running", "start the sample co-op first: bin/up")
    clock = json.loads(clock_file.read_text())
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session(member)}"}
    delays: list[float] = []
    seen: str | None = None
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        with connect(f"ws://{address}/ws/live", additional_headers=headers, origin=f"http://{address}") as socket:
            while len(delays) < READINGS and time.monotonic() < deadline:
                frame = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
                for meter in frame.get("meters", []) if frame.get("kind") == "meters" else []:
                    if meter["device"] == FIRMWARE_HOME and meter["at"] != seen:
                        seen = meter["at"]
                        taken = (
                            clock["wall"] + (datetime.fromisoformat(seen).timestamp() - clock["data"]) / clock["rate"]
                        )
                        delays.append(time.time() - taken)
    except (OSError, TimeoutError, WebSocketException) as problem:
        raise Refused("not_running", f"the portal at {address} does not answer ({problem}): start bin/up") from None
    return {
        "readings": len(delays),
        "seconds_min": round(min(delays, default=0), 3),
        "seconds_median": round(statistics.median(delays), 3) if delays else 0,
        "seconds_max": round(max(delays, default=0), 3),
        "limit_seconds": LIMIT_SECONDS,
    }


def _session(member: Member) -> str:
    """A session of the member's user, as a sign-in would make it."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(member.user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    store.save()
    return store.session_key
