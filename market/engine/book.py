"""The spot book: continuous double auction by price, then time, at the resting order's price. Pure.

A buyer's limit includes the grid fee; a seller's is what they get. The same orders in the same order give the
same fills. Nobody trades more than their room, which only fills take from. Every order lies in the heap of its zone and, where there are several zones, in one common heap with
the fee out of (or into) its zone added: the best partner is at the top of one of the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from typing import NamedTuple

from .fees import GridFees

# A heap's entries are integers, price above and arrival below: comparing those costs least.
SHIFT = 40
ARRIVALS = (1 << SHIFT) - 1
# Above every price (2^32) with its fees.
CEILING = 1 << 36


class Force(Enum):
    """How long an order stands: good till cancelled (or its date), or at once."""

    GTC = "GTC"
    IOC = "IOC"  # what does not trade at once is cancelled
    FOK = "FOK"  # all of it at once, or nothing


class Ending(Enum):
    """Why an order left the book with energy still open."""

    UNFILLED = "UNFILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Limit:
    """An order: ``wh`` is what is still open, ``price`` stroops per kWh (None: at the market, at once).

    ``trigger`` makes a stop order: it sleeps until the last trade's price reaches it, from below for a buyer and
    from above for a seller, and arrives then. ``expires_at`` is on any clock that ``Book.expire`` is asked with.
    """

    __slots__ = ("arrival", "expires_at", "force", "id", "is_buy", "owner", "price", "trigger", "wh", "zone")

    def __init__(
        self,
        id: Hashable,
        owner: Hashable,
        is_buy: bool,
        price: int | None,
        wh: int,
        zone: int = 0,
        force: Force = Force.GTC,
        trigger: int | None = None,
        expires_at: int | None = None,
    ) -> None:
        self.id = id
        self.owner = owner
        self.is_buy = is_buy
        self.price = price
        self.wh = wh
        self.zone = zone
        self.force = Force.IOC if price is None and force is Force.GTC else force
        self.trigger = trigger
        self.expires_at = expires_at
        self.arrival = 0

    def __repr__(self) -> str:
        side = "buy" if self.is_buy else "sell"
        return f"{side} {self.wh} Wh at {self.price} ({self.id})"


class Fill(NamedTuple):
    """``price`` is what the seller gets; the buyer pays ``fee`` on top (both stroops per kWh)."""

    buy: Hashable
    sell: Hashable
    wh: int
    price: int
    fee: int


class Ended(NamedTuple):
    id: Hashable
    wh: int
    why: Ending


class Book:
    """One community's live orders. ``fills`` and ``ended`` grow until the caller takes them (``drain``).

    ``rooms``: the Wh each owner may still trade, none where they are not named; without it nobody is bounded.
    """

    def __init__(
        self, fees: GridFees | None = None, last_price: int | None = None, rooms: dict[Hashable, int] | None = None
    ) -> None:
        self.fees = fees or GridFees()
        self.rooms = rooms
        self.fills: list[Fill] = []
        self.ended: list[Ended] = []
        self.last_price = last_price
        self._arrivals = 0
        self._orders: dict[Hashable, Limit] = {}
        # Orders that can be met, by arrival; a heap's entry whose arrival is not here any more is dead.
        self._resting: dict[int, Limit] = {}
        zones = range(len(self.fees.zones))
        self._asks = _Side([[] for _ in zones], [], self.fees.out)
        self._bids = _Side([[] for _ in zones], [], self.fees.into)
        self._several_zones = len(zones) > 1
        self._stops: list[tuple[int, int, Limit]] = []
        self._falling_stops: list[tuple[int, int, Limit]] = []
        self._dated: list[tuple[int, int, Limit]] = []

    def place(self, order: Limit) -> None:
        """Match ``order`` against what rests; the rest of it stays, ends or sleeps as its kind says."""
        self._arrivals += 1
        order.arrival = self._arrivals
        if order.expires_at is not None:
            heappush(self._dated, (order.expires_at, order.arrival, order))
        if order.trigger is not None:
            if not self._has_reached(order):
                self._sleep(order)
                return
            order.trigger = None
        trades = len(self.fills)
        self._enter(order)
        if (self._stops or self._falling_stops) and len(self.fills) > trades:
            self._wake()

    def cancel(self, id: Hashable) -> bool:
        """Take a live order off the book. False when there is none of that id."""
        order = self._orders.get(id)
        if order is None:
            return False
        self._end(order, Ending.CANCELLED)
        return True

    def expire(self, now: int) -> None:
        """End every order whose date has come."""
        dated = self._dated
        while dated and dated[0][0] <= now:
            order = heappop(dated)[2]
            if self._orders.get(order.id) is order:
                self._end(order, Ending.EXPIRED)

    def drain(self) -> tuple[list[Fill], list[Ended]]:
        """What happened since the last call."""
        fills, ended = self.fills, self.ended
        self.fills, self.ended = [], []
        return fills, ended

    def live(self) -> list[Limit]:
        """Every order that rests or sleeps, in order of arrival."""
        return sorted(self._orders.values(), key=lambda order: order.arrival)

    def _enter(self, order: Limit) -> None:
        if order.force is Force.FOK and self._reachable_wh(order) < order.wh:
            self.ended.append(Ended(order.id, order.wh, Ending.UNFILLED))
            return
        self._match(order)
        if not order.wh:
            return
        if order.force is Force.GTC:
            self._rest(order)
        else:
            self.ended.append(Ended(order.id, order.wh, Ending.UNFILLED))

    def _match(self, order: Limit) -> None:
        """Trade with the best partners, one by one; ties go to the earlier arrival."""
        zone, resting, fees, rooms = order.zone, self._resting, self.fees, self.rooms
        if order.is_buy:
            side, own_way = self._asks, fees.into[zone]
            most = CEILING if order.price is None else order.price
        else:
            side, own_way = self._bids, fees.out[zone]
            most = CEILING - (order.price or 0)
        near, far, inside = side.zones[zone], side.common, fees.inside[zone]
        passed_over: list[tuple[list[int], int]] = []
        while order.wh and (rooms is None or rooms.get(order.owner)):
            while near and near[0] & ARRIVALS not in resting:
                heappop(near)
            while far and far[0] & ARRIVALS not in resting:
                heappop(far)
            heap, fee = near, inside
            if far and (not near or far[0] + (own_way << SHIFT) < near[0] + (inside << SHIFT)):
                heap, fee = far, own_way
            if not heap or (heap[0] >> SHIFT) + fee > most:
                break
            partner = resting[heap[0] & ARRIVALS]
            if partner.owner == order.owner:
                passed_over.append((heap, heappop(heap)))
                continue
            if rooms is not None and not rooms.get(partner.owner):
                # Rooms never grow: it stands, but nobody meets it any more.
                heappop(heap)
                del resting[partner.arrival]
                continue
            self._trade(order, partner, inside if partner.zone == zone else own_way + side.ways[partner.zone])
            if not partner.wh:
                heappop(heap)
                del resting[partner.arrival], self._orders[partner.id]
        for heap, entry in passed_over:
            heappush(heap, entry)

    def _trade(self, order: Limit, partner: Limit, fee: int) -> None:
        wh = order.wh if order.wh < partner.wh else partner.wh
        rooms = self.rooms
        if rooms is not None:
            wh = min(wh, rooms[order.owner], rooms[partner.owner])
            rooms[order.owner] -= wh
            rooms[partner.owner] -= wh
        order.wh -= wh
        partner.wh -= wh
        if order.is_buy:
            self.last_price = partner.price
            self.fills.append(Fill(order.id, partner.id, wh, partner.price, fee))  # type: ignore[arg-type]
        else:
            self.last_price = price = partner.price - fee  # type: ignore[operator]
            self.fills.append(Fill(partner.id, order.id, wh, price, fee))

    def _rest(self, order: Limit) -> None:
        assert order.price is not None
        arrival = order.arrival
        self._resting[arrival] = self._orders[order.id] = order
        if order.is_buy:
            side, cost = self._bids, CEILING - order.price
        else:
            side, cost = self._asks, order.price
        heappush(side.zones[order.zone], cost << SHIFT | arrival)
        if self._several_zones:
            heappush(side.common, cost + side.ways[order.zone] << SHIFT | arrival)

    def _reachable_wh(self, order: Limit) -> int:
        """What ``order`` could take now."""
        offered: dict[Hashable, int] = defaultdict(int)
        for partner in self._resting.values():
            if partner.is_buy == order.is_buy or partner.owner == order.owner:
                continue
            buy, sell = (order, partner) if order.is_buy else (partner, order)
            fee = self.fees.between(sell.zone, buy.zone)
            # At the market a seller still gives nothing away: the fee may not exceed what the buyer pays.
            if buy.price is None or (sell.price or 0) + fee <= buy.price:
                offered[partner.owner] += partner.wh
        if self.rooms is None:
            return sum(offered.values())
        total = sum(min(wh, self.rooms.get(owner, 0)) for owner, wh in offered.items())
        return min(total, self.rooms.get(order.owner, 0))

    def _has_reached(self, order: Limit) -> bool:
        if self.last_price is None or order.trigger is None:
            return False
        return self.last_price >= order.trigger if order.is_buy else self.last_price <= order.trigger

    def _sleep(self, order: Limit) -> None:
        assert order.trigger is not None
        self._orders[order.id] = order
        if order.is_buy:
            heappush(self._stops, (order.trigger, order.arrival, order))
        else:
            heappush(self._falling_stops, (-order.trigger, order.arrival, order))

    def _wake(self) -> None:
        """Stops that the last trade's price has reached arrive now, the oldest first."""
        due: list[tuple[int, Limit]] = []
        while True:
            for stops in (self._stops, self._falling_stops):
                while stops and (self._has_reached(stops[0][2]) or stops[0][2].id not in self._orders):
                    _, arrival, order = heappop(stops)
                    if self._orders.get(order.id) is order:
                        heappush(due, (arrival, order))
            if not due:
                return
            order = heappop(due)[1]
            del self._orders[order.id]
            order.trigger = None
            self._arrivals += 1
            order.arrival = self._arrivals
            self._enter(order)

    def _end(self, order: Limit, why: Ending) -> None:
        del self._orders[order.id]
        self._resting.pop(order.arrival, None)
        self.ended.append(Ended(order.id, order.wh, why))


@dataclass
class _Side:
    """Resting asks (or bids): a heap per zone, and one for all with each zone's ``ways`` added: the fee out or into.

    A bid's cost is its distance from the ceiling, so that the best of either side costs least.
    """

    zones: list[list[int]]
    common: list[int]
    ways: list[int]
