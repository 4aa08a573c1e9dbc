"""The chain has the last word on stored energy: what it did not pay for was not sold, whatever the meter counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from market.figures import rollups
from market.models import BankedEnergy, LockedTrade, StatementLine
from market.resettlement import recompute
from market.stored import locking
from stelltron.core.models import Community
from stelltron.ledger import reconciliation
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, EnergyLock
from stelltron.members.models import Member, Notice
from tests.conftest import RETAIL

from . import test_stored_energy as stored
from .battery import Battery, until
from .test_stored_energy import HOUR, Driver, State, agree, deliver, lines, lock, watt
from .test_tariffs import announce

no_delay, seller, battery, buyer, driver = stored.no_delay, stored.seller, stored.battery, stored.buyer, stored.driver


def recomputes() -> bool:
    return not any(list(recompute.single_difference(line)) for line in StatementLine.objects.filter(run=None))


@pytest.mark.parametrize("tax", [0, 1900])
def test_what_was_drawn_under_a_lock_that_is_released_is_bought_from_the_utility(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community, monkeypatch, tax: int
) -> None:
    monkeypatch.setattr(locking, "LOCK_WITHIN", timedelta(seconds=5))
    monkeypatch.setattr(locking, "PROOF_TIME", -4 * HOUR + timedelta(seconds=9))
    monkeypatch.setattr(locking, "CLOCK_MARGIN", timedelta(seconds=1))
    if tax:
        announce(community, tax=tax)
    before = watt(seller), watt(buyer)
    (trade,) = agree(seller, buyer, 5000)
    lock(driver, battery, trade)
    battery.willing = False
    deliver(driver, seller, buyer, [(3000, 2500), (2000, 6000)])
    assert LockedTrade.objects.get().delivered_wh == 5000
    due = EnergyLock.objects.get().deliver_by + timedelta(seconds=2)
    until(lambda: datetime.now(UTC) > due, 30)
    driver.until(trade, State.FAILED)
    driver.turn(4)
    assert (watt(seller), watt(buyer)) == before
    # 12 kWh held and 5 exported: none of it was sold.
    assert balance(seller, Asset.KWH).available == 17_000
    assert BankedEnergy.objects.filter(member=seller).aggregate(wh=Sum("wh"))["wh"] == 17_000
    assert lines(seller) == {}
    drawn = lines(buyer)
    assert drawn.pop("UTILITY_IMPORT") == (8500, -(8500 * RETAIL // 1000))
    assert drawn == ({"TAX": (8500, -(8500 * RETAIL * tax // 10_000 // 1000))} if tax else {})
    day = rollups.running_day(buyer)
    assert (day.drawn_wh, day.saved, day.bought_wh) == (8500, 0, 0)
    assert recomputes()
    told = Notice.objects.get(member=buyer, key=f"released:{trade.pk}").text
    assert "the 4.500 kWh that you drew of it are billed at the utility's price" in told
    assert reconciliation.reconcile(community).equal
