from celery import shared_task

from . import applications


@shared_task
def forget_rejected() -> None:
    applications.forget_rejected()
