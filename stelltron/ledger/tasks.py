from celery import shared_task

from stelltron.core.models import Community

from . import reconciliation, withdrawals
from .models import Seat, WithdrawalRequest


@shared_task
def reconcile() -> None:
    for community in Community.objects.filter(pk__in=Seat.objects.values("member__community")):
        reconciliation.reconcile(community)


@shared_task
def hold_withdrawals() -> None:
    """What came in since goes to open requests first; requests that are over give theirs back."""
    withdrawals.end_expired()
    withdrawals.top_up(WithdrawalRequest.objects.values_list("member_id", flat=True))
