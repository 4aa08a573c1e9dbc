from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import requests
from django.core.management import BaseCommand, CommandError, CommandParser
from stellar_sdk.exceptions import BaseRequestError

from stelltron.audit import anchors
from stelltron.audit.verification import Finding, verify
from stelltron.core.models import Community


class Command(BaseCommand):
    help = "Read the journal and the action log from their first rows and compare them with Stellar; exit code 1 for a fault."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--community", help="the slug of one community; all without it")
        parser.add_argument("--offline", action="store_true", help="do not ask the chain: a cut end is not found")
        parser.add_argument("--json", action="store_true", help="the findings as JSON")

    def handle(self, *args: object, **options: Any) -> None:
        communities = list(Community.objects.order_by("slug"))
        if options["community"]:
            communities = [one for one in communities if one.slug == options["community"]]
            if not communities:
                raise CommandError(f"there is no community {options['community']}")
        try:
            chain = None if options["offline"] else anchors.on_chain(communities)
        except (requests.RequestException, BaseRequestError, ConnectionError) as problem:
            raise CommandError(
                f"the Stellar RPC does not answer ({problem}): nothing was compared; --offline leaves the chain out"
            ) from None
        findings = list(verify(communities, chain))
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in findings], indent=1))
        else:
            for finding in findings:
                self.stdout.write(_said(finding, asked=chain is not None))
        if any(finding.problem for finding in findings):
            sys.exit(1)


def _said(finding: Finding, *, asked: bool) -> str:
    name = f"{finding.community} {finding.book}".strip()
    if finding.problem:
        return f"{name}: {finding.problem}"
    until = "the chain was not asked" if not asked else "not anchored yet"
    if finding.anchored:
        until = f"anchored up to {finding.anchored:,}"
    return f"{name}: {finding.rows:,} rows as they were written, {until} ({finding.seconds:.1f} s)"
