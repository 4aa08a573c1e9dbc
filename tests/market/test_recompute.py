"""Every line follows again from what is stored, and a tampered one is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from devices.models import SlotReading
from market import parameters
from market.models import Order, StatementLine, Trade
from market.resettlement.late import settle_late
from market.resettlement.recompute import recompute_month
from market.spot import desk, orders
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.members.models import Member
from tests.conftest import CENT, START, Chain
from tests.market.test_clearing import close, reading
from tests.market.test_failed_settlement import cancel_on_chain
from tests.market.test_late_readings import late
from tests.market.test_tariffs import announce

Kind = StatementLine.Kind


def differing(community: Community) -> list[str]:
    return [str(difference) for difference in recompute_month(community, "2026-06")]


@pytest.fixture
def busy(trader: Callable, new_member: Callable, community: Community, chain: Chain) -> Community:
    """Banking, bands, tax, a standing charge, a spot trade, expiry, a refused settlement and late readings."""
    announce(community, bands="noon Mo-Su 13:00-15:00 0.31 0.03", tax=1900, day_charge=11 * CENT)
    schedule(community, parameters.BANKING_SLOTS, 2, START - timedelta(hours=1), "test")
    sun, home, other = trader("sun"), trader("home"), trader("other")
    outsider = new_member("outsider")
    reading(sun, exported=5003)
    reading(home, imported=1001)
    reading(outsider, exported=333)
    close(community)
    community.refresh_from_db()
    chain.settle()
    desk.place_order(sun, side=Order.Side.SELL, wh=1000, price=10 * CENT)
    desk.place_order(home, side=Order.Side.BUY, wh=700, price=11 * CENT)
    orders.cancel_order(Order.objects.get(side=Order.Side.SELL), sun)
    chain.settle()
    reading(home, imported=900, slot=START + timedelta(hours=1))
    reading(sun, exported=77, slot=START + timedelta(hours=1))
    close(community, hours=2)
    chain.settle()
    cancel_on_chain(chain, other)
    for hour in (2, 3):
        reading(sun, exported=501, imported=9, slot=START + timedelta(hours=hour))
        reading(other, imported=1999, slot=START + timedelta(hours=hour))
    close(community, hours=4)
    chain.settle()
    late(home, imported=41)
    late(outsider, exported=1, imported=400)
    assert settle_late(community) == 1
    chain.settle()
    kinds = set(StatementLine.objects.values_list("kind", flat=True))
    assert kinds >= {Kind.TAX, Kind.STANDING_CHARGE, Kind.OWN_USE, Kind.UTILITY_EXPORT, Kind.COMMUNITY_SALE}
    assert StatementLine.objects.filter(run__version=2).exists()
    assert Trade.objects.filter(venue=Trade.Venue.SPOT).exists()
    assert Trade.objects.filter(state=Trade.State.FAILED).exists()
    return community


def test_every_line_follows_again_to_the_last_unit(busy: Community, capsys: pytest.CaptureFixture) -> None:
    assert differing(busy) == []
    call_command("recompute", month="2026-06")
    assert "every line follows" in capsys.readouterr().out


def test_each_tampered_line_is_named(busy: Community) -> None:
    for line in StatementLine.objects.order_by("pk"):
        for change in ({"amount": line.amount + 1}, {"wh": line.wh + 1}):
            StatementLine.objects.filter(pk=line.pk).update(**change)
            assert any(told.startswith(f"line {line.pk},") for told in differing(busy)), (line, change)
        StatementLine.objects.filter(pk=line.pk).update(amount=line.amount, wh=line.wh)
    assert differing(busy) == []


def test_a_line_that_is_missing_or_made_up_is_named(busy: Community) -> None:
    gone = StatementLine.objects.filter(kind=Kind.TAX).first()
    StatementLine.objects.filter(pk=gone.pk).delete()
    assert "a missing line" in differing(busy)[0]
    gone.save(force_insert=True)
    made_up = StatementLine.objects.create(
        member=gone.member, run=gone.run, slot=gone.slot, kind=Kind.UTILITY_EXPORT, wh=1, price=1, amount=5
    )
    with pytest.raises(CommandError, match=f"line {made_up.pk},.*computed none"):
        call_command("recompute", month="2026-06")


def test_a_reading_changed_afterwards_is_noticed(busy: Community) -> None:
    home: Member = Member.objects.get(code="home")
    SlotReading.objects.filter(point__member=home, imported_wh=1001).update(imported_wh=1000)
    told = differing(busy)
    assert any("Merkle root" in line for line in told)
    assert any("UTILITY_IMPORT" in line or "OWN_USE" in line for line in told)
