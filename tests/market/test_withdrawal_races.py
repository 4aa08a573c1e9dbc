"""What a request holds and gives back waits for whoever trades in the market: both move KWH and WATT of a member."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction

from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community
from stelltron.ledger import holdings, withdrawals
from stelltron.ledger.models import Asset, WithdrawalRequest
from stelltron.members.models import Member
from tests.conftest import CENT


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_request_that_ends_waits_for_a_trade_that_has_moved_watt(
    new_member: Callable[..., Member], community: Community, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """With the market's lock both are done, one after the other; without it each waits for the other's row."""
    member = new_member("sarah")
    for asset in (Asset.KWH, Asset.WATT):
        holdings.credit(member.pk, asset, 1000 * CENT)
        holdings.hold(member.pk, asset, 400 * CENT)
    long_ago = datetime.now(UTC) - timedelta(days=30)
    WithdrawalRequest.objects.create(
        member=member,
        stroops=400 * CENT,
        held_stroops=400 * CENT,
        wh=400 * CENT,
        held_wh=400 * CENT,
        ready_at=long_ago,
    )
    if not locked:
        monkeypatch.setattr(withdrawals, "lock_market", lambda community_id: None)
    has_moved, problems = threading.Event(), []

    def end() -> None:
        has_moved.wait(10)
        try:
            withdrawals.end_expired()
        except OperationalError as problem:
            problems.append(problem)
        finally:
            connection.close()

    ending = threading.Thread(target=end)
    ending.start()
    try:
        with transaction.atomic():
            lock_market(community.pk)
            holdings.move({(member.pk, Asset.WATT): (-CENT, 0)})
            has_moved.set()
            ending.join(0.5)
            assert ending.is_alive()
            holdings.move({(member.pk, Asset.KWH): (CENT, 0)})
    except OperationalError as problem:
        problems.append(problem)
    ending.join(10)
    assert bool(problems) is not locked
    if locked:
        assert holdings.balance(member, Asset.WATT).available == 999 * CENT
        assert holdings.balance(member, Asset.KWH).available == 1001 * CENT
        assert not WithdrawalRequest.objects.exists()


def test_kwh_moves_before_watt(new_member: Callable[..., Member], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are locked in the order given, as far as the database looks them up one by one."""
    given: list[list[object]] = []
    real = holdings.prepared.columns
    monkeypatch.setattr(holdings.prepared, "columns", lambda rows: given.append([row[1] for row in rows]) or real(rows))
    one, other = new_member("one"), new_member("other")
    moves = {(who.pk, asset): (5, 0) for who in (one, other) for asset in (Asset.WATT, Asset.KWH)}
    holdings.move(moves)
    assert given[0] == [Asset.KWH, Asset.KWH, Asset.WATT, Asset.WATT]
