from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.core.errors import Refused
from stelltron.core.slots import ALLOWED_MINUTES
from stelltron.ledger.deployment import deploy_all, deploy_grid, deploy_web_auth
from stelltron.ledger.models import Contract


class Command(BaseCommand):
    help = "Deploy the contracts and record their addresses; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slot-minutes", type=int, choices=ALLOWED_MINUTES, default=60)
        parser.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")

    def handle(self, *args: object, **options: Any) -> None:
        say = (lambda text: None) if options["quiet"] else self.stdout.write
        try:
            deploy_all(say, slot_minutes=options["slot_minutes"])
            deploy_grid(say)
            deploy_web_auth(say)
        except Refused as problem:
            raise CommandError(problem.message) from None
        if options["quiet"]:
            return
        for contract in Contract.objects.order_by("name"):
            self.stdout.write(f"{contract.name:14} {contract.address}")
