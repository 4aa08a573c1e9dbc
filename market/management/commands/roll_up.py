from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from market.figures.rollups import rebuild_everything
from stelltron.core.models import Community


class Command(BaseCommand):
    help = "Sum every member's every day again, after a repair or a change of the formulas."

    def handle(self, *args: Any, **options: Any) -> None:
        for community in Community.objects.all():
            self.stdout.write(f"{community.slug}: {rebuild_everything(community)} days")
