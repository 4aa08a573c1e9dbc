"""The spot book's rows: read as matching needs them, and written with what the engine decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import ClassVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from stelltron.core import prepared, slots
from stelltron.core.errors import IllegalTransition
from stelltron.core.ids import uuid7s
from stelltron.core.models import Community
from stelltron.core.rows import copy_values
from stelltron.core.states import change_state
from stelltron.core.units import amount
from stelltron.ledger import holdings
from stelltron.ledger.models import Asset

from ..clearing import banking
from ..clearing.new_trades import NewTrade
from ..clearing.settling import queue_trades
from ..engine.book import Fill
from ..models import Order, StatementLine, Trade, backing_of

Kind, State = StatementLine.Kind, Order.State
LIVE = "o.state IN ('OPEN', 'PARTLY_FILLED')"
REACHED = """
SELECT EXISTS (SELECT 1 FROM market_order WHERE community_id = %s AND state = 'WAITING'
  AND (side = 'BUY' AND trigger <= %s OR side = 'SELL' AND trigger >= %s))
"""
ARRIVALS = "SELECT nextval('market_order_arrival') FROM generate_series(1, %s)"
LINE = ("member_id", "trade_id", "slot", "kind", "wh", "price", "amount")
ORDER = tuple(column.attname for column in Order._meta.concrete_fields)
ORDER_OF = attrgetter(*ORDER)
# (available, held) to add per member and asset.
Moves = defaultdict[tuple[object, str], list[int]]


@dataclass(slots=True)
class Standing:
    """An order as matching reads and changes it."""

    is_new: ClassVar[bool] = False

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
    ended_because: str = field(default="", kw_only=True)

    @property
    def is_waiting(self) -> bool:
        return self.state == State.WAITING

    @property
    def backing(self) -> tuple[str, int]:
        return backing_of(self.side, self.open_wh, self.price)


@dataclass(slots=True)
class Newcomer(Standing):
    """An order that has no row yet: matching writes it as it leaves it."""

    is_new: ClassVar[bool] = True

    community_id: int
    point_id: object
    kind: str
    wh: int
    placed_at: datetime
    expires_at: datetime | None

    def as_order(self) -> Order:
        return Order.from_db(DEFAULT_DB_ALIAS, ORDER, ORDER_OF(self))


def no_moves() -> Moves:
    return defaultdict(lambda: [0, 0])


def write_moves(moves: Moves) -> None:
    holdings.move(moves)


def everybody(community: Community) -> list[Standing]:
    """All that stand, by arrival."""
    return _read(community, "o.state IN ('WAITING', 'OPEN', 'PARTLY_FILLED')", "o.arrival")


def best_offers(community: Community, price: int, most: int | None) -> list[Standing]:
    """Live offers of at most ``price``, the cheapest and oldest first."""
    return _read(community, f"{LIVE} AND o.side = 'SELL' AND o.price <= %(price)s", "o.price, o.arrival", most, price)


def best_bids(community: Community, price: int, most: int | None) -> list[Standing]:
    """Live bids of at least ``price``, the dearest and oldest first."""
    return _read(
        community, f"{LIVE} AND o.side = 'BUY' AND o.price >= %(price)s", "o.price DESC, o.arrival", most, price
    )


def any_stop_reached(community: Community, prices: Sequence[int]) -> bool:
    """Whether a stop that waits wakes at one of ``prices``."""
    if not prices:
        return False
    ((reached,),) = prepared.run(REACHED, [community.pk, max(prices), min(prices)])
    return bool(reached)


def _read(
    community: Community, which: str, order_by: str, most: int | None = None, price: int | None = None
) -> list[Standing]:
    """Orders whose date has not come yet. Plain SQL: the book is read with every order that comes."""
    rows = prepared.run(
        "SELECT o.id, o.member_id, o.side, o.price, o.open_wh, p.zone, o.force, o.trigger, o.state, o.arrival"
        " FROM market_order o JOIN devices_meteringpoint p ON p.id = o.point_id"
        f" WHERE o.community_id = %(community)s AND {which} AND (o.expires_at IS NULL OR o.expires_at > %(now)s)"
        f" ORDER BY {order_by} LIMIT %(most)s::bigint",
        {"community": community.pk, "now": community.now(), "price": price, "most": most},
    )
    return [Standing(*row) for row in rows]


def next_arrivals(count: int) -> list[int]:
    return [number for (number,) in prepared.run(ARRIVALS, [count])]


def wake(stops: Sequence[Standing]) -> None:
    """Stops whose price has come arrive now, behind what was there before."""
    if not stops:
        return
    for order, arrival in zip(stops, next_arrivals(len(stops)), strict=True):
        order.arrival = arrival
    _write_states(stops, State.OPEN)


def take_off(order: Order, state: str, because: str) -> None:
    """End a standing order and release what it held."""
    change_state(order, Order.TRANSITIONS, state, ended_because=because)
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


def write_newcomers(newcomers: Sequence[Newcomer]) -> None:
    if newcomers:
        copy_values(Order, ORDER, map(ORDER_OF, newcomers))


def fill_orders(
    community: Community, slot: datetime, fills: Sequence[Fill], orders: Mapping[Hashable, Standing], moves: Moves
) -> list[NewTrade]:
    """Every fill as a trade that ``record_trades`` writes: what is left of the orders, and balances in ``moves``.

    The caller holds the market's lock. Raises IllegalTransition when an order is not as it was read.
    """
    if not fills:
        return []
    now = datetime.now(UTC)
    sales = [
        _sale(id, community, fill, orders[fill.buy], orders[fill.sell], slot, now)
        for id, fill in zip(uuid7s(len(fills)), fills, strict=True)
    ]
    was = {place: orders[place].open_wh for fill in fills for place in (fill.buy, fill.sell)}
    for sale, fill in zip(sales, fills, strict=True):
        _move(moves, sale, orders[fill.buy], orders[fill.sell])
    _update_orders([(orders[place], open_wh) for place, open_wh in was.items()])
    return sales


def record_trades(
    community: Community,
    slot: datetime,
    fills: Sequence[Fill],
    sales: Sequence[NewTrade],
    orders: Mapping[Hashable, Standing],
) -> None:
    """The fills' trades, statement lines, banked energy and the slot's next sections. The orders have rows already."""
    if not fills:
        return
    # Whose order came last has made the first trade, and so the settlement, necessary.
    last = max(orders[fills[0].buy], orders[fills[0].sell], key=attrgetter("arrival"))
    queue_trades(community, slots.to_chain(slot), sales, last.member_id)
    copy_values(StatementLine, LINE, [line for sale in sales for line in lines_of(sale)])
    banking.hand_over(slot, [(sale.seller_id, sale.buyer_id, sale.wh) for sale in sales])


def lines_of(trade: NewTrade) -> list[tuple[object, ...]]:
    """A spot trade on both members' statements, the grid fee on the buyer's, as ``LINE`` names the columns."""
    parts = [
        (trade.buyer_id, Kind.COMMUNITY_PURCHASE, trade.price, -trade.amount),
        (trade.seller_id, Kind.COMMUNITY_SALE, trade.price, trade.amount),
    ]
    if trade.fee_amount:
        parts.append((trade.buyer_id, Kind.GRID_FEE, trade.fee, -trade.fee_amount))
    return [(who, trade.id, trade.slot, kind.value, trade.wh, price, stroops) for who, kind, price, stroops in parts]


def _sale(
    id: UUID, community: Community, fill: Fill, buy: Standing, sell: Standing, slot: datetime, now: datetime
) -> NewTrade:
    return NewTrade(
        id,
        community.pk,
        Trade.Venue.SPOT.value,
        slot,
        buy.member_id,
        sell.member_id,
        fill.wh,
        fill.price,
        amount(fill.wh, fill.price),
        fill.fee,
        amount(fill.wh, fill.fee),
        now,
        buy_order_id=buy.id,
        sell_order_id=sell.id,
    )


def _move(moves: Moves, sale: NewTrade, buy: Standing, sell: Standing) -> None:
    """The orders' open energy, and (available, held) of both members."""
    held = buy.backing[1]
    buy.open_wh -= sale.wh
    sell.open_wh -= sale.wh
    # What the buyer held at their limit: price and fee leave, the improvement comes back.
    freed = held - buy.backing[1]
    paid = sale.amount + sale.fee_amount
    assert paid <= freed
    watt = moves[sale.buyer_id, Asset.WATT]
    watt[0] += freed - paid
    watt[1] -= freed
    moves[sale.seller_id, Asset.KWH][1] -= sale.wh
    moves[sale.seller_id, Asset.WATT][0] += sale.amount
    moves[sale.buyer_id, Asset.KWH][0] += sale.wh


def _update_orders(filled: Sequence[tuple[Standing, int]]) -> None:
    """Write what is left of the orders, each only if it has as many Wh open as were read."""
    for order, _ in filled:
        order.state = State.PARTLY_FILLED.value if order.open_wh else State.FILLED.value
    written = [(order.id, was, order.open_wh, order.state) for order, was in filled if not order.is_new]
    if not written:
        return
    _apply(
        "UPDATE market_order o SET open_wh = given.left_wh, state = given.state"
        " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[]) AS given(id, was_wh, left_wh, state)"
        " WHERE o.id = given.id AND o.open_wh = given.was_wh AND o.state IN ('OPEN', 'PARTLY_FILLED')",
        written,
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
    done = prepared.run(update, prepared.columns(rows))
    if done.rowcount != count:
        raise IllegalTransition("changed_meanwhile", "an order changed while it was matched: try again")
