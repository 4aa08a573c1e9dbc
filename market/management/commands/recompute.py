from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max, Min

from market.models import StatementLine
from market.resettlement.recompute import recompute_month
from market.selectors import months_between
from stelltron.core.models import Community


class Command(BaseCommand):
    help = "Computes every statement line again from what is stored, and names the first that differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", help="YYYY-MM of the communities' own calendars; all months without")
        parser.add_argument("--community", help="its slug; all communities without")

    def handle(self, **options: Any) -> None:
        communities = Community.objects.order_by("slug")
        if options["community"]:
            communities = communities.filter(slug=options["community"])
            if not communities:
                raise CommandError(f"there is no community {options['community']}")
        for community in communities:
            for month in [options["month"]] if options["month"] else _months(community):
                self._check(community, month)

    def _check(self, community: Community, month: str) -> None:
        try:
            first = next(recompute_month(community, month), None)
        except ValueError:
            raise CommandError("give the month as YYYY-MM") from None
        if first:
            raise CommandError(f"{community.slug} {month}: {first}")
        self.stdout.write(f"{community.slug} {month}: every line follows from its inputs")


def _months(community: Community) -> list[str]:
    lines = StatementLine.objects.filter(member__community=community)
    span = lines.aggregate(first=Min("slot"), last=Max("slot"))
    return months_between(community, span["first"], span["last"]) if span["first"] else []
