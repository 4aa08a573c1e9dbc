"""The spot book's rows: read as matching needs them, and written with what the engine decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from stelltron.core import slots
from stelltron.core.errors import IllegalTransition
from stelltron.core.models import Community
from stelltron.core.rows import copy_rows, copy_values
from stelltron.core.states import change_state
from stelltron.core.units import amount
from stelltron.ledger import holdings
from stelltron.ledger.models import Asset

from ..clearing import banking
from ..clearing.settling import queue_trades
from ..engine.book import Fill
from ..models import Order, StatementLine, Trade, backing_of

Kind, State = StatementLine.Kind, Order.State
LINE = ("member_id", "trade_id", "slot", "kind", "wh", "price", "amount")
# (available, held) to add per member and asset.
Moves = defaultdict[tuple[object, str], list[int]]


@dataclass(slots=True)
class Standing:
    """An order as matching reads and changes it. ``is_new``: it has no row yet, its caller writes one."""

    id: UUID
    member_id: UUID
    side: str
    price: int
    open_wh: int
    zone: int
    force: str
    trigger: int | None
    state: str
    arrival: int
    expires_at: datetime | None
    is_new: bool = False
    ended_because: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.state == State.WAITING

    @property
    def backing(self) -> tuple[str, int]:
        return backing_of(self.side, self.open_wh, self.price)


def no_moves() -> Moves:
    return defaultdict(lambda: [0, 0])


def write_moves(moves: Moves) -> None:
    holdings.move({key: (available, held) for key, (available, held) in moves.items()})


def read_standing(orders: QuerySet[Order], now: datetime) -> list[Standing]:
    """``orders`` by arrival, without those whose date has come."""
    columns = (
        "pk", "member_id", "side", "price", "open_wh", "point__zone", "force", "trigger", "state", "arrival",
        "expires_at",
    )  # fmt: skip
    rows = [Standing(*row) for row in orders.values_list(*columns)]
    rows.sort(key=lambda order: order.arrival)
    return [order for order in rows if order.expires_at is None or order.expires_at > now]


def next_arrivals(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('market_order_arrival') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def wake(stops: Sequence[Standing]) -> None:
    """Stops whose price has come arrive now, behind what was there before."""
    if not stops:
        return
    for order, arrival in zip(stops, next_arrivals(len(stops)), strict=True):
        order.arrival = arrival
    _write_states(stops, State.OPEN)


def take_off(order: Order, state: str) -> None:
    """End a standing order and release what it held."""
    change_state(order, Order.TRANSITIONS, state)
    asset, held = order.backing
    holdings.release(order.member_id, asset, held)


def cancel_rests(orders: Sequence[Standing], moves: Moves) -> None:
    """End orders that traded what they could at once; what they still hold goes back."""
    for order in orders:
        asset, held = order.backing
        moves[order.member_id, asset][0] += held
        moves[order.member_id, asset][1] -= held
    _write_states(orders, State.CANCELLED)
    for order in orders:
        if order.ended_because and not order.is_new:
            Order.objects.filter(pk=order.id).update(ended_because=order.ended_because)


def write_fills(
    community: Community, slot: datetime, fills: Sequence[Fill], orders: Mapping[object, Standing], moves: Moves
) -> list[Trade]:
    """Every fill as a trade: orders, statement lines, banked energy and the slot's next sections; balances in ``moves``.

    The caller holds the market's lock. Raises IllegalTransition when an order is not as it was read.
    """
    if not fills:
        return []
    now = datetime.now(UTC)
    trades = [_trade(community, fill, orders[fill.buy], orders[fill.sell], slot, now) for fill in fills]
    was = {pk: orders[pk].open_wh for fill in fills for pk in (fill.buy, fill.sell)}
    for trade in trades:
        _move(moves, trade, orders[trade.buy_order_id], orders[trade.sell_order_id])
    _update_orders([orders[pk] for pk in was], was)
    queue_trades(community, slots.to_chain(slot), trades)
    copy_rows(Trade, trades)
    copy_values(StatementLine, LINE, [line for trade in trades for line in lines_of(trade)])
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
    return [(who, trade.pk, trade.slot, kind.value, trade.wh, price, stroops) for who, kind, price, stroops in parts]


def _trade(community: Community, fill: Fill, buy: Standing, sell: Standing, slot: datetime, now: datetime) -> Trade:
    return Trade(
        community_id=community.pk,
        venue=Trade.Venue.SPOT,
        slot=slot,
        buyer_id=buy.member_id,
        seller_id=sell.member_id,
        buy_order_id=buy.id,
        sell_order_id=sell.id,
        wh=fill.wh,
        price=fill.price,
        amount=amount(fill.wh, fill.price),
        fee=fill.fee,
        fee_amount=amount(fill.wh, fill.fee),
        matched_at=now,
    )


def _move(moves: Moves, trade: Trade, buy: Standing, sell: Standing) -> None:
    """The orders' open energy, and (available, held) of both members."""
    held = buy.backing[1]
    buy.open_wh -= trade.wh
    sell.open_wh -= trade.wh
    # What the buyer held at their limit: price and fee leave, the improvement comes back.
    freed = held - buy.backing[1]
    paid = trade.amount + trade.fee_amount
    assert paid <= freed
    watt = moves[trade.buyer_id, Asset.WATT]
    watt[0] += freed - paid
    watt[1] -= freed
    moves[trade.seller_id, Asset.KWH][1] -= trade.wh
    moves[trade.seller_id, Asset.WATT][0] += trade.amount
    moves[trade.buyer_id, Asset.KWH][0] += trade.wh


def _update_orders(orders: Sequence[Standing], was: Mapping[object, int]) -> None:
    """Write what is left of the orders, each only if it is as it was read."""
    for order in orders:
        order.state = State.PARTLY_FILLED.value if order.open_wh else State.FILLED.value
    written = [order for order in orders if not order.is_new]
    if not written:
        return
    _apply(
        "UPDATE market_order o SET open_wh = given.left_wh, state = given.state"
        " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[]) AS given(id, was_wh, left_wh, state)"
        " WHERE o.id = given.id AND o.open_wh = given.was_wh AND o.state IN ('OPEN', 'PARTLY_FILLED')",
        ((order.id, was[order.id], order.open_wh, order.state) for order in written),
        len(written),
    )


def _write_states(orders: Iterable[Standing], state: str) -> None:
    """Move orders to ``state``, each only if it is in the state it was read in."""
    written = [(order.id, order.state, str(state), order.arrival) for order in orders if not order.is_new]
    for order in orders:
        if state not in Order.TRANSITIONS[order.state]:
            raise IllegalTransition("illegal_transition", f"an order cannot go from {order.state} to {state}")
        order.state = str(state)
    if written:
        _apply(
            "UPDATE market_order o SET state = given.state, arrival = given.arrival"
            " FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[]) AS given(id, was, state, arrival)"
            " WHERE o.id = given.id AND o.state = given.was",
            written,
            len(written),
        )


def _apply(update: str, rows: Iterable[tuple[object, ...]], count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(update, [list(column) for column in zip(*rows, strict=True)])
        if cursor.rowcount != count:
            raise IllegalTransition("changed_meanwhile", "an order changed while it was matched: try again")
