from datetime import UTC, datetime

from celery import shared_task

from . import notices


@shared_task
def send_notices() -> None:
    now = datetime.now(UTC)
    notices.send_texts(now)
    notices.send_mails(now)


@shared_task
def forget_old_notices() -> None:
    notices.forget_old(datetime.now(UTC))
