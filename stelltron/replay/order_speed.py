"""How many orders a second the service takes: placed, matched and written as trades, lines and a chain intent."""

from __future__ import annotations

import random
import time
from typing import Any

from django.db import connection

from market import orders
from market.models import BankedEnergy, Order, Trade
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger.models import Asset, Holding
from stelltron.members.models import Member

from .crowd import FEED_IN, RETAIL, SEED, SLOT, START, crowd, scratch_database

MEMBERS = 2_000
BATCH, BATCHES = 5_000, 4
SINGLES, A_SECOND = 1_000, 200
SPREAD = 6 * STROOPS // 100


def measure() -> dict[str, Any]:
    """Orders in bulk, then one by one at 200 a second on the book they leave. Raises Refused when one is refused."""
    with scratch_database():
        community, members = crowd("bench", MEMBERS)
        _bank(members)
        draw = random.Random(SEED)
        seconds = 0.0
        for _ in range(BATCHES):
            wishes = [_wish(draw, members) for _ in range(BATCH)]
            began = time.perf_counter()
            answers = orders.place_orders(community, wishes)
            seconds += time.perf_counter() - began
            _check(answers)
        bulk = {
            "orders": BATCH * BATCHES,
            "batch": BATCH,
            "orders_per_s": round(BATCH * BATCHES / seconds),
            "trades": Trade.objects.count(),
        }
        # A new slot: the contract takes 255 sections in one, and every single trade is one.
        Community.objects.filter(pk=community.pk).update(data_time=START + 2 * SLOT)
        community.refresh_from_db()
        latencies = _singles(community, members, draw)
        return {
            "bulk": bulk,
            "single": {
                "orders": SINGLES,
                "asked_per_s": A_SECOND,
                "orders_per_s": round(SINGLES / latencies.pop()),
                "p50_ms": _percentile(latencies, 50),
                "p99_ms": _percentile(latencies, 99),
                "book_orders": Order.objects.filter(state__in=Order.LIVE).count(),
            },
        }


def _singles(community: Community, members: list[Member], draw: random.Random) -> list[float]:
    """Latency of each order from its due moment, so that a stall counts for all it delays; last, the whole time."""
    latencies = []
    wishes = [_wish(draw, members) for _ in range(SINGLES)]
    began = time.perf_counter()
    for number, wish in enumerate(wishes):
        due = began + number / A_SECOND
        time.sleep(max(due - time.perf_counter(), 0))
        _check(orders.place_orders(community, [wish]))
        latencies.append(time.perf_counter() - due)
    return [*latencies, time.perf_counter() - began]


def _wish(draw: random.Random, members: list[Member]) -> orders.Wish:
    """Limits about the middle of feed-in and retail: about half of the orders meet somebody."""
    is_buy = draw.random() < 0.5
    middle = (FEED_IN + RETAIL) // 2
    return orders.Wish(
        draw.choice(members),
        side=Order.Side.BUY if is_buy else Order.Side.SELL,
        wh=draw.randrange(100, 3000),
        price=middle + draw.randrange(-SPREAD, SPREAD),
    )


def _bank(members: list[Member]) -> None:
    """Energy to sell: every member holds a banked lot."""
    wh = 1_000_000
    BankedEnergy.objects.bulk_create(
        BankedEnergy(member=member, slot=START, expires_at=START + 100 * SLOT, wh=wh) for member in members
    )
    Holding.objects.filter(asset=Asset.KWH).update(available=wh)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _check(answers: list[Order | Refused]) -> None:
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) * percent // 100, len(ordered) - 1)], 1)
