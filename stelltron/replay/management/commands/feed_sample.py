from __future__ import annotations

import signal
import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser

from stelltron.core.actions import beat
from stelltron.core.models import Community
from stelltron.replay.sunrise import SLUG, Feed


class Command(BaseCommand):
    help = "Replay the sample co-op's meters, faster than they lived, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds-per-slot", type=float, default=10.0)

    def handle(self, *args: Any, **options: Any) -> None:
        self.leaving = False
        signal.signal(signal.SIGTERM, self._leave)
        feed = Feed(Community.objects.get(slug=SLUG), options["seconds_per_slot"])
        feed.clock.write(settings.DATA_FOLDER / "firmware" / "clock.json")
        beaten = 0.0
        running = True
        while not self.leaving:
            if running:
                running = feed.step()
            if time.monotonic() - beaten > 5:
                beat("sample", "" if running else "the recording has ended")
                beaten = time.monotonic()
            time.sleep(0.1)

    def _leave(self, signum: int, frame: object) -> None:
        self.leaving = True
