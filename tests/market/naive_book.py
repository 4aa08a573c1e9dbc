"""The spot book as one would explain it: scan everybody for the best partner, again and again."""

from __future__ import annotations

from collections.abc import Hashable

from market.engine.book import Ended, Ending, Fill, Force, Limit
from market.engine.fees import GridFees


class NaiveBook:
    def __init__(self, fees: GridFees, rooms: dict[Hashable, int]) -> None:
        self.fees = fees
        self.rooms = rooms
        self.resting: list[Limit] = []
        self.sleeping: list[Limit] = []
        self.fills: list[Fill] = []
        self.ended: list[Ended] = []
        self.last_price: int | None = None

    def place(self, order: Limit) -> None:
        if order.trigger is not None and not self.reached(order):
            self.sleeping.append(order)
            return
        trades = len(self.fills)
        self.enter(order)
        due: list[Limit] = []
        while len(self.fills) > trades:
            newly = [stop for stop in self.sleeping if self.reached(stop) and stop not in due]
            due = [stop for stop in self.sleeping if stop in due or stop in newly]
            if not due:
                return
            first = due.pop(0)
            self.sleeping.remove(first)
            self.enter(first)

    def reached(self, order: Limit) -> bool:
        if self.last_price is None or order.trigger is None:
            return False
        return self.last_price >= order.trigger if order.is_buy else self.last_price <= order.trigger

    def enter(self, order: Limit) -> None:
        if order.force is Force.FOK and self.reachable_wh(order) < order.wh:
            self.ended.append(Ended(order.id, order.wh, Ending.UNFILLED))
            return
        while order.wh and (partners := self.partners(order)):
            self.trade(order, partners[0])
        if order.wh and order.force is Force.GTC:
            self.resting.append(order)
        elif order.wh:
            self.ended.append(Ended(order.id, order.wh, Ending.UNFILLED))

    def reachable_wh(self, order: Limit) -> int:
        partners = self.partners(order)
        owners = {partner.owner for partner in partners}
        total = sum(min(self.rooms[who], sum(p.wh for p in partners if p.owner == who)) for who in owners)
        return min(total, self.rooms[order.owner])

    def partners(self, order: Limit) -> list[Limit]:
        """Whoever would trade with ``order``, the best first and the earlier of equals."""

        def cost(partner: Limit) -> int:
            """What the partner's price comes to for ``order``, the fee between them included."""
            if order.is_buy:
                return partner.price + self.fees.between(partner.zone, order.zone)
            return -(partner.price - self.fees.between(order.zone, partner.zone))

        if not self.rooms[order.owner]:
            return []
        bound = (10**12 if order.is_buy else 0) if order.price is None else order.price
        most = bound if order.is_buy else -bound
        others = [p for p in self.resting if p.is_buy != order.is_buy and p.owner != order.owner]
        return sorted((p for p in others if self.rooms[p.owner] and cost(p) <= most), key=cost)

    def trade(self, order: Limit, partner: Limit) -> None:
        buy, sell = (order, partner) if order.is_buy else (partner, order)
        fee = self.fees.between(sell.zone, buy.zone)
        price = partner.price if order.is_buy else partner.price - fee
        wh = min(order.wh, partner.wh, self.rooms[order.owner], self.rooms[partner.owner])
        self.rooms[order.owner] -= wh
        self.rooms[partner.owner] -= wh
        order.wh -= wh
        partner.wh -= wh
        self.fills.append(Fill(buy.id, sell.id, wh, price, fee))
        self.last_price = price
        if not partner.wh:
            self.resting.remove(partner)

    def cancel(self, id: Hashable) -> None:
        self.end([order for order in self.resting + self.sleeping if order.id == id], Ending.CANCELLED)

    def expire(self, now: int) -> None:
        past = [o for o in self.resting + self.sleeping if o.expires_at is not None and o.expires_at <= now]
        self.end(sorted(past, key=lambda o: o.expires_at), Ending.EXPIRED)

    def end(self, orders: list[Limit], why: Ending) -> None:
        for order in orders:
            (self.resting if order in self.resting else self.sleeping).remove(order)
            self.ended.append(Ended(order.id, order.wh, why))
