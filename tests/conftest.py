from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests as http
from stellar_sdk import Keypair

from devices.models import Device, MeteringPoint
from devices.services import assign, register_device
from market import parameters
from market.mandates import give_mandate
from market.models import Mandate, Tariff
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS
from stelltron.ledger import contracts as deployed
from stelltron.ledger.deployment import deploy_all
from stelltron.ledger.follower import Follower
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.gateway import Gateway, Signed
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.network import StellarNetwork
from stelltron.ledger.submitter import Submitter
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, join
from stelltron.runtime.instance import Instance
from stelltron.runtime.services import devnet
from stelltron.runtime.supervisor import Supervisor

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
CENT = STROOPS // 100
RETAIL, FEED_IN = 28 * CENT, 2 * CENT


@pytest.fixture
def community(db: None) -> Community:
    """An hourly community on a data clock, with a tariff of 28 and 2 cents and no grace."""
    made = Community.objects.create(
        slug="test", name="Test Co-op", slot_minutes=60, clock=Community.Clock.DATA, data_time=START
    )
    Tariff.objects.create(
        community=made, name="utility", retail=RETAIL, feed_in=FEED_IN, valid_from=START - timedelta(days=1)
    )
    schedule(made, parameters.GRACE_SECONDS, 0, START - timedelta(days=1), "tests")
    return made


@pytest.fixture
def contracts(db: None, settings: Any) -> None:
    """The contracts on the running devnet, this test's own: their addresses follow from a fresh operator."""
    settings.STELLAR = replace(settings.STELLAR, operator=Keypair.random(), issuer=Keypair.random())
    deploy_all(lambda text: None, slot_minutes=60)


@pytest.fixture(scope="module")
def travelling_devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chain whose clock may be moved. One for each file of tests: the years add up."""
    instance = Instance.open(tmp_path_factory.mktemp("travelling"), scratch=True)
    instance.choose_ports()
    supervisor = Supervisor(instance)
    supervisor.start(devnet(instance, close_ms=0))
    yield f"http://127.0.0.1:{instance.ports['stellar']}"
    supervisor.stop()


class Chain:
    """The chain process, turned by hand."""

    def __init__(self, network: StellarNetwork) -> None:
        self.gateway = Gateway(network)
        self.submitter, self.follower = Submitter(self.gateway), Follower(self.gateway)

    def send(self, key: Keypair, call: Invocation[Any]) -> Signed:
        """One call at once, signed by ``key``, around the outbox."""
        signed = self.gateway.sign_call(key, deployed.address(call.contract), call.function, call.args)
        self.gateway.send(signed.envelope)
        return signed

    @property
    def now(self) -> datetime:
        """The ledger's clock."""
        return datetime.fromtimestamp(self.gateway.server.get_latest_ledger().close_time, UTC)

    def travel(self, **ahead: float) -> None:
        """Move the ledger's clock. Other tests rely on that of the devnet they share: it stays."""
        if self.gateway.network.rpc_url == os.environ["STELLAR_RPC_URL"]:
            raise AssertionError("only the travelling devnet may be moved")
        seconds = int(timedelta(**ahead).total_seconds())
        url = f"{self.gateway.network.rpc_url}/admin/close"
        http.post(url, params={"seconds": seconds}, timeout=10).raise_for_status()

    def settle(self) -> None:
        """Until nothing is left to send or read."""
        idle = 0
        while idle < 2:
            idle = 0 if self.submitter.step() + self.follower.step() else idle + 1


@pytest.fixture
def chain(contracts: None, settings: Any) -> Chain:
    return Chain(settings.STELLAR)


@pytest.fixture
def new_member(community: Community) -> Callable[..., Member]:
    """A member with an approved identity and a metering point with a meter, but nothing on the chain."""

    def make(code: str, **details: object) -> Member:
        member = join(community, name=f"Member {code}", code=code, **details)
        decide_kyc(member, Member.Kyc.APPROVED, actor=None, reason="test")
        point = MeteringPoint.objects.create(community=community, member=member, code=code)
        device, _ = register_device(community, f"meter-{code}", key=code.encode() * 4)
        assign(device, point)
        return member

    return make


@pytest.fixture
def trader(new_member: Callable[..., Member], chain: Chain) -> Callable[..., Member]:
    """A member with 100 WATT in the market and an active mandate between feed-in and retail."""

    def make(
        code: str, *, watt: int = 100, sell_at_least: int = FEED_IN, buy_at_most: int = RETAIL, **limits: int
    ) -> Member:
        member = new_member(code)
        receive_payment(member, watt * STROOPS, f"{member.pk}")
        mandate(member, sell_at_least=sell_at_least, buy_at_most=buy_at_most, **limits)
        chain.settle()
        return member

    return make


def mandate(member: Member, **changes: object) -> Mandate:
    terms: dict = {
        "sell_at_least": FEED_IN,
        "buy_at_most": RETAIL,
        "slot_wh": 1_000_000,
        "day_wh": 10_000_000,
        "valid_from": START - timedelta(days=1),
        "valid_until": START + timedelta(days=365),
    }
    return give_mandate(member, **{**terms, **changes})


def meter_of(member: Member) -> Device:
    return Device.objects.get(owner=member)
