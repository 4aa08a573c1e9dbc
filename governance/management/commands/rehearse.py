from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from governance.models import Rehearsal
from governance.rehearsal import rehearsing


class Command(BaseCommand):
    help = "Play a rehearsal that was asked for: its two halves side by side, each in a process of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rehearsal", help="its id")
        parser.add_argument("--side", choices=rehearsing.SIDES, help="only this half, in this process")

    def handle(self, *args: object, **options: Any) -> None:
        rehearsal = Rehearsal.objects.select_related("community").get(pk=options["rehearsal"])
        # The market goes first.
        os.nice(5)
        if options["side"]:
            rehearsing.play_half(rehearsal, options["side"])
            return
        command = [sys.executable, sys.argv[0], "rehearse", str(rehearsal.pk), "--side"]
        halves = [subprocess.Popen([*command, side], stderr=subprocess.PIPE, text=True) for side in rehearsing.SIDES]
        problems = [half.communicate()[1] for half in halves]
        failed = next((said for half, said in zip(halves, problems, strict=True) if half.returncode), None)
        if failed is not None:
            problem = failed.strip().splitlines()[-1] if failed.strip() else "its process ended"
            rehearsing.fail(rehearsal, problem)
            raise CommandError(problem)
