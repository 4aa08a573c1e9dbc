from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from governance.founding import found, quick_terms, usual_terms
from stelltron.core.errors import Refused
from stelltron.core.models import Community


class Command(BaseCommand):
    help = "Found a community's house: its roll, governor, timelock and parameters on the chain. Cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("community", help="its slug")
        parser.add_argument("--quick", action="store_true", help="votes of an hour and no waiting, for a demo")

    def handle(self, *args: object, **options: Any) -> None:
        community = Community.objects.filter(slug=options["community"]).first()
        if community is None:
            raise CommandError(f"there is no community {options['community']}")
        try:
            found(community, terms=quick_terms if options["quick"] else usual_terms)
        except Refused as problem:
            raise CommandError(problem.message) from None
        self.stdout.write(f"The members of {community} decide on its values from now on")
