from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from stellar_sdk import Keypair

from financing.building import building
from financing.metering import codes
from financing.metering.meter import Meter
from financing.metering.openpaygo import Acceptor
from financing.metering.reporting import take_report
from financing.models import Generator, GeneratorRequest, Milestone, Offering, Payment, Provider, Stake
from financing.offering import offerings, requests
from financing.owning import owning
from financing.using import running
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger.deployment import deploy_all
from stelltron.ledger.funding import receive_payment
from stelltron.members.models import Member, User
from stelltron.members.services import make_staff
from tests.conftest import CENT, Chain
from tests.portal.conftest import signed_in as signed_in

GOAL = 20_000 * STROOPS
BID = {
    "unit_type": "10 kW solar",
    "power_w": 10_000,
    "cost": GOAL,
    "installation_days": 30,
    "warranty_months": 24,
    "year_quantity": 14_600_000,
}


@pytest.fixture
def contracts(db: None, settings: Any, travelling_devnet: str) -> None:
    settings.STELLAR = replace(
        settings.STELLAR,
        rpc_url=travelling_devnet,
        friendbot_url=f"{travelling_devnet}/friendbot",
        operator=Keypair.random(),
        issuer=Keypair.random(),
    )
    deploy_all(lambda text: None, slot_minutes=60)


@dataclass
class Village:
    """People around one generator, and the chain process, turned by hand."""

    community: Community
    chain: Chain
    join: Callable[..., Member]
    people: dict[str, Member] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Member:
        """Whoever is not there yet joins, with 100,000 WATT in the wallet."""
        if code not in self.people:
            member = self.people[code] = self.join(code)
            receive_payment(member, 100_000 * STROOPS, f"{member.pk}", into_market=False)
            self.chain.settle()
        return self.people[code]

    @property
    def now(self) -> datetime:
        return self.chain.now

    def travel(self, **ahead: float) -> None:
        self.chain.travel(**ahead)

    def next_slot(self) -> None:
        """To the start of one, so that a whole minute is left in it."""
        self.travel(seconds=60 - self.now.timestamp() % 60)

    def provider(self, code: str = "builder") -> Member:
        member = self[code]
        if not Provider.objects.filter(member=member).exists():
            asked = requests.ask_to_provide(member, "forty generators in nine villages")
            requests.verify_provider(asked, verified=True, actor=None, reason="references checked")
            self.chain.settle()
        return member

    def request(self) -> GeneratorRequest:
        return requests.ask_for_generator(
            self["village"],
            title="Power for Tengbeh",
            place="Tengbeh Town",
            power_w=10_000,
            people=400,
            reason="a clinic and a school without light",
            now=self.now,
        )

    def offering(self, **bid: Any) -> Offering:
        request = self.request()
        placed = requests.place_bid(request, self.provider(), **{**BID, **bid}, now=self.now)
        return requests.accept_bid(placed, self["village"], min_price=5 * CENT, max_price=50 * CENT, now=self.now)

    def funding(self, **terms: Any) -> Generator:
        """Approved, on the chain and open for stakes."""
        offering = self.offering()
        Offering.objects.filter(pk=offering.pk).update(slot_seconds=60, **terms)
        offering.refresh_from_db()
        made = offerings.approve_offering(offering, actor=None, reason="sound", now=self.now)
        self.chain.settle()
        return self.fresh(made)

    def fund(self, made: Generator, code: str, units: int) -> None:
        offerings.fund(made, self[code], units, risks_read=True, now=self.now)
        self.chain.settle()

    def funded(self, **stakes: int) -> Generator:
        made = self.funding()
        for code, units in (stakes or {"ann": 5000, "bob": 3000, "cy": 2000}).items():
            self.fund(made, code, units)
        return self.fresh(made)

    def running(self, price: int | None = 20 * CENT, **stakes: int) -> Generator:
        """Installed and started with a first token of one WATT; with a price, the next slot has begun."""
        made = self.funded(**stakes)
        if price is not None:
            running.submit_price(made, self.owners(made)[0].member, price)
        return self.start(made)

    def start(self, made: Generator) -> Generator:
        """Installed and accepted, at the start of the next slot."""
        self.device = Keypair.random()
        building.install(made, self["village"], self.device.raw_public_key())
        self.chain.settle()
        building.send_first_token(self.fresh(made), self["village"], STROOPS)
        self.chain.settle()
        self.next_slot()
        return self.fresh(made)

    def owners(self, made: Generator) -> list[Stake]:
        return list(made.stakes.filter(units__gt=0).select_related("member").order_by("-units"))

    def buy(self, made: Generator, code: str, quantity: int, **more: Any) -> Payment:
        payment = running.buy_energy(made, self[code], quantity, gateway=self.chain.gateway, **more)
        self.chain.settle()
        return Payment.objects.get(pk=payment.pk)

    def claim(self, made: Generator, code: str) -> None:
        owning.claim(made, self[code])
        self.chain.settle()

    def fresh(self, made: Generator) -> Generator:
        return Generator.objects.get(pk=made.pk)

    def milestone(self, made: Generator, number: int) -> Milestone:
        return Milestone.objects.select_related("generator__offering").get(generator=made, number=number)


def metered(village: Village, **running: Any) -> tuple[Generator, Meter]:
    made = village.running(**running)
    row, key = codes.register_meter(made, "SL-0001", village.device.raw_public_key(), actor=None, reason="delivered")
    return made, Meter(village.device, made.address, Acceptor(key, row.starting_code), codes.QUANTUM)


def tell_all(made: Generator, meter: Meter) -> None:
    """The meter has a network: report after report, until everything was taken."""
    for _ in range(10):
        if not meter.has_news():
            return
        meter.take(take_report(made.meter, meter.report()))
    raise AssertionError("the meter's news are not taken")


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Run them in threads of their own; returns what went wrong."""
    problems: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


@pytest.fixture
def village(community: Community, chain: Chain, new_member: Callable[..., Member]) -> Village:
    return Village(community, chain, new_member)


@pytest.fixture
def treasurers(db: None) -> tuple[User, User]:
    first, second = (make_staff(f"{name}@co-op.example", "a long enough password", "Treasury") for name in "ab")
    return first, second
