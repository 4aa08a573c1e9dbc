"""A battery's meter on the real broker, and the co-op's ear on the same: for tests of stored energy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from django.conf import settings
from paho.mqtt.enums import CallbackAPIVersion
from stellar_sdk import Keypair

from devices import wire
from devices.answers import take_answer
from devices.ingest import Message
from devices.lock_wire import signed_message
from devices.models import Device


def subscribed(topic: str, take: Callable[[Message], None]) -> mqtt.Client:
    """A client that is certain to hear what is published from now on."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    ready: list[int] = []
    client.on_subscribe = lambda *_: ready.append(1)
    client.on_message = lambda _c, _d, m: take(Message(m.topic, bytes(m.payload)))
    client.connect("127.0.0.1", urlsplit(settings.MQTT_URL).port)
    client.subscribe(topic, qos=1)
    client.loop_start()
    until(lambda: bool(ready))
    return client


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "nothing came in time"
        time.sleep(0.01)


class Battery:
    """Signs what it is asked, as long as it is ``willing``."""

    def __init__(self, device: Device) -> None:
        self.device, self.key = device, Keypair.random()
        self.willing = True
        self.answers: list[Message] = []
        self.commands: list[dict] = []
        self.ear = subscribed("st/v1/+/answer", self.answers.append)
        self.client = subscribed(wire.command_topic(device.pk), self._obey)
        self.say("hello")
        self.hear()

    def close(self) -> None:
        for client in (self.client, self.ear):
            client.disconnect()
            client.loop_stop()

    def hear(self, count: int = 1) -> None:
        """Give the co-op the next answers."""
        until(lambda: len(self.answers) >= count)
        heard, self.answers[:] = list(self.answers), []
        for message in heard:
            take_answer(message)

    def say(self, do: str, lock: str = "", wh: int = 0, signature: bytes = b"", key: bytes | None = None) -> None:
        shown = (key or self.key.raw_public_key()).hex()
        body = json.dumps(
            {"v": 1, "device": self.device.pk, "do": do, "key": shown, "id": lock, "wh": wh, "sig": signature.hex()}
        )
        payload = wire.seal(self.device.hmac_key(), body.encode())
        self.client.publish(wire.answer_topic(self.device.pk), payload, qos=1)

    def signed(self, command: dict) -> bytes:
        return self.key.sign(signed_message(command["do"], command["contract"], command["id"], command["wh"]))

    def _obey(self, message: Message) -> None:
        wire.check_mac(self.device.hmac_key(), message.payload)
        command = json.loads(message.payload)
        self.commands.append(command)
        if self.willing:
            self.say(command["do"], command["id"], command["wh"], self.signed(command))
