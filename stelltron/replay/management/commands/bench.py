from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.core.errors import Refused
from stelltron.replay import (
    engine_speed,
    generator_speed,
    latency,
    order_speed,
    settlement_cost,
    slot_speed,
    verify_speed,
    vote_speed,
)


def meter_latency() -> dict[str, Any]:
    return latency.measure(f"127.0.0.1:{os.environ.get('STELLTRON_WEB_PORT', '8000')}", settings.DATA_FOLDER)


BENCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "clearing": slot_speed.measure,
    "generators": generator_speed.measure,
    "matching": engine_speed.measure,
    "meter-latency": meter_latency,
    "orders": order_speed.measure,
    "settlement": settlement_cost.measure,
    "verify": verify_speed.measure,
    "votes": vote_speed.measure,
}


class Command(BaseCommand):
    help = "Measure the system; figures go with the limit or the peer they are held against."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--json", action="store_true", help="only the figures, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = BENCHES[options["name"]]()
        except Refused as problem:
            raise CommandError(problem.message) from None
        if options["json"]:
            self.stdout.write(json.dumps(figures, indent=1))
        else:
            for key, value in figures.items():
                self.stdout.write(f"{key:16} {value}")
