"""The allocation rounds of one slot: own use, contracts among friends, the community's market, the utility. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from . import auction
from .fees import GridFees
from .mechanisms import Mechanism, formula_price, share


class Position(NamedTuple):
    """One member in one slot, all Wh. ``room_wh`` is what the mandate's caps leave."""

    who: Hashable
    exported_wh: int
    imported_wh: int
    held_wh: int = 0
    sell_at_least: int | None = None
    buy_at_most: int | None = None
    room_wh: int = 0
    free_stroops: int = 0
    zone: int = 0
    # The member's own utility plan, where it is not the community's.
    retail: int | None = None
    feed_in: int | None = None


@dataclass(frozen=True)
class Contract:
    """Friends' agreement: up to ``wh`` in the slot at ``price``, which the seller gets."""

    seller: Hashable
    buyer: Hashable
    price: int
    wh: int


@dataclass(frozen=True)
class Rules:
    """How a community shares in a slot. Prices of the community's utility plan in stroops per kWh; ``feeders`` in Wh.

    Formulas take these prices; the guard holds each member to the prices of their own plan.
    """

    retail: int
    feed_in: int
    mechanism: Mechanism = Mechanism.AUCTION
    fees: GridFees = auction.FREE
    feeders: Sequence[int | None] = (None,)
    # Static keys: basis points of the surplus per member.
    keys: Mapping[Hashable, int] = field(default_factory=dict)
    # Nobody sells below the feed-in tariff or pays more than retail, whatever their mandate says.
    guard: bool = True


class Exchange(NamedTuple):
    """Energy from one member to another: ``price`` to the seller, ``fee`` to the grid, both stroops per kWh."""

    buyer: Hashable
    seller: Hashable
    wh: int
    price: int
    fee: int = 0
    among_friends: bool = False


@dataclass
class Outcome:
    """Who used, sold, bought and exchanged with the utility; every Wh is in exactly one place."""

    prices: list[int | None] = field(default_factory=list)
    own_use: dict[Hashable, int] = field(default_factory=dict)
    from_held: dict[Hashable, int] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    unsold: dict[Hashable, int] = field(default_factory=dict)
    from_utility: dict[Hashable, int] = field(default_factory=dict)

    @property
    def traded_wh(self) -> int:
        return sum(exchange.wh for exchange in self.exchanges)

    @property
    def price(self) -> int | None:
        """What the community's market paid its sellers: one price, or the mean over the zones."""
        traded = [exchange for exchange in self.exchanges if not exchange.among_friends]
        prices = {exchange.price for exchange in traded}
        if len(prices) < 2:
            return prices.pop() if prices else None
        return sum(e.wh * e.price for e in traded) // sum(e.wh for e in traded)

    def sold(self) -> dict[Hashable, int]:
        return _summed((exchange.seller, exchange.wh) for exchange in self.exchanges)

    def bought(self) -> dict[Hashable, int]:
        return _summed((exchange.buyer, exchange.wh) for exchange in self.exchanges)


def allocate(
    positions: Mapping[Hashable, Position], bound_wh: int, rules: Rules, contracts: Iterable[Contract] = ()
) -> Outcome:
    """Run the rounds. At most ``bound_wh`` changes hands: what physically crossed the meters."""
    outcome = Outcome()
    for who, p in positions.items():
        own = min(p.imported_wh, p.held_wh + p.exported_wh)
        if own:
            outcome.own_use[who] = own
            outcome.from_held[who] = min(own, p.held_wh)
        # Energy held from earlier slots serves its owner first; this slot's own surplus comes after it.
        outcome.unsold[who] = p.exported_wh - max(own - p.held_wh, 0)
        outcome.from_utility[who] = p.imported_wh - own
    slot = _Slot(positions, rules, outcome, bound_wh)
    for contract in contracts:
        slot.fulfil(contract)
    slot.trade()
    outcome.unsold = {who: wh for who, wh in outcome.unsold.items() if wh}
    outcome.from_utility = {who: wh for who, wh in outcome.from_utility.items() if wh}
    return outcome


class _Slot:
    """What is left of everybody's energy, limits and money while the rounds go on."""

    def __init__(self, positions: Mapping[Hashable, Position], rules: Rules, outcome: Outcome, bound_wh: int) -> None:
        self.positions, self.rules, self.outcome, self.left_wh = positions, rules, outcome, bound_wh
        self.room = {who: p.room_wh for who, p in positions.items()}
        self.free = {who: p.free_stroops for who, p in positions.items()}
        self.feeders = list(rules.feeders)

    def fulfil(self, contract: Contract) -> None:
        """As much of a friends' contract as both have energy, room, money and limits for."""
        seller, buyer = self.positions.get(contract.seller), self.positions.get(contract.buyer)
        if seller is None or buyer is None:
            return
        fee = self.rules.fees.between(seller.zone, buyer.zone)
        ask, bid = self._ask(seller), self._bid(buyer)
        if ask is None or bid is None or contract.price < ask or contract.price + fee > bid:
            return
        wh = min(
            contract.wh,
            self.left_wh,
            self.outcome.unsold[seller.who],
            self.outcome.from_utility[buyer.who],
            self.room[seller.who],
            self.room[buyer.who],
            self.free[buyer.who] * 1000 // (contract.price + fee),
            self._across(seller.zone, buyer.zone),
        )
        if wh > 0:
            self._exchange(Exchange(buyer.who, seller.who, wh, contract.price, fee, among_friends=True))

    def trade(self) -> None:
        """The community's market, by the mechanism it chose."""
        asks, bids = self._asks(), self._bids()
        rules, zone_of = self.rules, {who: p.zone for who, p in self.positions.items()}
        if rules.mechanism is Mechanism.AUCTION:
            result = auction.clear(asks, bids, self.left_wh, rules.fees, self.feeders)
            self.outcome.prices = result.prices
            for buyer, seller, wh in _pairs(result.sold, result.bought, zone_of):
                price, fee = self._zone_price(result.prices, zone_of[seller], zone_of[buyer])
                self._exchange(Exchange(buyer, seller, wh, price, fee))
            return
        surplus = sum(self.outcome.unsold.values())
        deficit = sum(self.outcome.from_utility.values())
        price = formula_price(rules.mechanism, surplus, deficit, rules.retail, rules.feed_in)
        self.outcome.prices = [price] * len(rules.fees.zones)
        keys = rules.keys if rules.mechanism is Mechanism.STATIC_KEYS else None
        for some_asks, some_bids in self._markets(asks, bids):
            sold, bought = share(some_asks, some_bids, price, self.left_wh, keys)
            for buyer, seller, wh in _pairs(sold, bought, zone_of):
                fee = rules.fees.between(zone_of[seller], zone_of[buyer])
                self._exchange(Exchange(buyer, seller, wh, price, fee))

    def _markets(
        self, asks: list[auction.Quote], bids: list[auction.Quote]
    ) -> list[tuple[list[auction.Quote], list[auction.Quote]]]:
        """A formula's price knows no congestion: where feeders are limited, each zone shares among itself."""
        fees, zones = self.rules.fees, range(len(self.rules.fees.zones))
        if any(feeder is not None for feeder in self.feeders):
            net = [_net(bid, fees.inside[bid.zone]) for bid in bids]
            return [([a for a in asks if a.zone == z], [b for b in net if b.zone == z]) for z in zones]
        dearest = {buyer: max(fees.between(seller, buyer) for seller in zones) for buyer in zones}
        return [(asks, [_net(bid, dearest[bid.zone]) for bid in bids])]

    def _zone_price(self, prices: Sequence[int | None], seller: int, buyer: int) -> tuple[int, int]:
        """(price, fee) of a pair; across a full feeder the fee carries the difference between the zones."""
        price, beyond = prices[seller], prices[buyer]
        assert price is not None and beyond is not None
        return price, beyond + self.rules.fees.inside[buyer] - price

    def _asks(self) -> list[auction.Quote]:
        quotes = []
        for who, p in self.positions.items():
            limit = self._ask(p)
            if limit is not None:
                quotes.append(auction.Quote(who, min(self.outcome.unsold[who], self.room[who]), limit, p.zone))
        return quotes

    def _bids(self) -> list[auction.Quote]:
        quotes = []
        for who, p in self.positions.items():
            limit = self._bid(p)
            if limit:
                affordable = self.free[who] * 1000 // limit
                wh = min(self.outcome.from_utility[who], self.room[who], affordable)
                quotes.append(auction.Quote(who, wh, limit, p.zone))
        return quotes

    def _ask(self, p: Position) -> int | None:
        if p.sell_at_least is None or not self.rules.guard:
            return p.sell_at_least
        return max(p.sell_at_least, self.rules.feed_in if p.feed_in is None else p.feed_in)

    def _bid(self, p: Position) -> int | None:
        if p.buy_at_most is None or not self.rules.guard:
            return p.buy_at_most
        return min(p.buy_at_most, self.rules.retail if p.retail is None else p.retail)

    def _across(self, seller: int, buyer: int) -> int:
        """What the feeders between two zones still carry."""
        if seller == buyer:
            return self.left_wh
        limits = [limit for limit in (self.feeders[seller], self.feeders[buyer]) if limit is not None]
        return min(limits, default=self.left_wh)

    def _exchange(self, exchange: Exchange) -> None:
        seller, buyer, wh = exchange.seller, exchange.buyer, exchange.wh
        self.outcome.exchanges.append(exchange)
        self.outcome.unsold[seller] -= wh
        self.outcome.from_utility[buyer] -= wh
        self.room[seller] -= wh
        self.room[buyer] -= wh
        self.left_wh -= wh
        self.free[buyer] -= wh * exchange.price // 1000 + wh * exchange.fee // 1000
        zones = self.positions[seller].zone, self.positions[buyer].zone
        if zones[0] != zones[1]:
            for zone in zones:
                limit = self.feeders[zone]
                self.feeders[zone] = None if limit is None else limit - wh


def _pairs(
    sold: Mapping[Hashable, int], bought: Mapping[Hashable, int], zone_of: Mapping[Hashable, int]
) -> list[tuple[Hashable, Hashable, int]]:
    """Who gets whose energy: neighbours of a zone first, then across."""
    zones = sorted({zone_of[who] for who in (*sold, *bought)})
    if len(zones) == 1:
        return auction.pair(sorted(sold.items()), sorted(bought.items()))
    pairs, left_sold, left_bought = [], dict(sold), dict(bought)
    for zone in (*zones, None):
        sellers = [(who, wh) for who, wh in sorted(left_sold.items()) if wh and zone in (None, zone_of[who])]
        buyers = [(who, wh) for who, wh in sorted(left_bought.items()) if wh and zone in (None, zone_of[who])]
        for buyer, seller, wh in auction.pair(sellers, buyers):
            left_sold[seller] -= wh
            left_bought[buyer] -= wh
            pairs.append((buyer, seller, wh))
    return pairs


def _net(bid: auction.Quote, fee: int) -> auction.Quote:
    return auction.Quote(bid.who, bid.wh, bid.limit - fee, bid.zone)


def _summed(parts: Iterable[tuple[Hashable, int]]) -> dict[Hashable, int]:
    total: dict[Hashable, int] = defaultdict(int)
    for who, wh in parts:
        total[who] += wh
    return dict(total)
