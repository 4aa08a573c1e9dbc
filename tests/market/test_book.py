from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from market.engine.book import Book, Ended, Ending, Fill, Force, Limit
from market.engine.fees import GridFees, ZoneFees

from .naive_book import NaiveBook

zone_fees = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)).map(
    lambda fees: ZoneFees(min(fees[0], fees[1] + fees[2]), fees[1], fees[2])
)
# A stream is one run of bytes, eight a command: drawing every field on its own took minutes for ten thousand streams.
COMMAND_BYTES, LONGEST, OWNERS = 8, 40, 5
FORCES = (Force.GTC, Force.GTC, Force.GTC, Force.IOC, Force.FOK)


def commands_of(drawn: bytes) -> list[Any]:
    return [_command(drawn[at : at + COMMAND_BYTES]) for at in range(0, len(drawn), COMMAND_BYTES)]


def _command(drawn: bytes) -> Any:
    """Three of four place an order, one cancels one of those before."""
    what, price, wh, owner, force, trigger, expiry, zone = drawn
    if what % 4 == 3:
        return ("cancel", price % LONGEST)
    return {
        "is_buy": bool(what & 4),
        "price": price % 13 or None,
        "wh": 1 + wh % 9,
        "owner": owner % OWNERS,
        "zone": zone % 3,
        "force": FORCES[force % len(FORCES)],
        "trigger": 1 + trigger % 12 if trigger >= 172 else None,
        "expires_at": expiry % LONGEST if expiry >= 128 else None,
    }


def rooms_of(drawn: bytes) -> dict[Any, int]:
    """Half of the owners have all the room they want."""
    return {owner: room % 32 if room < 128 else 10**6 for owner, room in enumerate(drawn)}


commands = (
    st.integers(0, LONGEST)
    .flatmap(lambda count: st.binary(min_size=count * COMMAND_BYTES, max_size=count * COMMAND_BYTES))
    .map(commands_of)
)
rooms = st.binary(min_size=OWNERS, max_size=OWNERS).map(rooms_of)
streams = st.tuples(st.lists(zone_fees, min_size=1, max_size=3), commands, rooms)
Stream = tuple[list[ZoneFees], list[Any], dict[Any, int]]


def play(book: Any, stream: list[Any], zones: int) -> dict[int, Limit]:
    """Feed a stream, one tick of the clock a command. Returns every order placed."""
    placed = {}
    for tick, command in enumerate(stream):
        book.expire(tick)
        if isinstance(command, tuple):
            book.cancel(command[1])
        else:
            placed[tick] = Limit(tick, **{**command, "zone": command["zone"] % zones})
            book.place(placed[tick])
    return placed


@settings(max_examples=10_000)
@given(streams)
def test_the_engine_equals_the_naive_oracle(stream: Stream) -> None:
    fees = GridFees(stream[0])
    book, oracle = Book(fees, rooms=dict(stream[2])), NaiveBook(fees, dict(stream[2]))
    play(book, stream[1], len(stream[0]))
    play(oracle, stream[1], len(stream[0]))
    assert book.fills == oracle.fills
    assert sorted(book.ended, key=str) == sorted(oracle.ended, key=str)
    assert {order.id: order.wh for order in book.live()} == {o.id: o.wh for o in oracle.resting + oracle.sleeping}


@settings(max_examples=500)
@given(streams)
def test_energy_is_conserved_and_everybody_gets_their_limit(stream: Stream) -> None:
    fees = GridFees(stream[0])
    book = Book(fees, rooms=dict(stream[2]))
    placed = play(book, stream[1], len(stream[0]))
    wanted = {tick: command for tick, command in enumerate(stream[1]) if not isinstance(command, tuple)}
    left = {order.id: order.wh for order in book.live()} | {ended.id: ended.wh for ended in book.ended}
    for tick, order in placed.items():
        filled = sum(fill.wh for fill in book.fills if tick in (fill.buy, fill.sell))
        assert filled + left.get(tick, 0) == wanted[tick]["wh"]
        assert order.force is not Force.FOK or filled in (0, wanted[tick]["wh"])
    for owner, room in stream[2].items():
        traded = sum(f.wh for f in book.fills if owner in (placed[f.buy].owner, placed[f.sell].owner))
        assert traded + book.rooms[owner] == room
    for fill in book.fills:
        buy, sell = placed[fill.buy], placed[fill.sell]
        assert buy.owner != sell.owner
        assert fill.fee == fees.between(sell.zone, buy.zone)
        assert sell.price is None or fill.price >= sell.price
        assert buy.price is None or fill.price + fill.fee <= buy.price


@settings(max_examples=500)
@given(streams)
def test_a_book_rebuilt_from_its_live_orders_goes_on_alike(stream: Stream) -> None:
    fees, half = GridFees(stream[0]), len(stream[1]) // 2
    book = Book(fees, rooms={**stream[2], 9: 10**6})
    play(book, stream[1][:half], len(stream[0]))
    book.drain()
    rebuilt = Book(fees, book.last_price, dict(book.rooms))
    for order in book.live():
        copy = Limit(order.id, order.owner, order.is_buy, order.price, order.wh, order.zone, order.force, order.trigger)
        rebuilt.place(copy)
    assert rebuilt.drain() == ([], [])
    later = [Limit(100 + n, 9, bool(n % 2), 1 + n, 5) for n in range(12)]
    for order in later:
        book.place(Limit(order.id, order.owner, order.is_buy, order.price, order.wh))
        rebuilt.place(order)
    assert book.drain() == rebuilt.drain()


def test_the_resting_order_sets_the_price_and_keeps_its_time() -> None:
    book = Book()
    for order in (Limit("s1", 1, False, 10, 8), Limit("s2", 2, False, 10, 8), Limit("b", 3, True, 11, 10)):
        book.place(order)
    assert book.fills == [Fill("b", "s1", 8, 10, 0), Fill("b", "s2", 2, 10, 0)]


def test_a_neighbour_is_dearer_than_a_stranger_only_beyond_the_fee() -> None:
    book = Book(GridFees([ZoneFees(1, 3, 3), ZoneFees(1, 3, 3)]))
    book.place(Limit("far", 1, False, 10, 5, zone=1))
    book.place(Limit("near", 2, False, 14, 5, zone=0))
    book.place(Limit("b", 3, True, 20, 8, zone=0))
    assert book.fills == [Fill("b", "near", 5, 14, 1), Fill("b", "far", 3, 10, 6)]


def test_a_resting_bid_pays_the_fee_out_of_its_limit() -> None:
    book = Book(GridFees([ZoneFees(1, 2, 3), ZoneFees(0, 2, 3)]))
    book.place(Limit("b", 1, True, 20, 5, zone=0))
    book.place(Limit("s", 2, False, 15, 5, zone=1))
    assert book.fills == [Fill("b", "s", 5, 15, 5)]


def test_a_market_order_takes_what_is_there_and_the_rest_is_cancelled() -> None:
    book = Book()
    book.place(Limit("s", 1, False, 10, 5))
    book.place(Limit("b", 2, True, None, 8))
    assert book.fills == [Fill("b", "s", 5, 10, 0)]
    assert book.ended == [Ended("b", 3, Ending.UNFILLED)]


def test_all_or_nothing_leaves_the_book_alone_when_it_cannot_have_all() -> None:
    book = Book()
    book.place(Limit("s", 1, False, 10, 5))
    book.place(Limit("b", 2, True, 10, 6, force=Force.FOK))
    assert (book.fills, book.ended) == ([], [Ended("b", 6, Ending.UNFILLED)])
    book.place(Limit("c", 2, True, 10, 5, force=Force.FOK))
    assert book.fills == [Fill("c", "s", 5, 10, 0)]


def test_all_or_nothing_counts_no_partner_whose_fee_exceeds_the_price() -> None:
    book = Book(GridFees([ZoneFees(), ZoneFees(0, 0, 2)]))
    book.place(Limit("far", 1, True, 1, 1, zone=1))
    book.place(Limit("near", 2, True, 1, 1))
    book.place(Limit("s", 3, False, None, 2, force=Force.FOK))
    assert (book.fills, book.ended) == ([], [Ended("s", 2, Ending.UNFILLED)])


def test_a_stop_sleeps_until_the_last_price_reaches_it_then_arrives() -> None:
    book = Book()
    book.place(Limit("stop", 1, True, 12, 5, trigger=11))
    book.place(Limit("s1", 2, False, 10, 1))
    book.place(Limit("b1", 3, True, 10, 1))
    assert book.last_price == 10
    assert [order.id for order in book.live()] == ["stop"]
    book.place(Limit("s2", 2, False, 11, 4))
    book.place(Limit("b2", 3, True, 11, 1))
    assert book.fills[1:] == [Fill("b2", "s2", 1, 11, 0), Fill("stop", "s2", 3, 11, 0)]


def test_a_members_own_orders_are_passed_over_and_keep_their_place() -> None:
    book = Book()
    book.place(Limit("own", 1, False, 9, 5))
    book.place(Limit("other", 2, False, 10, 5))
    book.place(Limit("b", 1, True, 10, 5))
    assert book.fills == [Fill("b", "other", 5, 10, 0)]
    book.place(Limit("c", 3, True, 9, 5))
    assert book.fills[1:] == [Fill("c", "own", 5, 9, 0)]


def test_an_order_that_cannot_trade_takes_no_room_from_its_owners_others() -> None:
    book = Book(rooms={1: 10, 2: 10})
    for order in (Limit("far", 1, True, 3, 10), Limit("s", 2, False, 10, 5), Limit("near", 1, True, 11, 8)):
        book.place(order)
    assert book.fills == [Fill("near", "s", 5, 10, 0)]


def test_an_owner_without_room_is_passed_over_and_their_order_stands() -> None:
    book = Book(rooms={1: 5, 2: 20, 3: 20})
    for order in (Limit("s1", 1, False, 9, 8), Limit("s2", 2, False, 10, 8), Limit("b", 3, True, 11, 10)):
        book.place(order)
    assert book.fills == [Fill("b", "s1", 5, 9, 0), Fill("b", "s2", 5, 10, 0)]
    assert {order.id: order.wh for order in book.live()} == {"s1": 3, "s2": 3}


def test_all_or_nothing_counts_an_owners_room_once() -> None:
    book = Book(rooms={1: 5, 2: 20})
    for order in (Limit("s1", 1, False, 9, 4), Limit("s2", 1, False, 9, 4), Limit("b", 2, True, 9, 6, force=Force.FOK)):
        book.place(order)
    assert (book.fills, book.ended) == ([], [Ended("b", 6, Ending.UNFILLED)])


def test_the_dated_order_ends_on_its_date() -> None:
    book = Book()
    book.place(Limit("s", 1, False, 9, 5, expires_at=3))
    book.expire(2)
    assert not book.ended
    book.expire(3)
    assert book.ended == [Ended("s", 5, Ending.EXPIRED)]
    assert not book.cancel("s")
