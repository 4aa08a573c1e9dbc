import logging
from collections.abc import Callable

from celery import shared_task

from stelltron.core.actions import beat
from stelltron.core.models import Community

from . import proof, telling
from .clearing import closing
from .figures import rollups
from .price import quotes
from .resettlement import late
from .spot import matching, orders
from .stored import locking

logger = logging.getLogger(__name__)


@shared_task
def close_slots() -> None:
    _in_each_community(closing.close_due_slots)
    beat("clearing")


@shared_task
def settle_late_readings() -> None:
    _in_each_community(late.settle_late)


@shared_task
def match_spot() -> None:
    _in_each_community(matching.match_community)


@shared_task
def drive_locks() -> None:
    _in_each_community(locking.drive_locks)


@shared_task
def expire_orders() -> None:
    orders.expire_orders()


@shared_task
def prove_energy() -> None:
    _in_each_community(proof.prove_due_days)


@shared_task
def quote_prices() -> None:
    _in_each_community(quotes.quote_due_slots)


@shared_task
def roll_up_days() -> None:
    _in_each_community(rollups.rebuild_changed_days)


@shared_task
def warn_of_expiring_mandates() -> None:
    _in_each_community(telling.tell_expiring_mandates)


def _in_each_community(act: Callable[[Community], object]) -> None:
    """One community's trouble must not stop the others."""
    for community in Community.objects.all():
        try:
            act(community)
        except Exception:
            logger.exception("%s failed in %s", act.__name__, community.slug)
