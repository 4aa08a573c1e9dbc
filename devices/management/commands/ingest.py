from __future__ import annotations

import logging
import queue
import signal
import time
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from celery import current_app
from django.conf import settings
from django.core.management import BaseCommand
from kombu.exceptions import OperationalError
from paho.mqtt.enums import CallbackAPIVersion

from devices import wire
from devices.answers import take_answer
from devices.ingest import Ingest, Message, Outcome
from devices.live import LiveFrames
from stelltron.core.actions import beat

logger = logging.getLogger(__name__)
BATCH = 2_000
WAKE_SECONDS = 0.25
SUBSCRIPTIONS = [("$share/ingest/st/v1/+/telemetry", 1), ("$share/ingest/st/v1/+/answer", 1)]


class Command(BaseCommand):
    help = "Take telemetry from the MQTT broker into the database, until stopped."

    def handle(self, *args: object, **options: object) -> None:
        self.leaving = False
        self.woken = 0.0
        self.arrived: queue.SimpleQueue[Message] = queue.SimpleQueue()
        signal.signal(signal.SIGTERM, self._leave)
        self.ingest, self.frames = Ingest(), LiveFrames()
        self.client = self._connect()
        beaten = 0.0
        while not self.leaving:
            batch = self._collect()
            for message in batch:
                if message.is_answer:
                    take_answer(message)
            batch = [message for message in batch if not message.is_answer]
            for outcome in self.ingest.take_what_fits(batch) if batch else ():
                self._answer(outcome)
            if self.frames.due():
                self.frames.flush()
            if time.monotonic() - beaten > 5:
                beat("ingest")
                beaten = time.monotonic()
        self.client.loop_stop()

    def _connect(self) -> mqtt.Client:
        url = urlsplit(settings.MQTT_URL)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", clean_session=True)
        if url.username:
            client.username_pw_set(url.username, url.password)
        client.on_connect = lambda client, *_: client.subscribe(SUBSCRIPTIONS)
        client.on_message = self._receive
        client.reconnect_delay_set(min_delay=1, max_delay=4)
        client.connect(url.hostname or "127.0.0.1", url.port or 1883, keepalive=20)
        client.loop_start()
        return client

    def _receive(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        try:
            self.arrived.put(Message(message.topic, bytes(message.payload)))
        except UnicodeDecodeError:
            # An exception here would end the network thread and leave ingest deaf.
            logger.warning("a message on a topic that is not UTF-8 was skipped")

    def _collect(self) -> list[Message]:
        """What has arrived by now: a fixed window would only add latency."""
        batch: list[Message] = []
        try:
            batch.append(self.arrived.get(timeout=self.frames.wait_seconds(0.5)))
            while len(batch) < BATCH:
                batch.append(self.arrived.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _answer(self, outcome: Outcome) -> None:
        """The batch is committed: acknowledge it, show it, and wake the clearing."""
        for device_id, (sequence, again) in outcome.acks.items():
            ack = wire.encode_ack(self.ingest.key_of(device_id), sequence, again=again)
            self.client.publish(wire.ack_topic(device_id), ack, qos=1)
        self.frames.add(outcome, self.ingest.owners())
        if outcome.readings and time.monotonic() - self.woken > WAKE_SECONDS:
            # By name: the market imports this app, not the other way round. Beat sweeps what this misses.
            try:
                current_app.send_task("market.tasks.close_slots", queue="market")
            except OperationalError:
                logger.warning("the clearing could not be woken")
            self.woken = time.monotonic()

    def _leave(self, signum: int, frame: object) -> None:
        self.leaving = True
