from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stelltron.core.errors import Refused
from stelltron.replay import drive, report
from stelltron.replay.profile import read_profile

TRY_AGAIN = 75


class Command(BaseCommand):
    help = "The inner half of replay: runs inside the scratch instance and writes the report."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("asked", type=Path)
        parser.add_argument("report", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = json.loads(options["asked"].read_text())
        clock = options["asked"].with_name("started.json")
        started = json.loads(clock.read_text()) if clock.exists() else time.time()
        clock.write_text(json.dumps(started))
        try:
            self._play(asked, started, options["report"])
        except Refused as problem:
            self.stderr.write(problem.message)
            sys.exit(1)
        except (OperationalError, InterfaceError) as problem:
            # The database is being restarted under us: the books say where to go on.
            self.stderr.write(f"the database went away ({str(problem).splitlines()[0]}), going on from the books")
            sys.exit(TRY_AGAIN)

    def _play(self, asked: dict[str, Any], started: float, target: Path) -> None:
        profile = read_profile(Path(asked["file"]))
        if asked["mixed"]:
            profile = profile.mixed()
        if asked["slots"]:
            profile = profile.first_slots(asked["slots"])
        columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("replay", total=None)

            def progress(done: int, total: int, label: str) -> None:
                bar.update(task, completed=done, total=total, description=label)

            community = drive.prepare(
                profile,
                retail=asked["retail"],
                feed_in=asked["feed_in"],
                banking=asked["banking"],
                mechanism=asked["mechanism"],
            )
            drive.wait_for_onboarding(community, progress)
            drive.play(community, profile, progress)
        figures = report.build(community, time.time() - started)
        target.write_text(json.dumps(figures, indent=1) + "\n")
