"""Asking devices for locks over MQTT. Asking again is harmless: a device gives the same answer."""

from __future__ import annotations

from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from django.conf import settings
from paho.mqtt.enums import CallbackAPIVersion

from . import wire
from .lock_wire import Command, encode_command
from .models import Device

PATIENCE_SECONDS = 5


def ask(device: Device, command: Command) -> None:
    """Publish one sealed command. Raises OSError when the broker does not take it."""
    url = urlsplit(settings.MQTT_URL)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if url.username:
        client.username_pw_set(url.username, url.password)
    client.connect(url.hostname or "127.0.0.1", url.port or 1883)
    client.loop_start()
    try:
        sent = client.publish(wire.command_topic(device.pk), encode_command(device.hmac_key(), command), qos=1)
        sent.wait_for_publish(PATIENCE_SECONDS)
        if not sent.is_published():
            raise OSError("the broker does not take the command")
    finally:
        client.disconnect()
        client.loop_stop()
