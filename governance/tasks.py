import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from celery import shared_task
from django.conf import settings

from stelltron.core.actions import beat
from stelltron.core.each import each
from stelltron.ledger.gateway import Gateway

from . import carrying_out, comparing, roll, watch
from .grid import comparing as grid
from .grid import discounts, staking
from .models import House


def _each_house(do: Callable[[House], object]) -> None:
    each(House.objects.select_related("community"), do)


@shared_task
def keep_rolls() -> None:
    _each_house(roll.keep)


@shared_task
def carry_on() -> None:
    gateway = Gateway(settings.STELLAR)
    carrying_out.carry_on(datetime.fromtimestamp(gateway.now(), UTC), gateway)
    beat("governance")


@shared_task
def rehearse(rehearsal: str) -> None:
    """In processes of their own: a month of slots must not keep the market's worker from clearing the next."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", rehearsal]
    subprocess.Popen(command, start_new_session=True)


@shared_task
def watch_decisions() -> None:
    _each_house(watch.watch)


@shared_task
def compare_houses() -> None:
    _each_house(comparing.compare)


@shared_task
def compare_grid() -> None:
    grid.compare()
    pool = staking.pool()
    if pool:
        discounts.tell_all(pool.address)
