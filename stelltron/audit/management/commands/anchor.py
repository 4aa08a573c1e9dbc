from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.audit.anchors import anchor
from stelltron.core.models import Community


class Command(BaseCommand):
    help = "Have the heads of the journal and of the action log written on Stellar now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--community", help="the slug of one community; all without it")

    def handle(self, *args: object, **options: Any) -> None:
        communities = Community.objects.order_by("slug")
        if options["community"]:
            communities = communities.filter(slug=options["community"])
            if not communities:
                raise CommandError(f"there is no community {options['community']}")
        for community in communities:
            intent = anchor(community)
            self.stdout.write(f"{intent.key} waits for the chain" if intent else f"{community.slug} has no books yet")
