from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, call_command

from stelltron.replay.sunrise import SLUG


class Command(BaseCommand):
    help = "Everything a co-op needs before its processes start: schema, contracts, the sample community."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("setup_database")
        call_command("deploy_contracts", "--quiet", stdout=self.stdout)
        call_command("load_sample", stdout=self.stdout)
        call_command("found_house", SLUG, "--quick", stdout=self.stdout)
