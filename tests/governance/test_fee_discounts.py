"""GRID put at stake and asked back on a real chain, and what of the grid fee then comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from stellar_sdk import Keypair

from governance.grid import staking
from governance.tasks import compare_grid
from market.grid.discounts import comes_back
from market.models import FeeDiscount, GridFee, StatementLine, Trade
from stelltron.core.models import Community
from stelltron.ledger import contracts, reconciliation
from stelltron.ledger.clients import grid_staking, grid_token, marketplace
from stelltron.ledger.deployment import GRID
from stelltron.ledger.models import Holding
from stelltron.members.models import Member
from tests.conftest import CENT, START, Chain
from tests.market.test_clearing import close, reading

HOUR = timedelta(hours=1)
SignIn = Callable[[Member], Client]


@pytest.fixture
def neighbours(trader: Callable[..., Member], community: Community, chain: Chain) -> list[Member]:
    """One sells, two buy, who hold 2,000 GRID each; the grid takes a cent a kWh."""
    GridFee.objects.create(
        community=community, name="hill", inside=CENT, out=CENT, into=CENT, valid_from=START - timedelta(days=1)
    )
    found = [trader(code) for code in ("sun", "near", "far")]
    operator = settings.STELLAR.operator
    for member in found[1:]:
        chain.send(operator, grid_token.transfer(operator.public_key, member.wallet.address, 2_000 * GRID))
    return found


def do(chain: Chain, member: Member, verb: str, grid: int) -> None:
    staking.do(member, verb, grid * GRID)
    chain.settle()


def trade(community: Community, neighbours: list[Member], hour: int) -> dict[str, int]:
    """An hour in which both buy a kWh: what comes back of the fees they pay for it."""
    slot = START + hour * HOUR
    sun, near, far = neighbours
    reading(sun, exported=2000, slot=slot)
    reading(near, imported=1000, slot=slot)
    reading(far, imported=1000, slot=slot)
    close(community, hours=hour + 1)
    assert set(Trade.objects.filter(slot=slot).values_list("fee_amount", flat=True)) == {CENT}
    return {who.code: comes_back(StatementLine.objects.filter(member=who, slot=slot)) for who in (near, far)}


def on_chain(chain: Chain, member: Member) -> int:
    return contracts.ask(chain.gateway, marketplace.account(member.wallet.address)).quote


def test_stakes_of_two_tiers_pay_less_from_the_next_slot_on_and_what_is_asked_back_no_longer(
    neighbours: list[Member], community: Community, chain: Chain
):
    _, near, far = neighbours
    do(chain, near, "stake", 100)
    do(chain, far, "stake", 1_000)
    assert trade(community, neighbours, 0) == {"near": 0, "far": 0}
    assert trade(community, neighbours, 1) == {"near": CENT * 5 // 100, "far": CENT * 10 // 100}
    do(chain, far, "ask", 1)
    do(chain, near, "ask", 100)
    assert trade(community, neighbours, 2) == {"near": CENT * 5 // 100, "far": CENT * 10 // 100}
    assert trade(community, neighbours, 3) == {"near": 0, "far": CENT * 5 // 100}
    chain.settle()
    assert set(Trade.objects.values_list("state", flat=True)) == {Trade.State.SETTLED}
    books = dict(Holding.objects.filter(asset="WATT").values_list("member", "available"))
    assert {member.pk: on_chain(chain, member) for member in neighbours} == books
    assert reconciliation.reconcile(community).equal


def test_new_tiers_reach_everybody_who_stakes(neighbours: list[Member], community: Community, chain: Chain):
    _, near, far = neighbours
    do(chain, near, "stake", 100)
    do(chain, far, "stake", 1_000)
    chain.send(settings.STELLAR.operator, grid_staking.set_tiers([grid_staking.Tier(50, 1_000 * GRID)]))
    chain.settle()
    assert trade(community, neighbours, 0) == {"near": 0, "far": 0}
    assert trade(community, neighbours, 1) == {"near": 0, "far": CENT // 2}


def test_stake_from_before_its_account_was_a_members_counts_once_it_is(
    new_member: Callable[..., Member], community: Community, chain: Chain
):
    key, operator = Keypair.random(), settings.STELLAR.operator
    chain.gateway.ensure_account(key.public_key)
    chain.send(operator, grid_token.transfer(operator.public_key, key.public_key, 100 * GRID))
    chain.send(key, grid_staking.stake(key.public_key, 100 * GRID))
    chain.settle()
    member = new_member("late", address=key.public_key)
    for _ in range(2):
        compare_grid()
        assert [(one.member, one.percent) for one in FeeDiscount.objects.all()] == [(member, 5)]


def test_member_and_office_see_since_when_and_what_it_saved(
    neighbours: list[Member], community: Community, chain: Chain, signed_in: SignIn, admin_client: Client
):
    near = neighbours[1]
    member = signed_in(near)
    assert "Nothing of the grid fee comes back for your stake yet." in member.get("/grid").content.decode()
    do(chain, near, "stake", 100)
    page = member.get("/grid").content.decode()
    assert "<strong>5 %</strong> of the grid fee" in page and "0.00 USD of this month's fees so far" in page
    trade(community, neighbours, 1)
    assert "0.0005 USD of this month's fees so far" in member.get("/grid").content.decode()
    do(chain, near, "ask", 100)
    assert "nothing of the grid fee comes back for your stake" in member.get("/grid").content.decode()
    office = admin_client.get(reverse("admin:members_member_change", args=[near.pk])).content.decode()
    assert "0 % back for staked GRID, from 2026-06-01 15:00 UTC on" in office
