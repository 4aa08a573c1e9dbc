from celery import shared_task

from stelltron.core.models import Community

from . import reconciliation, withdrawals
from .models import Seat


@shared_task
def reconcile() -> None:
    for community in Community.objects.filter(pk__in=Seat.objects.values("member__community")):
        reconciliation.reconcile(community)


@shared_task
def hold_withdrawals() -> None:
    """What came in since goes to open requests first; requests that are over give theirs back."""
    withdrawals.end_expired()
    withdrawals.hold_what_came_in()
