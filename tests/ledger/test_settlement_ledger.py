"""The contract beside a ledger too simple to be wrong: a thousand random slots, in the real host."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from stellar_sdk import Keypair

from stelltron.core import slots
from stelltron.ledger import contracts
from stelltron.ledger.batch import PackedTrade, Round, Section, encode_batch
from stelltron.ledger.clients import marketplace
from stelltron.ledger.gateway import ChainRefused
from stelltron.ledger.models import Seat
from stelltron.ledger.pages import read_page
from stelltron.members.models import Member
from tests.conftest import CENT, START, Chain

SLOTS = 1000
SLOTS_A_BATCH = 50
MEMBERS = ("ada", "ben", "cal", "dan")
FEE = CENT // 10


@dataclass
class PlainLedger:
    """Money in stroops and energy in Wh by seat; slot 0 is the operator's."""

    money: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    energy: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def settle(self, section: Section) -> None:
        for seat, wh in section.mints:
            self.energy[seat] += wh
        for part in section.rounds:
            for seat, wh in part.positions:
                # Rounds up what a buyer pays and down what a seller gets.
                paid = -(-wh * part.price // 1000)
                self._move(seat, wh, paid, section.fee)
                self.money[0] += paid
        for trade in section.trades:
            paid = trade.wh * trade.price // 1000
            self._move(trade.seller, -trade.wh, -paid, section.fee)
            self._move(trade.buyer, trade.wh, paid, section.fee)
        for seat, wh in section.burns:
            self.energy[seat] -= wh

    def _move(self, seat: int, wh: int, paid: int, fee: int) -> None:
        self.energy[seat] += wh
        self.money[seat] -= paid
        if wh > 0:
            self.money[seat] -= wh * fee // 1000
            self.money[0] += wh * fee // 1000


def random_section(draw: random.Random, slot: int, seats: list[int]) -> Section:
    """Everything minted is sold, in a round or in pairs, and burned by who bought it."""
    seller, *buyers = draw.sample(seats, k=draw.randint(2, len(seats)))
    bought = {buyer: draw.randint(1, 900) for buyer in buyers}
    total = sum(bought.values())
    price = draw.randint(5 * CENT, 20 * CENT)
    section = Section(
        slot, draw.randbytes(32), draw.randint(1, 99), ((seller, total),), burns=tuple(bought.items()), fee=FEE
    )
    if draw.random() < 0.5:
        return replace(section, rounds=(Round(price, ((seller, -total), *bought.items())),))
    return replace(
        section,
        trades=tuple(PackedTrade(buyer, seller, wh, price + draw.randint(0, 9)) for buyer, wh in bought.items()),
    )


@pytest.fixture
def seats(trader: Callable[..., Member], chain: Chain) -> list[int]:
    members = [trader(code) for code in MEMBERS]
    chain.settle()
    return [Seat.objects.get(member=member).index for member in members]


def balances(chain: Chain) -> list[tuple[int, int]]:
    return read_page(contracts.ask(chain.gateway, marketplace.page(0)))


def test_a_thousand_random_slots_settle_as_the_plain_ledger_says(chain: Chain, settings, seats: list[int]) -> None:
    draw = random.Random(2026)
    operator: Keypair = settings.STELLAR.operator
    before = balances(chain)
    ledger = PlainLedger(
        defaultdict(int, {seat: money for seat, (money, _) in enumerate(before)}),
        defaultdict(int, {seat: energy for seat, (_, energy) in enumerate(before)}),
    )
    root = contracts.ask(chain.gateway, marketplace.chain()).root
    minutes = contracts.ask(chain.gateway, marketplace.config()).slot_minutes
    starts = [slots.to_chain(START) + n * minutes for n in range(SLOTS)]
    for at in range(0, SLOTS, SLOTS_A_BATCH):
        sections = [random_section(draw, slot, seats) for slot in starts[at : at + SLOTS_A_BATCH]]
        closing = [replace(section, closes=True) for section in sections]
        chain.send(operator, marketplace.settle(encode_batch(section.encode() for section in closing)))
        for section in closing:
            ledger.settle(section)
        found = balances(chain)
        assert [(ledger.money[seat], ledger.energy[seat]) for seat in range(len(found))] == found
        with pytest.raises(ChainRefused):
            chain.send(operator, marketplace.settle(encode_batch([closing[0].encode()])))
    head = contracts.ask(chain.gateway, marketplace.chain())
    assert head.root != root
    assert head.minted_wh == head.burned_wh == head.traded_wh
    totals = contracts.ask(chain.gateway, marketplace.totals())
    assert totals.quote == sum(money for money, _ in balances(chain))
