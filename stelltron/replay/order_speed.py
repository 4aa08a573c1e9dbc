"""How many orders a second the service takes: placed, matched and written as trades, lines and a chain intent."""

from __future__ import annotations

import multiprocessing
import queue
import random
import threading
import time
from typing import Any

from django.db import connection, transaction

from market.models import BankedEnergy, Order, StatementLine, Trade
from market.spot import desk, orders
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger.models import Asset, Holding
from stelltron.members.models import Member

from .crowd import FEED_IN, RETAIL, SEED, SLOT, START, crowd, scratch_database

MEMBERS = 2_000
BATCH, BATCHES = 5_000, 4
COMMUNITIES = 2
SINGLES, A_SECOND, CALLERS = 2_000, 200, 24
SPREAD = 6 * STROOPS // 100


def measure() -> dict[str, Any]:
    """Orders in bulk, of one community and of two at once, then single ones at 200 a second on the book they leave.

    Raises Refused when one is refused.
    """
    with scratch_database():
        crowds = [crowd(f"bench-{n}", MEMBERS) for n in range(COMMUNITIES)]
        for _, members in crowds:
            _bank(members)
        community, members = crowds[0]
        draw = random.Random(SEED)
        _place(community, members, draw, 1)
        limit = BATCH / _seconds_of_the_database_alone()
        one = BATCH * BATCHES / _place(community, members, draw, BATCHES)
        together = BATCH * BATCHES * COMMUNITIES / _place_together(crowds)
        bulk = {
            "batch": BATCH,
            "orders_per_s": round(one),
            f"orders_per_s_of_{COMMUNITIES}_communities": round(together),
            "database_alone_orders_per_s": round(limit),
            "of_the_limit": round(one / limit, 2),
            "orders": Order.objects.count(),
            "trades": Trade.objects.count(),
        }
        # A new slot: the contract takes 255 sections in one, and every single trade is one.
        Community.objects.filter(pk=community.pk).update(data_time=START + 2 * SLOT)
        community.refresh_from_db()
        for member in members:
            member.community = community
        seconds, latencies = _singles(members, draw)
        return {
            "bulk": bulk,
            "single": {
                "orders": SINGLES,
                "asked_per_s": A_SECOND,
                "callers": CALLERS,
                "orders_per_s": round(SINGLES / seconds),
                "p50_ms": _percentile(latencies, 50),
                "p99_ms": _percentile(latencies, 99),
                "book_orders": Order.objects.filter(state__in=Order.LIVE).count(),
            },
        }


def _place(community: Community, members: list[Member], draw: random.Random, batches: int) -> float:
    """Seconds for so many batches."""
    seconds = 0.0
    for _ in range(batches):
        wishes = [_wish(draw, members) for _ in range(BATCH)]
        began = time.perf_counter()
        answers = orders.place_orders(community, wishes)
        seconds += time.perf_counter() - began
        _check(answers)
    return seconds


def _place_together(crowds: list[tuple[Community, list[Member]]]) -> float:
    """Seconds until a process for each community has placed its batches: each community has a lock of its own."""
    connection.close()
    forking = multiprocessing.get_context("fork")
    ready = forking.Barrier(len(crowds) + 1)

    def work(number: int) -> None:
        community, members = crowds[number]
        draw = random.Random(number)
        batches = [[_wish(draw, members) for _ in range(BATCH)] for _ in range(BATCHES)]
        connection.ensure_connection()
        ready.wait()
        for wishes in batches:
            _check(orders.place_orders(community, wishes))

    workers = [forking.Process(target=work, args=(number,)) for number in range(len(crowds))]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a process that placed orders failed")
    return time.perf_counter() - began


def _singles(members: list[Member], draw: random.Random) -> tuple[float, list[float]]:
    """Seconds in all, and each order's from its due moment, so that a stall counts for all it delays.

    Callers are as many as threads of a web server; each asks for one order at a time, over a connection that has placed
    one before, as a running server's have.
    """
    due: queue.SimpleQueue[tuple[float, orders.Wish] | None] = queue.SimpleQueue()
    latencies: list[float] = []
    problems: list[BaseException] = []
    first, alone, ready = (
        [_wish(draw, members) for _ in range(CALLERS)],
        threading.Lock(),
        threading.Barrier(CALLERS + 1),
    )

    def ask() -> None:
        try:
            with alone:
                _order(first.pop())
            ready.wait()
            while (job := due.get()) is not None:
                moment, wish = job
                _order(wish)
                latencies.append(time.perf_counter() - moment)
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()

    callers = [threading.Thread(target=ask) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    ready.wait()
    began = time.perf_counter()
    for number in range(SINGLES):
        moment = began + number / A_SECOND
        wish = _wish(draw, members)
        time.sleep(max(moment - time.perf_counter(), 0))
        due.put((moment, wish))
    for _ in callers:
        due.put(None)
    for caller in callers:
        caller.join()
    if problems:
        raise problems[0]
    return time.perf_counter() - began, latencies


def _order(wish: orders.Wish) -> None:
    desk.place_order(wish.member, side=wish.side, wh=wish.wh, price=wish.price)


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


def _seconds_of_the_database_alone() -> float:
    """What PostgreSQL itself takes to write the first batch's orders, trades and lines, given as ready bytes.

    The limit of any service that keeps these rows with their keys and indexes; balances and lots are not in it.
    """
    tables = [model._meta.db_table for model in (Order, Trade, StatementLine)]
    with connection.cursor() as cursor:
        stored = {}
        for table in tables:
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                stored[table] = b"".join(bytes(part) for part in copy)
        with transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in reversed(tables):
                cursor.execute(f"DELETE FROM {table}")
        began = time.perf_counter()
        with transaction.atomic():
            for table in tables:
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(stored[table])
        return time.perf_counter() - began


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
