from celery import shared_task

from . import anchors, sealing


@shared_task
def seal_actions() -> None:
    sealing.seal_all()


@shared_task
def anchor_books() -> None:
    anchors.anchor_due()
