from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from market.engine.auction import Quote, clear, pair
from market.engine.fees import GridFees, ZoneFees

from .transport import best_welfare

quotes = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 40)), max_size=12)


def make(side: str, raw: list[tuple[int, int]]) -> list[Quote]:
    return [Quote(f"{side}{n}", wh, limit) for n, (wh, limit) in enumerate(raw)]


@given(quotes, quotes, st.none() | st.integers(0, 20_000))
def test_energy_balances_and_nobody_trades_beyond_quantity_or_limit(
    raw_asks: list[tuple[int, int]], raw_bids: list[tuple[int, int]], most: int | None
) -> None:
    asks, bids = make("s", raw_asks), make("b", raw_bids)
    result = clear(asks, bids, most)
    assert sum(result.sold.values()) == sum(result.bought.values()) == result.traded_wh
    assert most is None or result.traded_wh <= most
    limits = {q.who: q for q in asks + bids}
    for who, wh in result.sold.items():
        assert 0 < wh <= limits[who].wh
        assert limits[who].limit <= result.price
    for who, wh in result.bought.items():
        assert 0 < wh <= limits[who].wh
        assert limits[who].limit >= result.price


zone_fees = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).map(
    lambda fees: ZoneFees(min(fees[0], fees[1] + fees[2]), fees[1], fees[2])
)
zoned = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40), st.integers(0, 2)), max_size=8)


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Quote], list[Quote], GridFees, list[int | None] | None]:
    fees = draw(st.lists(zone_fees, min_size=1, max_size=3))
    sides = [
        [Quote(f"{name}{n}", wh, limit, zone % len(fees)) for n, (limit, wh, zone) in enumerate(draw(zoned))]
        for name in "sb"
    ]
    caps = st.lists(st.none() | st.integers(0, 30), min_size=len(fees), max_size=len(fees))
    return sides[0], sides[1], GridFees(fees), draw(st.none() | caps)


@settings(max_examples=1000)
@given(markets())
def test_welfare_is_the_optimum_of_the_transport_problem(market: tuple) -> None:
    asks, bids, fees, feeders = market
    result = clear(asks, bids, None, fees, feeders)
    exports = [0] * len(fees.zones)
    welfare = 0
    for quote in asks:
        exports[quote.zone] += result.sold.get(quote.who, 0)
        welfare -= quote.limit * result.sold.get(quote.who, 0)
    local = list(exports)
    for quote in bids:
        bought = result.bought.get(quote.who, 0)
        exports[quote.zone] -= bought
        welfare += quote.limit * bought
    for zone, export in enumerate(exports):
        local[zone] -= max(export, 0)
        welfare -= local[zone] * fees.inside[zone]
        welfare -= export * fees.out[zone] if export > 0 else -export * fees.into[zone]
        assert feeders is None or feeders[zone] is None or abs(export) <= feeders[zone]
    assert exports == result.exports
    assert sum(exports) == 0
    assert welfare == best_welfare(asks, bids, fees, feeders)


@settings(max_examples=500)
@given(markets(), st.none() | st.integers(0, 100))
def test_every_zone_has_a_price_within_its_traders_limits(market: tuple, most: int | None) -> None:
    asks, bids, fees, feeders = market
    result = clear(asks, bids, most, fees, feeders)
    assert sum(result.sold.values()) == sum(result.bought.values()) == result.traded_wh
    assert most is None or result.traded_wh <= most
    for quote in asks:
        wh = result.sold.get(quote.who, 0)
        assert wh <= quote.wh
        assert not wh or quote.limit <= result.prices[quote.zone]
    for quote in bids:
        wh = result.bought.get(quote.who, 0)
        assert wh <= quote.wh
        assert not wh or result.prices[quote.zone] + fees.inside[quote.zone] <= quote.limit
    for seller, sells in enumerate(result.exports):
        for buyer, buys in enumerate(result.exports):
            if sells > 0 > buys:
                # What lies between the zones' prices pays at least for the way.
                beyond = result.prices[buyer] + fees.inside[buyer] - result.prices[seller]
                assert beyond >= fees.between(seller, buyer)


def test_a_full_feeder_parts_the_prices() -> None:
    fees = GridFees([ZoneFees(1, 2, 2), ZoneFees(1, 2, 2)])
    asks = [Quote("sun", 100, 2, 0), Quote("wind", 10, 6, 1)]
    bids = [Quote("house", 20, 20, 0), Quote("mill", 80, 28, 1)]
    free = clear(asks, bids, fees=fees)
    assert free.exports == [80, -80]
    assert free.prices[1] + 1 - free.prices[0] == 4
    tight = clear(asks, bids, fees=fees, feeders=[30, None])
    assert tight.exports == [30, -30]
    assert tight.sold == {"sun": 50, "wind": 10}
    assert tight.prices[1] + 1 - tight.prices[0] > 4


def test_equals_share_pro_rata_at_the_midpoint() -> None:
    result = clear([Quote("s", 100, 2)], [Quote("a", 100, 28), Quote("b", 300, 28)])
    assert result.price == 15
    assert result.bought == {"a": 25, "b": 75}


@given(st.lists(st.integers(1, 1000), max_size=10), st.data())
def test_pairs_carry_every_share_and_are_few(sold: list[int], data: st.DataObject) -> None:
    total = sum(sold)
    cuts = sorted(set(data.draw(st.lists(st.integers(1, max(total - 1, 1)), max_size=10))) | {0, total})
    bought = [b - a for a, b in pairwise(cuts) if b <= total]
    pairs = pair([(f"s{i}", wh) for i, wh in enumerate(sold)], [(f"b{i}", wh) for i, wh in enumerate(bought)])
    assert sum(wh for _, _, wh in pairs) == total
    assert len(pairs) <= max(len(sold) + len(bought) - 1, 0)
    assert all(wh > 0 for _, _, wh in pairs)
