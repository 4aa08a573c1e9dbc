from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.core.errors import Refused
from stelltron.core.units import kwh, money
from stelltron.replay.compare import compare
from stelltron.replay.profile import BadProfile, read_profile

from .replay import price


class Command(BaseCommand):
    help = "Share recorded homes' energy by every mechanism there is, and say who would gain and who would lose."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV or CSV.gz: home_id,start_utc,minutes,generation_kwh,consumption_kwh"
        )
        parser.add_argument("--mixed", action="store_true", help="every second home becomes a pure consumer")
        parser.add_argument("--slots", type=int, help="only the first N slots")
        parser.add_argument("--retail", default="28", help="utility's price in cents per kWh")
        parser.add_argument("--feed-in", default="2", help="what the utility pays, in cents per kWh")
        parser.add_argument("--json", action="store_true", help="only the figures, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            profile = read_profile(options["file"])
            retail, feed_in = price("--retail", options["retail"]), price("--feed-in", options["feed_in"])
        except (BadProfile, Refused) as problem:
            raise CommandError(str(problem)) from None
        if options["mixed"]:
            profile = profile.mixed()
        if options["slots"]:
            profile = profile.first_slots(options["slots"])
        rows = compare(profile, retail, feed_in)
        if options["json"]:
            self.stdout.write(json.dumps({"mechanisms": rows}, indent=1))
            return
        self.stdout.write(f"{'':20} {'traded kWh':>12} {'welfare':>8} {'saving':>10} {'better':>7} {'worse':>6} worst")
        for row in rows:
            self.stdout.write(
                f"{row['mechanism']:20} {kwh(row['traded_wh']):>12} {row['welfare']:>8.4f}"
                f" {money(row['saving_stroops']):>10} {row['better_off']:>7} {row['worse_off']:>6}"
                f" {money(row['worst_saving_stroops'])} ({row['worst_home']})"
            )
        self.stdout.write("bill sharing takes from those who produce: see docs/market.md")
