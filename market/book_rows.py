"""What the spot book's engine decided, written to orders, trades, balances, lines and the chain's outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.db import connection

from stelltron.core import slots
from stelltron.core.errors import IllegalTransition
from stelltron.core.models import Community
from stelltron.core.rows import copy_rows, copy_values
from stelltron.core.states import change_state
from stelltron.core.units import amount
from stelltron.ledger import holdings
from stelltron.ledger.models import Asset

from . import banking
from .engine.book import Fill
from .models import Order, StatementLine, Trade
from .settling import queue_trades

Kind = StatementLine.Kind
LINE = ("member_id", "trade_id", "slot", "kind", "wh", "price", "amount")


def next_arrivals(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('market_order_arrival') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def wake(stops: Sequence[Order]) -> None:
    """Stops whose price has come arrive now, behind what was there before."""
    if not stops:
        return
    for order, arrival in zip(stops, next_arrivals(len(stops)), strict=True):
        change_state(order, Order.TRANSITIONS, Order.State.OPEN, arrival=arrival)


def take_off(order: Order, state: str) -> None:
    """End a standing order and release what it held."""
    change_state(order, Order.TRANSITIONS, state)
    asset, held = order.backing
    holdings.release(order.member_id, asset, held)


def write_fills(
    community: Community, slot: datetime, fills: Sequence[Fill], orders: Mapping[object, Order]
) -> list[Trade]:
    """Every fill as a trade: orders, balances, statement lines, banked energy and the slot's next sections.

    The caller holds the market's lock. Raises IllegalTransition when an order is not as it was read.
    """
    if not fills:
        return []
    now = datetime.now(UTC)
    trades = [_trade(fill, orders[fill.buy], orders[fill.sell], slot, now) for fill in fills]
    changes: dict[tuple[object, str], list[int]] = defaultdict(lambda: [0, 0])
    was = {pk: orders[pk].open_wh for fill in fills for pk in (fill.buy, fill.sell)}
    for trade in trades:
        _move(changes, trade, orders[trade.buy_order_id], orders[trade.sell_order_id])
    _update_orders([orders[pk] for pk in was], was)
    holdings.move({key: (available, held) for key, (available, held) in changes.items()})
    queue_trades(community, slots.to_chain(slot), trades)
    copy_rows(Trade, trades)
    lines = [line for trade in trades for line in lines_of(trade)]
    copy_values(StatementLine, LINE, lines)
    banking.hand_over(slot, [(trade.seller_id, trade.buyer_id, trade.wh) for trade in trades])
    return trades


def lines_of(trade: Trade) -> list[tuple[object, ...]]:
    """A spot trade on both members' statements, the grid fee on the buyer's, as ``LINE`` names the columns."""
    parts = [
        (trade.buyer_id, Kind.COMMUNITY_PURCHASE, trade.price, -trade.amount),
        (trade.seller_id, Kind.COMMUNITY_SALE, trade.price, trade.amount),
    ]
    if trade.fee_amount:
        parts.append((trade.buyer_id, Kind.GRID_FEE, trade.fee, -trade.fee_amount))
    return [(who, trade.pk, trade.slot, str(kind), trade.wh, price, stroops) for who, kind, price, stroops in parts]


def _trade(fill: Fill, buy: Order, sell: Order, slot: datetime, now: datetime) -> Trade:
    return Trade(
        community_id=buy.community_id,
        venue=Trade.Venue.SPOT,
        slot=slot,
        buyer_id=buy.member_id,
        seller_id=sell.member_id,
        buy_order_id=buy.pk,
        sell_order_id=sell.pk,
        wh=fill.wh,
        price=fill.price,
        amount=amount(fill.wh, fill.price),
        fee=fill.fee,
        fee_amount=amount(fill.wh, fill.fee),
        matched_at=now,
    )


def _move(changes: dict[tuple[object, str], list[int]], trade: Trade, buy: Order, sell: Order) -> None:
    """The orders' open energy, and (available, held) of both members."""
    held = buy.backing[1]
    buy.open_wh -= trade.wh
    sell.open_wh -= trade.wh
    # What the buyer held at their limit: price and fee leave, the improvement comes back.
    freed = held - buy.backing[1]
    paid = trade.amount + trade.fee_amount
    assert paid <= freed
    watt = changes[trade.buyer_id, Asset.WATT]
    watt[0] += freed - paid
    watt[1] -= freed
    changes[trade.seller_id, Asset.KWH][1] -= trade.wh
    changes[trade.seller_id, Asset.WATT][0] += trade.amount
    changes[trade.buyer_id, Asset.KWH][0] += trade.wh


def _update_orders(orders: Sequence[Order], was: Mapping[object, int]) -> None:
    """Write what is left of the orders, each only if it is as it was read."""
    for order in orders:
        order.state = Order.State.PARTLY_FILLED if order.open_wh else Order.State.FILLED
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE market_order o SET open_wh = given.left_wh, state = given.state"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[]) AS given(id, was_wh, left_wh, state)"
            " WHERE o.id = given.id AND o.open_wh = given.was_wh AND o.state IN ('OPEN', 'PARTLY_FILLED')",
            [
                [order.pk for order in orders],
                [was[order.pk] for order in orders],
                [order.open_wh for order in orders],
                [order.state for order in orders],
            ],
        )
        if cursor.rowcount != len(orders):
            raise IllegalTransition("changed_meanwhile", "an order changed while it was matched: try again")
