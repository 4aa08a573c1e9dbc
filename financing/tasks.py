from datetime import UTC, datetime

from celery import shared_task

from stelltron.core.actions import beat

from . import codes, exits, offerings, requests


@shared_task
def end_due() -> None:
    """Every deadline of financing, from the database."""
    now = datetime.now(UTC)
    requests.end_bidding(now)
    offerings.end_funding(now)
    exits.clear_due(now)
    beat("financing")


@shared_task
def send_codes() -> None:
    codes.text_codes()
