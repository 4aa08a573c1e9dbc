from celery import shared_task

from stelltron.core.models import Community

from . import reconciliation
from .models import Seat


@shared_task
def reconcile() -> None:
    for community in Community.objects.filter(pk__in=Seat.objects.values("member__community")):
        reconciliation.reconcile(community)
