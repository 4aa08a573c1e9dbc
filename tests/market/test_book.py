from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from market.engine.book import Fill, Limit, match

streams = st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.integers(1, 9), st.integers(0, 4)), max_size=40)


def make(stream: list[tuple[bool, int, int, int]]) -> list[Limit]:
    return [Limit(n, owner, is_buy, price, n, wh) for n, (is_buy, price, wh, owner) in enumerate(stream)]


def naive(orders: list[Limit]) -> list[Fill]:
    """The oracle: scan the whole book for the best partner, again and again."""
    resting: list[Limit] = []
    fills = []
    for order in orders:
        order = replace(order)
        while order.wh:
            partners = [
                o
                for o in resting
                if o.wh
                and o.is_buy != order.is_buy
                and o.owner != order.owner
                and (order.price >= o.price if order.is_buy else order.price <= o.price)
            ]
            if not partners:
                break
            best = min(partners, key=lambda o: (o.price if order.is_buy else -o.price, o.arrival))
            wh = min(order.wh, best.wh)
            order.wh, best.wh = order.wh - wh, best.wh - wh
            buy, sell = (order, best) if order.is_buy else (best, order)
            fills.append(Fill(buy.id, sell.id, wh, best.price))
        resting.append(order)
    return fills


@given(streams)
def test_the_engine_equals_the_naive_oracle(stream: list[tuple[bool, int, int, int]]) -> None:
    assert match(make(stream)) == naive(make(stream))


@given(streams)
def test_energy_is_conserved_and_nobody_trades_with_themselves(stream: list[tuple[bool, int, int, int]]) -> None:
    before = {order.id: order for order in make(stream)}
    orders = make(stream)
    fills = match(orders)
    for order in orders:
        filled = sum(f.wh for f in fills if order.id in (f.buy, f.sell))
        assert order.wh + filled == before[order.id].wh
        assert order.wh >= 0
    for fill in fills:
        assert before[fill.buy].owner != before[fill.sell].owner
        assert before[fill.sell].price <= fill.price <= before[fill.buy].price


def test_the_resting_order_sets_the_price_and_keeps_its_time() -> None:
    orders = [Limit("s1", 1, False, 10, 1, 8), Limit("s2", 2, False, 10, 2, 8), Limit("b", 3, True, 11, 3, 10)]
    assert match(orders) == [Fill("b", "s1", 8, 10), Fill("b", "s2", 2, 10)]
