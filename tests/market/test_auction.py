from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from market.engine.auction import Quote, clear, pair

quotes = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 40)), max_size=12)


def make(side: str, raw: list[tuple[int, int]]) -> list[Quote]:
    return [Quote(f"{side}{n}", wh, limit) for n, (wh, limit) in enumerate(raw)]


def best_welfare(asks: list[Quote], bids: list[Quote]) -> int:
    """The optimum by brute force: units of energy one by one, cheapest ask against dearest bid."""
    supply = sorted(limit for q in asks for limit in [q.limit] * q.wh)
    demand = sorted((limit for q in bids for limit in [q.limit] * q.wh), reverse=True)
    return sum(max(bid - ask, 0) for ask, bid in zip(supply, demand, strict=False))


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


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=8),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=8),
)
def test_welfare_is_the_optimum(raw_asks: list[tuple[int, int]], raw_bids: list[tuple[int, int]]) -> None:
    asks, bids = make("s", raw_asks), make("b", raw_bids)
    result = clear(asks, bids)
    limit = {q.who: q.limit for q in asks + bids}
    welfare = sum(limit[w] * n for w, n in result.bought.items()) - sum(limit[w] * n for w, n in result.sold.items())
    assert welfare == best_welfare(asks, bids)


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
