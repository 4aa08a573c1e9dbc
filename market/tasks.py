from celery import shared_task

from stelltron.core.actions import beat
from stelltron.core.models import Community

from . import clearing, services, spot


@shared_task
def close_slots() -> None:
    for community in Community.objects.all():
        clearing.close_due_slots(community)
    beat("clearing")


@shared_task
def match_spot() -> None:
    for community in Community.objects.all():
        spot.match_community(community)


@shared_task
def expire_orders() -> None:
    services.expire_orders()
