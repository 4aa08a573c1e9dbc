"""The spot book: continuous double auction by price, then time, at the resting order's price."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass
class Limit:
    """A live order; ``arrival`` is its time priority, ``wh`` what is still open."""

    id: Hashable
    owner: Hashable
    is_buy: bool
    price: int
    arrival: int
    wh: int


@dataclass(frozen=True)
class Fill:
    buy: Hashable
    sell: Hashable
    wh: int
    price: int


def match(orders: Iterable[Limit]) -> list[Fill]:
    """Every fill of a book fed in order of arrival. The same orders give the same fills.

    A member never trades with themselves: the newcomer passes over their own orders, which keep their place.
    """
    asks: list[tuple[int, int, Limit]] = []
    bids: list[tuple[int, int, Limit]] = []
    fills: list[Fill] = []
    for newcomer in sorted(orders, key=lambda order: order.arrival):
        opposite, own = (asks, bids) if newcomer.is_buy else (bids, asks)
        fills += _take(newcomer, opposite)
        if newcomer.wh:
            sign = -1 if newcomer.is_buy else 1
            heapq.heappush(own, (sign * newcomer.price, newcomer.arrival, newcomer))
    return fills


def _take(newcomer: Limit, opposite: list[tuple[int, int, Limit]]) -> list[Fill]:
    fills, passed_over = [], []
    while newcomer.wh and opposite:
        resting = opposite[0][2]
        if not _meets(newcomer, resting):
            break
        if resting.owner == newcomer.owner:
            passed_over.append(heapq.heappop(opposite))
            continue
        wh = min(newcomer.wh, resting.wh)
        newcomer.wh -= wh
        resting.wh -= wh
        buy, sell = (newcomer, resting) if newcomer.is_buy else (resting, newcomer)
        fills.append(Fill(buy.id, sell.id, wh, resting.price))
        if resting.wh == 0:
            heapq.heappop(opposite)
    for entry in passed_over:
        heapq.heappush(opposite, entry)
    return fills


def _meets(newcomer: Limit, resting: Limit) -> bool:
    if newcomer.is_buy:
        return newcomer.price >= resting.price
    return newcomer.price <= resting.price
