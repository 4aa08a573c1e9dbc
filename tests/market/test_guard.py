"""Nobody is worse off than at the utility, and where somebody is, the office sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market import parameters
from market.clearing.guard import month_guard
from market.engine.mechanisms import Mechanism
from market.models import StatementLine, WorseOff
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.members.models import Member
from stelltron.portal.today import today
from tests.conftest import CENT, FEED_IN, RETAIL, START
from tests.market.test_clearing import close, reading


def choose(community: Community, mechanism: Mechanism) -> None:
    schedule(community, parameters.MECHANISM, mechanism, START - timedelta(days=1), "test")


@pytest.fixture
def slot(trader: Callable, community: Community) -> Callable[[], tuple[Member, Member]]:
    """A seller who would take anything and a buyer."""

    def clear() -> tuple[Member, Member]:
        sun, home = trader("sun", sell_at_least=1), trader("home")
        reading(sun, exported=3001)
        reading(home, imported=1003)
        close(community)
        return sun, home

    return clear


@pytest.mark.parametrize(
    "mechanism", [m for m in Mechanism if m not in (Mechanism.BILL_SHARING, Mechanism.STATIC_KEYS)]
)
def test_no_mechanism_but_bill_sharing_leaves_anybody_worse_off(
    slot: Callable, community: Community, mechanism: Mechanism
) -> None:
    choose(community, mechanism)
    slot()
    month = {one.code: one for one in month_guard(community, "2026-06")}
    assert all(one.saved >= 0 and one.slots_worse == 0 for one in month.values())
    assert sum(one.saved for one in month.values()) == pytest.approx(1003 * (RETAIL - FEED_IN) / 1000, abs=3)
    assert not WorseOff.objects.exists()


def test_bill_sharing_is_reported_and_labelled(slot: Callable, community: Community) -> None:
    choose(community, Mechanism.BILL_SHARING)
    sun, _ = slot()
    worst = month_guard(community, "2026-06")[0]
    assert (worst.code, worst.slots_worse, worst.by_sharing) == ("sun", 1, True)
    row = WorseOff.objects.get()
    assert (row.member, row.stroops) == (sun, -worst.saved)
    [risk] = [risk for risk in today()["risks"] if risk.kind == "worse off"]
    assert "members chose it" in risk.detail
    assert not risk.urgent


def test_a_breach_under_another_mechanism_is_an_alarm(slot: Callable, community: Community) -> None:
    slot()
    line = StatementLine.objects.get(kind="COMMUNITY_SALE")
    StatementLine.objects.filter(pk=line.pk).update(amount=CENT)
    assert month_guard(community, "2026-06")[0].saved < 0
    WorseOff.objects.create(run=line.run, member=line.member, stroops=5 * CENT)
    [risk] = [risk for risk in today()["risks"] if risk.kind == "worse off"]
    assert risk.urgent
    assert risk.stroops == 5 * CENT
