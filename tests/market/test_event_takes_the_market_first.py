"""An event of the chain and the market want the same two things: both take the market first, then balances."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from market.models import Order
from market.spot import desk
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community
from stelltron.ledger import follower, holdings
from stelltron.ledger.clients import marketplace
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.conftest import CENT, Chain


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", [True, False])
def test_a_withdrawal_waits_for_the_market_before_it_holds_a_balance(
    trader: Callable[..., Member], community: Community, chain: Chain, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    """Without it the event holds the balance and waits for the market, whose stroke waits for the balance."""
    if not first:
        monkeypatch.setattr(follower, "_lock_markets", lambda topics: None)
    mike = trader("mike")
    desk.place_order(mike, side=Order.Side.BUY, wh=1000, price=5 * CENT)
    everything = 10_000 * CENT
    call = marketplace.request_withdrawal(mike.wallet.address, everything, 0)
    chain.send(mike.wallet.keypair(), call)
    taken = threading.Event()

    def follow() -> None:
        try:
            while not taken.is_set():
                if chain.follower.step():
                    taken.set()
        finally:
            connection.close()

    event = threading.Thread(target=follow)
    with transaction.atomic():
        lock_market(community.pk)
        event.start()
        wait_until_somebody_waits_for_a_lock()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        if first:
            holdings.move({(mike.pk, Asset.WATT): (-CENT, CENT)})
        else:
            with pytest.raises(Exception, match="lock timeout"), transaction.atomic():
                holdings.move({(mike.pk, Asset.WATT): (-CENT, CENT)})
        transaction.set_rollback(True)
    event.join(timeout=20)
    assert taken.is_set()
    # The order gave way: all of it is held for the withdrawal now.
    assert Order.objects.get().state == Order.State.CANCELLED
    assert (balance(mike, Asset.WATT).available, balance(mike, Asset.WATT).held) == (0, everything)


def wait_until_somebody_waits_for_a_lock() -> None:
    for _ in range(6000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone():
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")
