import logging
from datetime import UTC, datetime

from celery import shared_task

from stelltron.core.actions import beat

from . import proof
from .building import lateness, silence
from .cover import cover, cover_claims
from .metering import codes
from .models import Generator
from .offering import offerings, requests
from .owning import auto_payouts, buyouts, exits, futures

logger = logging.getLogger(__name__)


# Every deadline of financing, from the database.
DEADLINES = (
    requests.end_bidding,
    offerings.end_funding,
    exits.clear_due,
    futures.settle_due,
    lateness.note_late,
    silence.carry_out_due,
    buyouts.end_due,
    cover.end_due,
    cover_claims.pay_all_owed,
    auto_payouts.claim_due,
)


@shared_task
def end_due() -> None:
    """One deadline's trouble must not stop the others; staff sees that the beat is missing."""
    now = datetime.now(UTC)
    failed = False
    for end in DEADLINES:
        try:
            end(now)
        except Exception:
            failed = True
            logger.exception("%s.%s failed", end.__module__, end.__name__)
    if not failed:
        beat("financing")


@shared_task
def compare_generators() -> None:
    """One generator's trouble must not stop the others."""
    for made in Generator.objects.exclude(state=Generator.State.CREATING):
        try:
            proof.compare(made)
        except Exception:
            logger.exception("generator %s could not be compared", made.pk)


@shared_task
def send_codes() -> None:
    codes.text_codes()
