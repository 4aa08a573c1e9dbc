"""What members have asked the contract for: held back from the market, so that no payout can void a cleared slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from stelltron.core.advisory_locks import lock_market
from stelltron.members.models import Member

from . import holdings
from .models import Asset, WithdrawalRequest

# The contract pays a request for so long, and ours ends a little later: its clock is the ledger's.
GOOD_FOR = timedelta(days=7)
CLOCK_MARGIN = timedelta(minutes=15)


@transaction.atomic
def begin(member: Member, stroops: int, wh: int, ready_at: datetime) -> WithdrawalRequest:
    """Hold what is asked for, as far as it is there; the rest is held as it comes in. Replaces a former request."""
    end(member)
    WithdrawalRequest.objects.create(member=member, stroops=stroops, wh=wh, ready_at=ready_at)
    top_up([member.pk])
    return WithdrawalRequest.objects.get(member=member)


@transaction.atomic
def end(member: Member) -> None:
    """The request is paid, replaced or over: what it held is available again."""
    request = WithdrawalRequest.objects.select_for_update().filter(member=member).first()
    if request is None:
        return
    # KWH first, as wherever both balances of a member move.
    holdings.release(member.pk, Asset.KWH, request.held_wh)
    holdings.release(member.pk, Asset.WATT, request.held_stroops)
    request.delete()


def end_expired(now: datetime | None = None) -> int:
    """End the requests that the contract pays no more; returns how many."""
    now = now or datetime.now(UTC)
    over = WithdrawalRequest.objects.filter(ready_at__lt=now - GOOD_FOR - CLOCK_MARGIN).select_related("member")
    ended = 0
    for request in over:
        with transaction.atomic():
            lock_market(request.member.community_id)
            end(request.member)
        ended += 1
    return ended


def hold_what_came_in() -> None:
    """Top up every request, a community at a time."""
    asking: dict[object, list[object]] = defaultdict(list)
    for member_id, community_id in WithdrawalRequest.objects.values_list("member_id", "member__community_id"):
        asking[community_id].append(member_id)
    for community_id, members in asking.items():
        with transaction.atomic():
            lock_market(community_id)
            top_up(members)


def top_up(members: Iterable[object]) -> None:
    """Hold what these members have and their requests still lack, in one statement an asset."""
    ids = [str(member) for member in members]
    for asset, asked, held in ((Asset.KWH, "wh", "held_wh"), (Asset.WATT, "stroops", "held_stroops")):
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH short AS ("
                f" SELECT r.member_id, LEAST(r.{asked} - r.{held}, h.available) AS n"
                f" FROM ledger_withdrawalrequest r JOIN ledger_holding h USING (member_id)"
                f" WHERE h.asset = %(asset)s AND r.{asked} > r.{held} AND h.available > 0"
                f" AND r.member_id = ANY(%(ids)s::uuid[]) FOR UPDATE),"
                f" held AS (UPDATE ledger_holding h SET available = available - n, held = held + n"
                f" FROM short WHERE h.member_id = short.member_id AND h.asset = %(asset)s)"
                f" UPDATE ledger_withdrawalrequest r SET {held} = {held} + n"
                f" FROM short WHERE r.member_id = short.member_id",
                {"asset": asset, "ids": ids},
            )
