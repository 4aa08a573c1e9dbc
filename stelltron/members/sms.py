"""Ways to send an SMS. A backend has one verb, ``send``, and raises OSError where the message was not taken."""

from __future__ import annotations

import json
import sys
from typing import Protocol
from urllib.request import Request, urlopen

from django.conf import settings

TIMEOUT_SECONDS = 10


class SmsBackend(Protocol):
    def send(self, number: str, text: str) -> None: ...


class ConsoleSms:
    """Writes to standard error: for machines without a gateway."""

    def send(self, number: str, text: str) -> None:
        sys.stderr.write(f"SMS to {number}: {text}\n")


class HttpGatewaySms:
    """POSTs ``{"to", "text"}`` to SMS_GATEWAY_URL with SMS_GATEWAY_TOKEN as bearer; any 2xx means taken."""

    def send(self, number: str, text: str) -> None:
        request = Request(
            settings.SMS_GATEWAY_URL,
            data=json.dumps({"to": number, "text": text}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}"},
        )
        # An answer that is not 2xx raises HTTPError, which is an OSError.
        with urlopen(request, timeout=TIMEOUT_SECONDS):
            pass
