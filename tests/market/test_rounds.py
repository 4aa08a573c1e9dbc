from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from market.engine.fees import GridFees, ZoneFees
from market.engine.mechanisms import Mechanism, formula_price
from market.engine.rounds import Contract, Outcome, Position, Rules, allocate

FEED_IN, RETAIL = 2_000, 28_000
NETWORK = GridFees([ZoneFees(500, 1500, 1500), ZoneFees(700, 2500, 1000), ZoneFees()])

positions = st.lists(
    st.builds(
        Position,
        who=st.none(),
        exported_wh=st.integers(0, 500),
        imported_wh=st.integers(0, 500),
        held_wh=st.sampled_from([0, 0, 40]),
        sell_at_least=st.none() | st.integers(1, 20_000),
        buy_at_most=st.none() | st.integers(5_000, 40_000),
        room_wh=st.integers(0, 800),
        free_stroops=st.integers(0, 20_000),
        zone=st.integers(0, 2),
        retail=st.none() | st.integers(10_000, 40_000),
        feed_in=st.none() | st.integers(0, 10_000),
    ),
    max_size=8,
).map(lambda made: {n: p._replace(who=n) for n, p in enumerate(made)})
contracts = st.lists(
    st.builds(
        Contract,
        seller=st.integers(0, 7),
        buyer=st.integers(0, 7),
        price=st.integers(1, 30_000),
        wh=st.integers(1, 300),
    ).filter(lambda contract: contract.seller != contract.buyer),
    max_size=4,
)
rules = st.builds(
    Rules,
    retail=st.just(RETAIL),
    feed_in=st.just(FEED_IN),
    mechanism=st.sampled_from(Mechanism),
    fees=st.just(NETWORK),
    feeders=st.sampled_from([(None, None, None), (50, None, 10)]),
    keys=st.just({n: 1250 for n in range(8)}),
    guard=st.booleans(),
)


@settings(max_examples=1500)
@given(positions, rules, contracts, st.integers(0, 3000))
def test_every_watt_hour_ends_in_one_place_within_everybodys_limits(
    members: dict[int, Position], terms: Rules, agreed: list[Contract], bound: int
) -> None:
    outcome = allocate(members, bound, terms, agreed)
    sold, bought = outcome.sold(), outcome.bought()
    assert sum(sold.values()) == sum(bought.values()) == outcome.traded_wh <= bound
    paid = dict.fromkeys(members, 0)
    for exchange in outcome.exchanges:
        buyer, seller = members[exchange.buyer], members[exchange.seller]
        assert exchange.wh > 0
        assert exchange.buyer != exchange.seller
        assert seller.sell_at_least is not None
        assert buyer.buy_at_most is not None
        assert exchange.price >= seller.sell_at_least
        assert exchange.fee >= NETWORK.between(seller.zone, buyer.zone)
        assert exchange.price + exchange.fee <= buyer.buy_at_most
        if terms.guard:
            assert exchange.price >= (FEED_IN if seller.feed_in is None else seller.feed_in)
            assert exchange.price + exchange.fee <= (RETAIL if buyer.retail is None else buyer.retail)
        paid[exchange.buyer] += exchange.wh * exchange.price // 1000 + exchange.wh * exchange.fee // 1000
    for who, p in members.items():
        own, held = outcome.own_use.get(who, 0), outcome.from_held.get(who, 0)
        assert p.exported_wh == own - held + sold.get(who, 0) + outcome.unsold.get(who, 0)
        assert p.imported_wh == own + bought.get(who, 0) + outcome.from_utility.get(who, 0)
        assert sold.get(who, 0) + bought.get(who, 0) <= p.room_wh
        assert paid[who] <= p.free_stroops
    for zone, limit in enumerate(terms.feeders):
        if limit is not None:
            leaves = sum(e.wh for e in outcome.exchanges if members[e.seller].zone == zone != members[e.buyer].zone)
            enters = sum(e.wh for e in outcome.exchanges if members[e.buyer].zone == zone != members[e.seller].zone)
            assert abs(leaves - enters) <= limit


def home(who: str, *, out: int = 0, into: int = 0, zone: int = 0) -> Position:
    return Position(who, out, into, 0, FEED_IN, RETAIL, 10**9, 10**12, zone)


def share(mechanism: Mechanism, *homes: Position, **terms: object) -> Outcome:
    members = {p.who: p for p in homes}
    bound = min(sum(p.exported_wh for p in homes), sum(p.imported_wh for p in homes))
    return allocate(members, bound, Rules(RETAIL, FEED_IN, mechanism, **terms))  # type: ignore[arg-type]


def earned(outcome: Outcome, who: str) -> float:
    """What a home gets per kWh on average, the utility's share included."""
    sold = sum(e.wh * e.price for e in outcome.exchanges if e.seller == who)
    left = outcome.unsold.get(who, 0)
    return (sold + left * FEED_IN) / (sum(e.wh for e in outcome.exchanges if e.seller == who) + left)


def cost(outcome: Outcome, who: str) -> float:
    bought = sum(e.wh * e.price for e in outcome.exchanges if e.buyer == who)
    left = outcome.from_utility.get(who, 0)
    return (bought + left * RETAIL) / (sum(e.wh for e in outcome.exchanges if e.buyer == who) + left)


def test_mid_market_rate_with_too_much_sun() -> None:
    """Buyers pay m, sellers (D m + (S - D) s) / S."""
    outcome = share(Mechanism.MID_MARKET, home("s", out=4000), home("t", out=2000), home("b", into=3000))
    assert cost(outcome, "b") == 15_000
    assert earned(outcome, "s") == earned(outcome, "t") == (3000 * 15_000 + 3000 * FEED_IN) / 6000


def test_mid_market_rate_with_too_little_sun() -> None:
    """Sellers get m, buyers pay (S m + (D - S) b) / D."""
    outcome = share(Mechanism.MID_MARKET, home("s", out=3000), home("a", into=4000), home("b", into=2000))
    assert earned(outcome, "s") == 15_000
    assert cost(outcome, "a") == cost(outcome, "b") == (3000 * 15_000 + 3000 * RETAIL) / 6000


def test_supply_demand_ratio() -> None:
    """sell = s b / ((b - s) r + s), buy = sell r + b (1 - r), both s where r > 1."""
    outcome = share(Mechanism.SUPPLY_DEMAND_RATIO, home("s", out=1000), home("b", into=4000))
    sell = FEED_IN * RETAIL / ((RETAIL - FEED_IN) * 0.25 + FEED_IN)
    assert earned(outcome, "s") == int(sell)
    assert abs(cost(outcome, "b") - (sell * 0.25 + RETAIL * 0.75)) < 1
    outcome = share(Mechanism.SUPPLY_DEMAND_RATIO, home("s", out=4000), home("b", into=1000))
    assert earned(outcome, "s") == cost(outcome, "b") == FEED_IN


def test_static_keys_give_each_their_share_and_the_rest_to_the_utility() -> None:
    homes = home("s", out=1000), home("a", into=100), home("b", into=5000)
    outcome = share(Mechanism.STATIC_KEYS, *homes, keys={"a": 6000, "b": 4000})
    assert outcome.bought() == {"a": 100, "b": 400}
    assert outcome.unsold == {"s": 500}


def test_dynamic_keys_share_by_what_is_consumed() -> None:
    outcome = share(Mechanism.DYNAMIC_KEYS, home("s", out=1000), home("a", into=1000), home("b", into=3000))
    assert outcome.bought() == {"a": 250, "b": 750}


def test_bill_sharing_costs_buyers_next_to_nothing_and_needs_producers_who_agree() -> None:
    agreed = Position("s", 1000, 0, 0, 1, None, 10**9, 0)
    outcome = share(Mechanism.BILL_SHARING, agreed, home("b", into=4000), guard=False)
    assert outcome.exchanges[0].price == 1
    assert share(Mechanism.BILL_SHARING, home("s", out=1000), home("b", into=4000), guard=False).traded_wh == 0


def test_no_formula_leaves_the_utilitys_prices() -> None:
    for mechanism in set(Mechanism) - {Mechanism.AUCTION, Mechanism.BILL_SHARING}:
        for surplus, deficit in ((0, 10), (10, 0), (1, 1000), (999, 1000), (1000, 1), (7, 7)):
            assert FEED_IN <= formula_price(mechanism, surplus, deficit, RETAIL, FEED_IN) <= RETAIL


def test_friends_come_before_the_market_at_their_own_price() -> None:
    members = {p.who: p for p in (home("s", out=1000), home("friend", into=800), home("b", into=4000))}
    outcome = allocate(members, 1000, Rules(RETAIL, FEED_IN), [Contract("s", "friend", 9_000, 500)])
    among_friends = [e for e in outcome.exchanges if e.among_friends]
    assert [(e.buyer, e.wh, e.price) for e in among_friends] == [("friend", 500, 9_000)]
    assert outcome.sold() == {"s": 1000}


def test_neighbours_of_a_zone_are_paired_first_and_strangers_pay_the_longer_way() -> None:
    fees = GridFees([ZoneFees(500, 1500, 1500), ZoneFees(500, 1500, 1500)])
    homes = home("s", out=1000), home("near", into=400), home("far", into=400, zone=1)
    outcome = share(Mechanism.AUCTION, *homes, fees=fees, feeders=(None, None))
    assert {(e.buyer, e.fee) for e in outcome.exchanges} == {("near", 500), ("far", 3000)}
    assert len({e.price for e in outcome.exchanges}) == 1
