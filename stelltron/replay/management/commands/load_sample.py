from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from stelltron.replay import sunrise


class Command(BaseCommand):
    help = "Create the sample co-op of twelve recorded homes; a second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        community = sunrise.load(self.stdout.write)
        sunrise.write_firmware_files(sunrise.settings.DATA_FOLDER / "firmware")
        self.stdout.write(f"{community} is ready")
