import logging
from datetime import UTC, datetime

from celery import shared_task

from stelltron.core.actions import beat

from . import buyouts, codes, cover, cover_claims, exits, futures, lateness, offerings, proof, requests
from .models import Generator

logger = logging.getLogger(__name__)


@shared_task
def end_due() -> None:
    """Every deadline of financing, from the database."""
    now = datetime.now(UTC)
    requests.end_bidding(now)
    offerings.end_funding(now)
    exits.clear_due(now)
    futures.settle_due(now)
    lateness.note_late(now)
    buyouts.end_due(now)
    cover.end_due(now)
    cover_claims.pay_all_owed()
    beat("financing")


@shared_task
def compare_generators() -> None:
    """One generator's trouble must not stop the others."""
    for made in Generator.objects.exclude(state__in=(Generator.State.CREATING, Generator.State.FAILED)):
        try:
            proof.compare(made)
        except Exception:
            logger.exception("generator %s could not be compared", made.pk)


@shared_task
def send_codes() -> None:
    codes.text_codes()
