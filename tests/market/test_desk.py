"""Orders that arrive together: one stroke for all of them, and each one's own answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from market.models import Order, Trade
from market.spot import desk
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.conftest import CENT

BUY, SELL = Order.Side.BUY, Order.Side.SELL


class Crowd:
    """Members who ask for their orders one behind the other while the market is busy."""

    def __init__(self, community: Community) -> None:
        self.community = community
        self.answers: dict[int, Order | Exception] = {}

    def place(self, wishes: list[tuple[Member, dict[str, Any]]]) -> dict[int, Order | Exception]:
        queue = desk._DESKS[self.community.pk]
        threads = []
        with transaction.atomic():
            lock_market(self.community.pk)
            for number, (member, wish) in enumerate(wishes):
                thread = threading.Thread(target=self._ask, args=(number, member, wish))
                thread.start()
                threads.append(thread)
                # The first leads and waits for the market, the others queue.
                _wait_for(lambda number=number: queue.is_busy and len(queue.waiting) == number)
        for thread in threads:
            thread.join()
        return self.answers

    def _ask(self, number: int, member: Member, wish: dict[str, Any]) -> None:
        try:
            self.answers[number] = desk.place_order(member, **wish)
        except Exception as problem:
            self.answers[number] = problem
        finally:
            connection.close()


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders each stroke took along."""
    sizes: list[int] = []
    real = desk.place_orders

    def counted(community: Community, wishes: list[Any]) -> Any:
        sizes.append(len(wishes))
        return real(community, wishes)

    monkeypatch.setattr(desk, "place_orders", counted)
    return sizes


@pytest.mark.django_db(transaction=True)
def test_orders_that_wait_together_are_placed_in_one_stroke(
    seller: Member, trader: Callable[..., Member], community: Community, strokes: list[int]
) -> None:
    buyers = [trader(name) for name in ("mike", "zara", "omar")]
    wishes = [(buyer, {"side": BUY, "wh": 1000, "price": 11 * CENT}) for buyer in buyers]
    answers = Crowd(community).place([(seller, {"side": SELL, "wh": 2000, "price": 10 * CENT}), *wishes])
    assert strokes == [1, 3]
    states = [answers[number].state for number in range(4)]  # type: ignore[union-attr]
    # In the order they came: the last of the three finds nothing left.
    assert states == [Order.State.OPEN, Order.State.FILLED, Order.State.FILLED, Order.State.OPEN]
    assert Trade.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_wish_that_breaks_a_stroke_breaks_only_itself(
    seller: Member, trader: Callable[..., Member], community: Community, strokes: list[int]
) -> None:
    mike, zara = trader("mike"), trader("zara")
    answers = Crowd(community).place(
        [
            (seller, {"side": SELL, "wh": 2000, "price": 10 * CENT}),
            (mike, {"side": BUY, "wh": 1000, "price": 11 * CENT}),
            (zara, {"side": BUY, "wh": 1000, "price": 11 * CENT, "expires_at": "tomorrow"}),
            (zara, {"side": BUY, "wh": 0, "price": 11 * CENT}),
        ]
    )
    assert strokes == [1, 3, 1, 1, 1]
    assert isinstance(answers[2], TypeError)
    assert "above zero" in str(answers[3])
    assert Trade.objects.get().wh == 1000
    assert balance(zara, Asset.WATT).held == 0
    assert balance(mike, Asset.KWH).available == 1000


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)
