"""A decision in force that breaks an invariant is taken back by the guardian, and the market goes on as before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from governance import comparing, watch
from market import parameters
from market.models import SlotRun, WorseOff
from stelltron.core.models import ParameterVersion
from stelltron.core.parameters import value_at
from stelltron.members.models import Notice

from .conftest import KEY, Assembly


@pytest.fixture
def in_force(assembly: Assembly) -> ParameterVersion:
    """Voted, carried out, and in force on the ledger's clock; ours is told that it is."""
    proposal = assembly.carry_out(assembly.vote(assembly.put(), ann="yes", bob="yes"))
    assembly.chain.travel(seconds=(proposal.effective_from - assembly.chain.now).total_seconds() + 60)
    version = ParameterVersion.objects.get(community=assembly.community, key=KEY)
    ParameterVersion.objects.filter(pk=version.pk).update(effective_from=datetime.now(UTC) - timedelta(hours=1))
    version.refresh_from_db()
    return version


def run_after(assembly: Assembly, version: ParameterVersion, **changed: int) -> SlotRun:
    return SlotRun.objects.create(
        community=assembly.community,
        slot=version.effective_from,
        points=1,
        cleared_at=datetime.now(UTC),
        **{"surplus_wh": 10, "deficit_wh": 10, "bound_wh": 10, "traded_wh": 10, "price": 1, "root": "", **changed},
    )


def test_value_that_leaves_members_worse_off_is_taken_back(assembly: Assembly, in_force: ParameterVersion):
    run = run_after(assembly, in_force)
    assert watch.watch(assembly.house) == []
    WorseOff.objects.create(run=run, member=assembly["cy"], stroops=5)
    assert watch.watch(assembly.house) == [f"{KEY}: a member paid more than the utility asks"]
    # Twice is once.
    watch.watch(assembly.house)
    assembly.chain.settle()
    newest = ParameterVersion.objects.filter(community=assembly.community, key=KEY).first()
    assert (newest.value, newest.reason[:12]) == (0, "taken back b")
    assert Notice.objects.filter(member=assembly["dee"], text__contains="is taken back: a member paid more").exists()
    later = newest.effective_from + timedelta(days=1)
    assert value_at(assembly.community, parameters.BANKING_SLOTS, later) == 0
    # Ours is told as well that it is in force.
    ParameterVersion.objects.filter(pk=newest.pk).update(effective_from=datetime.now(UTC) - timedelta(minutes=30))
    assert watch.watch(assembly.house) == []


def test_bill_sharing_is_meant_to_leave_some_worse_off(assembly: Assembly, in_force: ParameterVersion):
    run = run_after(assembly, in_force, mechanism=5)
    WorseOff.objects.create(run=run, member=assembly["cy"], stroops=5)
    assert watch.watch(assembly.house) == []


def test_values_that_differ_from_the_chain_are_named(assembly: Assembly, in_force: ParameterVersion):
    ParameterVersion.objects.create(
        community=assembly.community,
        key=parameters.GRACE_SECONDS.key,
        value=7,
        effective_from=datetime.now(UTC) - timedelta(days=1),
        reason="by hand",
    )
    assert comparing.compare(assembly.house, assembly.chain.gateway) == [
        f"{parameters.GRACE_SECONDS.key} is 7 here, 300 on the chain"
    ]
    assert assembly.house.differences
