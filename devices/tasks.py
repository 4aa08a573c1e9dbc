from celery import shared_task

from . import services


@shared_task
def raise_alarms() -> int:
    return services.raise_alarms()
