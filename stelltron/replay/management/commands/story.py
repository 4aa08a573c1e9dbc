from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.core.errors import Refused
from stelltron.replay import scratch
from stelltron.replay.stories import STORIES
from stelltron.runtime.instance import Instance
from stelltron.runtime.services import ServiceFailed


class Command(BaseCommand):
    help = "Play one of the seeds' walk-throughs in a scratch instance of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(STORIES))
        parser.add_argument("--inside", action="store_true", help="play in this very instance (a scratch one)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["inside"]:
            STORIES[options["name"]](self.stdout.write)
            return
        instance = Instance.open(Path(tempfile.mkdtemp(prefix="stelltron-story-")), scratch=True)
        try:
            with scratch.running(instance, self.stderr.write, slot_minutes=60, background=False) as supervisor:
                scratch.run(supervisor, "story", "story", options["name"], "--inside")
        except (Refused, ServiceFailed) as problem:
            raise CommandError(str(problem)) from None
        finally:
            scratch.discard(instance)
