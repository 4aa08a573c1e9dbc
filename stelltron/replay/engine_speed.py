"""How many orders a second the engines match, beside a public engine and a plain sort-merge in the same run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from market.engine.auction import Quote, clear, pair
from market.engine.book import Book, Limit
from market.engine.fees import GridFees, ZoneFees
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS

A_SIDE = 10_000
ROUNDS = 5
SEED = 20_261_121
# Limits between feed-in and retail, in hundredths of a cent: 2,600 price levels.
FEED_IN, RETAIL, TICK = 2 * STROOPS // 100, 28 * STROOPS // 100, STROOPS // 10_000
FEES = ZoneFees(inside=STROOPS // 100, out=STROOPS // 50, into=STROOPS // 50)


class Wish(NamedTuple):
    is_buy: bool
    price: int
    wh: int
    owner: int
    zone: int


def measure() -> dict[str, Any]:
    """Best of five runs each, the four taking turns, so that a busy moment hits all alike. Raises Refused."""
    wishes = {zones: _wishes(zones) for zones in (1, 16)}
    asks, bids = _quotes(wishes[1])
    engines: dict[str, Callable[[], Any]] = {
        "spot 1": lambda: _spot(wishes[1], 1),
        "spot 16": lambda: _spot(wishes[16], 16),
        "auction": lambda: _auction(asks, bids),
        "sort_merge": lambda: _sort_merge(asks, bids),
        "lightmatchingengine": _peer(wishes[1]),
    }
    best = dict.fromkeys(engines, 0.0)
    for _ in range(ROUNDS):
        for name, run in engines.items():
            began = time.perf_counter()
            run()
            best[name] = max(best[name], 2 * A_SIDE / (time.perf_counter() - began))
    speed = {name: {"orders_per_s": round(orders)} for name, orders in best.items()}
    return {
        "spot": {"1": speed["spot 1"], "16": speed["spot 16"]},
        "auction": {**speed["auction"], "welfare": _welfare(asks, bids)},
        "sort_merge": speed["sort_merge"],
        "lightmatchingengine": speed["lightmatchingengine"],
        "ratios": {
            "spot 1 to lightmatchingengine": round(best["spot 1"] / best["lightmatchingengine"], 2),
            "spot 16 to lightmatchingengine": round(best["spot 16"] / best["lightmatchingengine"], 2),
            "auction to sort_merge": round(best["auction"] / best["sort_merge"], 2),
        },
        "orders": {"a_side": A_SIDE, "price_levels": (RETAIL - FEED_IN) // TICK, "seed": SEED},
    }


def _wishes(zones: int) -> list[Wish]:
    """Bids and asks in turn, each of another member, at random limits."""
    draw = random.Random(SEED)
    return [
        Wish(
            n % 2 == 0,
            FEED_IN + TICK * draw.randrange((RETAIL - FEED_IN) // TICK),
            draw.randrange(100, 3000),
            n,
            draw.randrange(zones),
        )
        for n in range(2 * A_SIDE)
    ]


def _quotes(wishes: Sequence[Wish]) -> tuple[list[Quote], list[Quote]]:
    quotes = [(wish.is_buy, Quote(wish.owner, wish.wh, wish.price)) for wish in wishes]
    return [quote for is_buy, quote in quotes if not is_buy], [quote for is_buy, quote in quotes if is_buy]


def _spot(wishes: Sequence[Wish], zones: int) -> Book:
    book = Book(GridFees([FEES] * zones))
    for number, wish in enumerate(wishes):
        book.place(Limit(number, wish.owner, wish.is_buy, wish.price, wish.wh, wish.zone))
    return book


def _auction(asks: list[Quote], bids: list[Quote]) -> list[tuple[Any, Any, int]]:
    result = clear(asks, bids)
    return pair(result.sold.items(), result.bought.items())


def _sort_merge(asks: Sequence[Quote], bids: Sequence[Quote]) -> list[tuple[Any, Any, int, int]]:
    """The least a call market can be: sort both sides, walk them, write the fills."""
    sellers = sorted(asks, key=lambda quote: quote.limit)
    buyers = sorted(bids, key=lambda quote: -quote.limit)
    fills = []
    ask = bid = 0
    left_ask, left_bid = sellers[0].wh, buyers[0].wh
    while ask < len(sellers) and bid < len(buyers) and buyers[bid].limit >= sellers[ask].limit:
        wh = min(left_ask, left_bid)
        fills.append((buyers[bid].who, sellers[ask].who, wh, sellers[ask].limit))
        left_ask -= wh
        left_bid -= wh
        if not left_ask:
            ask += 1
            left_ask = sellers[ask].wh if ask < len(sellers) else 0
        if not left_bid:
            bid += 1
            left_bid = buyers[bid].wh if bid < len(buyers) else 0
    return fills


def _peer(wishes: Sequence[Wish]) -> Callable[[], Any]:
    try:
        from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side
    except ImportError:
        raise Refused("no_peer", "the peer engine is not installed: bin/prepare installs it") from None

    def run() -> None:
        engine = LightMatchingEngine()
        for wish in wishes:
            engine.add_order("energy", wish.price, wish.wh, Side.BUY if wish.is_buy else Side.SELL)

    return run


def _welfare(asks: Sequence[Quote], bids: Sequence[Quote]) -> float:
    """The auction's gains from trade as a share of the greatest: the cheapest Wh against the dearest, one by one."""
    result = clear(asks, bids)
    limits = {quote.who: quote.limit for quote in (*asks, *bids)}
    gained = sum(limits[who] * wh for who, wh in result.bought.items())
    gained -= sum(limits[who] * wh for who, wh in result.sold.items())
    limit_of = {quote.who: quote.limit for quote in bids}
    best = sum(wh * (limit_of[buyer] - limit) for buyer, _, wh, limit in _sort_merge(asks, bids))
    return gained / best
