from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from market.engine.mechanisms import Mechanism
from stelltron.core.errors import Refused
from stelltron.replay import scratch
from stelltron.replay.community import STROOPS_PER_CENT
from stelltron.replay.profile import BadProfile, Profile, read_profile
from stelltron.runtime import processes
from stelltron.runtime.instance import InstanceBusy
from stelltron.runtime.services import ServiceFailed

from .replay_drive import TRY_AGAIN

MOST_RESTARTS = 20


class Command(BaseCommand):
    help = (
        "Send recorded homes through meters, ingest, clearing and settlement in a scratch instance of its own, "
        "and report what the co-op would have saved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV or CSV.gz: home_id,start_utc,minutes,generation_kwh,consumption_kwh"
        )
        parser.add_argument("--mixed", action="store_true", help="every second home becomes a pure consumer")
        parser.add_argument("--slots", type=int, help="only the first N slots")
        parser.add_argument("--retail", default="28", help="utility's price in cents per kWh")
        parser.add_argument("--feed-in", default="2", help="what the utility pays, in cents per kWh")
        parser.add_argument("--banking", type=int, default=0, help="slots that unsold surplus is kept as KWH")
        parser.add_argument(
            "--mechanism", choices=[m.name.lower() for m in Mechanism], default="auction", help="how the co-op shares"
        )
        parser.add_argument("--resume", action="store_true", help="go on with the interrupted replay")
        parser.add_argument("--keep", action="store_true", help="keep the scratch instance afterwards")
        parser.add_argument("--report", type=Path, help="write the report here as well")
        parser.add_argument("--data", type=Path, help="folder of the scratch instance")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asked, profile = self._asked(options)
            folder = options["data"] or settings.DATA_FOLDER.parent / f"replay-{asked.digest()}"
            instance = scratch.prepare_folder(folder.resolve(), asked, resume=options["resume"])
            figures = self._run(instance, profile.minutes)
        except BadProfile as problem:
            raise CommandError(f"{problem.code}: nothing was replayed\n{problem}") from None
        except (Refused, ServiceFailed, InstanceBusy) as problem:
            raise CommandError(str(problem)) from None
        text = json.dumps(figures, indent=1)
        if options["report"]:
            options["report"].write_text(text + "\n")
        self.stdout.write(text)
        if wrong := shortcomings(figures, len(profile.slots)):
            raise CommandError(
                f"incomplete: {'; '.join(wrong)}. The scratch instance is kept in {instance.folder}, its logs in "
                f"{instance.folder / 'logs'}"
            )
        if not options["keep"]:
            scratch.discard(instance)

    def _asked(self, options: dict[str, Any]) -> tuple[scratch.ReplaySettings, Profile]:
        profile = read_profile(options["file"])
        if options["slots"] is not None and options["slots"] < 1:
            raise Refused("bad_option", "--slots must be at least 1")
        if not 0 <= options["banking"] <= 10_000:
            raise Refused("bad_option", "--banking must lie between 0 and 10,000 slots")
        retail, feed_in = price("--retail", options["retail"]), price("--feed-in", options["feed_in"])
        if not feed_in <= retail or not retail:
            raise Refused("bad_option", "--retail must be above zero and not below --feed-in")
        asked = scratch.ReplaySettings(
            str(options["file"].resolve()),
            options["mixed"],
            options["slots"],
            retail,
            feed_in,
            options["banking"],
            options["mechanism"],
        )
        return asked, profile.first_slots(options["slots"]) if options["slots"] else profile

    def _run(self, instance: scratch.Instance, minutes: int) -> dict[str, Any]:
        folder = instance.folder
        report = folder / "report.json"
        with scratch.running(instance, self.stderr.write, slot_minutes=minutes) as supervisor:
            for _ in range(MOST_RESTARTS):
                drive = processes.manage(
                    "drive", "replay_drive", str(folder / "replay.json"), str(report), instance=instance, one_shot=True
                )
                supervisor.start(drive)
                code = supervisor.watch(until="drive")
                supervisor.running.pop("drive", None)
                if code != TRY_AGAIN and code >= 0:
                    break
                self.stderr.write("the replay's driver stopped, starting it again")
            if supervisor.stopping and not report.exists():
                raise Refused("interrupted", "interrupted: go on with the same command and --resume")
            if code:
                raise Refused("replay_failed", f"the replay failed; its logs are in {folder / 'logs'}")
        return json.loads(report.read_text())


def shortcomings(figures: dict[str, Any], slots: int) -> list[str]:
    """Why a report of ``slots`` slots does not stand for the whole file, in words."""
    found = []
    if figures["slots"] < slots:
        found.append(f"{figures['slots']} of the file's {slots} slots were cleared")
    if figures["unsettled"]:
        found.append(f"{figures['unsettled']} slots or intents are not settled")
    if figures["quarantined"]:
        found.append(f"{figures['quarantined']} messages were refused")
    return found


def price(option: str, text: str) -> int:
    """Cents per kWh to stroops per kWh. Raises Refused."""
    try:
        value = Decimal(text) * STROOPS_PER_CENT
    except InvalidOperation:
        raise Refused("bad_option", f"{option} {text!r} is not a number of cents") from None
    if not value.is_finite() or not 0 <= value < 2**32 or value != value.to_integral_value():
        raise Refused("bad_option", f"{option} must lie between 0 and 42,000 cents, with at most 5 decimals")
    return int(value)
