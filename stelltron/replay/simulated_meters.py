"""Many meters behind one MQTT connection: each keeps what is not acknowledged and sends it again."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from devices import wire

from .profile import MeterState

WINDOW = 96
PATIENCE_SECONDS = 2.0


@dataclass
class Meter:
    """A replayed meter: the same messages, numbers and retries as the firmware's."""

    device: str
    key: bytes
    states: Sequence[MeterState]
    acknowledged: int = 0
    sent: int = 0
    last_progress: float = field(default_factory=time.monotonic)

    @property
    def is_done(self) -> bool:
        return self.acknowledged == len(self.states)

    def next_at(self) -> datetime | None:
        """When the oldest reading that is not acknowledged was taken."""
        return None if self.is_done else self.states[self.acknowledged].at

    def message(self, number: int) -> bytes:
        """The bytes of reading ``number``, counted from 1."""
        state = self.states[number - 1]
        return wire.encode(
            self.key,
            wire.Reading(
                v=1,
                device=self.device,
                seq=number,
                low=self.acknowledged + 1,
                boot=state.boot,
                t=int(state.at.timestamp()),
                exp=state.exported_mwh,
                imp=state.imported_mwh,
                p=state.power_w,
            ),
        )

    def take_ack(self, sequence: int, again: bool) -> None:
        if sequence > self.acknowledged:
            self.acknowledged = min(sequence, len(self.states))
            self.last_progress = time.monotonic()
        if again:
            self.sent = self.acknowledged
        self.sent = max(self.sent, self.acknowledged)

    def to_send(self, until: datetime | None) -> list[int]:
        """Numbers to publish now: new ones up to ``until`` within the window, or all again after a silence."""
        if self.sent > self.acknowledged and time.monotonic() - self.last_progress > PATIENCE_SECONDS:
            self.sent = self.acknowledged
            self.last_progress = time.monotonic()
        numbers = []
        while self.sent < len(self.states) and self.sent - self.acknowledged < WINDOW:
            if until is not None and self.states[self.sent].at > until:
                break
            if self.sent == self.acknowledged:
                self.last_progress = time.monotonic()
            self.sent += 1
            numbers.append(self.sent)
        return numbers


class SimulatedMeters:
    """Publishes for all meters and listens to their acknowledgements."""

    def __init__(self, mqtt_url: str, meters: Sequence[Meter]) -> None:
        self.meters = {meter.device: meter for meter in meters}
        self._acks: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        url = urlsplit(mqtt_url)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if url.username:
            self.client.username_pw_set(url.username, url.password)
        self.client.on_connect = lambda client, *_: client.subscribe("st/v1/+/ack", qos=1)
        self.client.on_message = lambda _c, _d, message: self._acks.put((message.topic, bytes(message.payload)))
        self.client.reconnect_delay_set(min_delay=1, max_delay=2)
        self.client.connect_async(url.hostname or "127.0.0.1", url.port or 1883, keepalive=20)
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def step(self, until: datetime | None = None) -> bool:
        """Take acknowledgements, publish what is due by ``until`` of the data clock. Returns whether any moved."""
        moved = self._take_acks()
        if not self.client.is_connected():
            return moved
        batches = {device: meter.to_send(until) for device, meter in self.meters.items()}
        # In order of time across meters, as a neighbourhood would report.
        due = sorted(
            (self.meters[device].states[number - 1].at, device, number)
            for device, numbers in batches.items()
            for number in numbers
        )
        for _, device, number in due:
            # Delivery is ensured by the acknowledgement of the books, not by the broker.
            self.client.publish(wire.telemetry_topic(device), self.meters[device].message(number), qos=0)
        return moved or bool(due)

    def reached(self) -> datetime | None:
        """The data clock: everything measured by then is in the books. None when all is."""
        pending = [at for meter in self.meters.values() if (at := meter.next_at())]
        return min(pending) if pending else None

    def _take_acks(self) -> bool:
        moved = False
        while True:
            try:
                topic, payload = self._acks.get_nowait()
            except queue.Empty:
                return moved
            meter = self.meters.get(topic.split("/")[2])
            if meter is None:
                continue
            try:
                meter.take_ack(*wire.decode_ack(meter.key, payload))
                moved = True
            except (wire.WrongMac, wire.BadMessage):
                continue
