from __future__ import annotations

import logging
import signal
import time

import psycopg
import requests
from django.conf import settings
from django.core.management import BaseCommand
from django.db import InterfaceError, OperationalError, connection
from stellar_sdk.exceptions import BaseRequestError

from stelltron.core.actions import beat
from stelltron.ledger.follower import Follower
from stelltron.ledger.gateway import ChainBusy, Gateway
from stelltron.ledger.submitter import Submitter

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 0.5


class Command(BaseCommand):
    help = "Send chain intents and follow contract events, until stopped."

    def handle(self, *args: object, **options: object) -> None:
        self.leaving = False
        signal.signal(signal.SIGTERM, self._leave)
        gateway = Gateway(settings.STELLAR)
        submitter, follower = Submitter(gateway), Follower(gateway)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('chain process', 0))")
            cursor.execute("LISTEN chain_intents")
        beaten = 0.0
        while not self.leaving:
            try:
                busy = submitter.step() + follower.step()
                note = ""
            except (ChainBusy, BaseRequestError, requests.RequestException) as problem:
                busy, note = 0, str(problem)
                time.sleep(1)
            except (OperationalError, InterfaceError):
                raise
            except Exception as problem:
                logger.exception("the chain process stumbled")
                busy, note = 0, f"stumbled: {problem}"
                time.sleep(1)
            if time.monotonic() - beaten > 5:
                beat("chain", note)
                beaten = time.monotonic()
            if not busy:
                self._wait()

    def _wait(self) -> None:
        """Sleep until an intent is announced, at most one sweep."""
        native: psycopg.Connection = connection.connection
        for _ in native.notifies(timeout=SWEEP_SECONDS, stop_after=1):
            pass

    def _leave(self, signum: int, frame: object) -> None:
        self.leaving = True
