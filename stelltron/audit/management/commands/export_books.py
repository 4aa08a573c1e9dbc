from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.audit.export.archive import write_archive
from stelltron.audit.export.period import Period
from stelltron.core.errors import Refused
from stelltron.core.models import Community


class Command(BaseCommand):
    help = "Write the books of a period as one ZIP for auditors and regulators; the export is logged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("community", help="its slug")
        parser.add_argument("first", type=_day, help="first day, YYYY-MM-DD")
        parser.add_argument("last", type=_day, help="last day, included")
        parser.add_argument("file", type=Path)
        parser.add_argument("--reason", required=True, help="kept in the action log")

    def handle(self, *args: object, **options: Any) -> None:
        community = Community.objects.filter(slug=options["community"]).first()
        if community is None:
            raise CommandError(f"there is no community {options['community']}")
        part = options["file"].with_suffix(".part")
        try:
            with part.open("wb") as file:
                manifest = write_archive(
                    file,
                    Period(community, options["first"], options["last"]),
                    actor=None,
                    reason=options["reason"],
                )
            part.replace(options["file"])
        except Refused as problem:
            raise CommandError(problem.message) from None
        finally:
            part.unlink(missing_ok=True)
        for name, file in manifest["files"].items():
            self.stdout.write(f"{file['rows']:>12,}  {name}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a day: give YYYY-MM-DD") from None
