"""Random lives of a generator: on the chain, in the rows and in the journal the same, and as the simple books say."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from financing.calls import ask, call
from financing.income import UNITS, Income, mean_price
from financing.models import Generator
from financing.proof import differences
from financing.running import next_price
from stelltron.core.units import STROOPS
from stelltron.ledger.clients import generator
from stelltron.ledger.gateway import ChainRefused
from tests.conftest import CENT

from .conftest import Village

PEOPLE = ("ann", "bob", "cy", "dan")
STEPS = 60
MAINTENANCE_BPS = 500


@dataclass
class Sold:
    """The income of units in a period, for a buyer once there is one."""

    seller: str
    units: int
    begins: int
    ends: int
    buyer: str = ""


@dataclass
class SimpleBooks:
    """Shares every payment out among the units of that moment, in fractions; what is sold ahead to its buyer."""

    units: dict[str, int]
    votes: dict[str, int] = field(default_factory=dict)
    owed: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    received: int = 0
    sold: dict[int, Sold] = field(default_factory=dict)

    def receive(self, amount: int, at: int) -> None:
        self.received += amount
        shared = amount - amount * MAINTENANCE_BPS // 10_000
        for who, units in self.units.items():
            self.owed[who] += Fraction(shared * units, UNITS)
        for future in self.sold.values():
            if future.begins <= at < future.ends:
                self.owed[future.seller] -= Fraction(shared * future.units, UNITS)
                self.owed[future.buyer] += Fraction(shared * future.units, UNITS)

    def move(self, giver: str, receiver: str, units: int) -> None:
        self.units[giver] -= units
        self.units[receiver] += units
        if not self.units[giver]:
            self.votes.pop(giver, None)

    def mean(self) -> int:
        weight = sum(self.units[who] for who in self.votes)
        return sum(self.units[who] * price for who, price in self.votes.items()) // weight if weight else 0


@dataclass
class Life:
    """Commands go to the contract directly; what it refuses changes nothing anywhere."""

    village: Village
    made: Generator
    draw: random.Random
    books: SimpleBooks
    done: int = 0
    offered: dict[int, Sold] = field(default_factory=dict)

    def send(self, who: str, invocation) -> bool:
        try:
            self.village.chain.send(self.village[who].wallet.keypair(), call(self.made, invocation))
        except ChainRefused:
            return False
        self.done += 1
        return True

    def address(self, who: str) -> str:
        return self.village[who].wallet.address

    def vote(self, who: str) -> None:
        price = self.draw.choice([None, *range(5 * CENT, 50 * CENT, 7 * CENT + 3)])
        address = self.address(who)
        asked = generator.clear_price(address) if price is None else generator.set_price(address, price)
        if self.send(who, asked):
            if price is None:
                self.books.votes.pop(who)
            else:
                self.books.votes[who] = price

    def pay(self, who: str) -> None:
        quantity = self.draw.randint(1, 90_000)
        price = ask(self.made, generator.price(), self.village.chain.gateway)
        if self.send(who, generator.pay(self.address(who), quantity, 10**9)):
            self.books.receive(quantity * price // 1000, int(self.village.now.timestamp()))

    def claim(self, who: str) -> None:
        self.send(who, generator.claim(self.address(who)))

    def transfer(self, who: str) -> None:
        other, units = self.draw.choice(PEOPLE), self.draw.choice([1, 17, 2500, self.books.units[who]])
        if self.send(who, generator.transfer(self.address(who), self.address(other), units)):
            self.books.move(who, other, units)

    def list(self, who: str) -> None:
        units, price = self.draw.randint(1, 2000), self.draw.randint(1, 3 * STROOPS)
        self.send(who, generator.list(self.address(who), units, price))

    def buy(self, who: str) -> None:
        seller, units = self.draw.choice(PEOPLE), self.draw.randint(1, 900)
        if self.send(who, generator.buy(self.address(who), self.address(seller), units, 3 * STROOPS)):
            self.books.move(seller, who, units)

    def sell_future(self, who: str) -> None:
        slot, units = int(self.village.now.timestamp()) // 60, self.draw.randint(1, 1500)
        begins = (slot + 1) * 60
        future = Sold(who, units, begins, begins + 60 * self.draw.randint(2, 5))
        if self.send(who, generator.sell_future(self.address(who), units, begins, future.ends, STROOPS)):
            self.offered[len(self.offered)] = future

    def buy_future(self, who: str) -> None:
        if not self.offered:
            return
        number = max(self.offered)
        if self.send(who, generator.buy_future(self.address(who), number, STROOPS)):
            self.books.sold[number] = self.offered[number]
            self.offered[number].buyer = who

    def settle_future(self, who: str) -> None:
        if self.books.sold:
            self.send(who, generator.settle_future(self.draw.choice(list(self.books.sold))))

    def unsettled(self, code: str) -> int:
        """Of futures that this one has sold or bought."""
        due = 0
        for future in self.made.futures.filter(state="SOLD"):
            to_buyer, to_seller = ask(self.made, generator.unsettled(future.number), self.village.chain.gateway)
            sold = self.books.sold[future.number]
            due += to_buyer * (sold.buyer == code) + to_seller * (sold.seller == code)
        return due

    def next_slot(self, who: str) -> None:
        self.village.next_slot()


def test_every_step_of_a_life_is_the_same_on_the_chain_in_the_rows_and_in_the_journal(village: Village) -> None:
    made = village.running(price=None, ann=5000, bob=3000, cy=2000)
    village["dan"]
    books = SimpleBooks({"ann": 5000, "bob": 3000, "cy": 2000, "dan": 0})
    books.receive(STROOPS, 0)
    life = Life(village, made, random.Random(2026), books)
    verbs: list[Callable[[str], None]] = [
        life.vote,
        life.pay,
        life.pay,
        life.claim,
        life.transfer,
        life.list,
        life.buy,
        life.sell_future,
        life.buy_future,
        life.buy_future,
        life.settle_future,
        life.next_slot,
        life.next_slot,
    ]
    for _ in range(STEPS):
        life.draw.choice(verbs)(life.draw.choice(PEOPLE))
        village.chain.settle()
        made = village.fresh(made)
        assert differences(made, village.chain.gateway) == []
        stakes = {stake.member.code: stake for stake in made.stakes.select_related("member")}
        assert {code: stakes[code].units if code in stakes else 0 for code in PEOPLE} == books.units
        assert sum(books.units.values()) == UNITS
        assert next_price(made) == books.mean()
        assert made.received == books.received
        for code, stake in stakes.items():
            got = stake.claimed + stake.claimable(made.index) + life.unsettled(code)
            # Less than a stroop a unit waits in the carry, and changes hands with it.
            assert abs(books.owed[code] - got) < UNITS, code
    assert life.done > STEPS // 3, "too much was refused for this to prove anything"
    assert made.futures.filter(to_buyer__gt=0).exists(), "no future has delivered"


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("pay"), st.integers(1, 10**15), st.integers(0, 10_000)),
            st.tuples(st.just("claim"), st.integers(0, 3), st.just(0)),
            st.tuples(st.just("move"), st.integers(0, 3), st.integers(0, 10_000)),
            st.tuples(st.just("spend"), st.integers(0, 10**9), st.just(0)),
        ),
        max_size=40,
    ),
    st.integers(0, 10**12),
)
def test_income_is_conserved_in_every_life(life: list[tuple[str, int, int]], rest: int) -> None:
    units, indexes, earned = [4000, 3000, 2999, 1], [0] * 4, [0] * 4
    income = Income()

    def settle(who: int) -> None:
        earned[who] += units[who] * (income.index - indexes[who])
        indexes[who] = income.index

    def conserved() -> None:
        claimable = sum(e + u * (income.index - i) for e, u, i in zip(earned, units, indexes, strict=True))
        kept = income.claimed + claimable + income.carry + income.maintenance + income.spent
        assert income.received == kept
        assert 0 <= income.carry < UNITS

    for verb, first, second in life:
        if verb == "pay":
            income = income.receive(first, second)
        elif verb == "claim":
            settle(first)
            income, earned[first] = income.pay_out(earned[first]), 0
        elif verb == "move":
            giver, receiver = first, (first + 1) % 4
            settle(giver), settle(receiver)
            moved = min(second, units[giver])
            units[giver], units[receiver] = units[giver] - moved, units[receiver] + moved
        else:
            income = income.spend(min(first, income.maintenance))
        conserved()
    income = income.close(rest)
    conserved()
    assert income.maintenance == 0


@given(st.lists(st.tuples(st.integers(1, 10_000), st.integers(0, 10**10))))
def test_the_mean_price_is_the_naive_one(votes: list[tuple[int, int]]) -> None:
    each_unit = [price for units, price in votes for _ in range(min(units, 50))]
    few = [(min(units, 50), price) for units, price in votes]
    assert mean_price(few) == (sum(each_unit) // len(each_unit) if each_unit else 0)
