"""The utility's plans: time bands by the local clock, tax, standing charges, each member on their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from market.models import StatementLine, Tariff, TariffBand
from market.tariffs.bands import read_bands
from market.tariffs.prices import UtilityBook, announce_tariff, choose_plan
from stelltron.core import slots
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import User
from tests.conftest import CENT, FEED_IN, RETAIL, START
from tests.market.test_clearing import close, lines, reading

Kind = StatementLine.Kind
EVENING = "evening Mo-Fr 17:00-21:00 0.40 0.05"


def announce(community: Community, *, bands: str = "", **terms: object) -> Tariff:
    given: dict = {"name": "new", "retail": RETAIL, "feed_in": FEED_IN, "valid_from": START, **terms}
    actor, _ = User.objects.get_or_create(email="office@co-op.example")
    return announce_tariff(community, bands=read_bands(bands), actor=actor, reason="test", **given)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 29), {"night": 4, "": 88}),
        (date(2026, 10, 25), {"night": 12, "": 88}),
        (date(2026, 6, 7), {"night": 8, "": 88}),
    ],
)
def test_a_band_is_as_long_as_the_local_clock_says_when_clocks_change(
    community: Community, day: date, expected: dict[str, int]
) -> None:
    """Quarter hours of a band from 1:00 to 3:00 in Vienna: 92, 100 and 96 slots a day."""
    Tariff.objects.all().delete()
    community.time_zone, community.data_time = "Europe/Vienna", datetime(2026, 1, 1, tzinfo=UTC)
    announce(community, bands="night Su 01:00-03:00 0.10 0.02", valid_from=community.data_time)
    book, zone = UtilityBook(community), ZoneInfo("Europe/Vienna")
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
    starts = slots.boundaries_between(midnight - timedelta(minutes=1), end - timedelta(minutes=1), 15)
    assert Counter(book.prices(start).band for start in starts) == expected


def test_utility_energy_costs_what_its_band_says_plus_tax(new_member: Callable, community: Community) -> None:
    """START is Monday noon UTC: two in the afternoon in Vienna, seven in the evening five hours later."""
    Community.objects.update(time_zone="Europe/Vienna")
    community.refresh_from_db()
    announce(community, bands=EVENING, tax=2000)
    home, roof = new_member("home"), new_member("roof")
    reading(home, imported=1001)
    reading(home, imported=1001, slot=START + timedelta(hours=5))
    reading(roof, exported=1000, slot=START + timedelta(hours=5))
    close(community, hours=6)
    told = {(line.kind, line.price): (line.wh, line.amount) for line in home.statement_lines.all()}
    assert told == {
        (Kind.UTILITY_IMPORT, 28 * CENT): (1001, -(1001 * 28 * CENT // 1000)),
        (Kind.TAX, 56 * CENT // 10): (1001, -(1001 * 56 * CENT // 10 // 1000)),
        (Kind.UTILITY_IMPORT, 40 * CENT): (1001, -(1001 * 40 * CENT // 1000)),
        (Kind.TAX, 8 * CENT): (1001, -(1001 * 8 * CENT // 1000)),
    }
    assert lines(roof) == {Kind.UTILITY_EXPORT: (1000, 5 * CENT)}


def test_the_standing_charge_is_booked_once_a_local_day(new_member: Callable, community: Community) -> None:
    """Nine hours east the day changes at 15:00 UTC."""
    Community.objects.update(time_zone="Asia/Tokyo")
    community.refresh_from_db()
    announce(community, day_charge=30 * CENT)
    home, later = new_member("home"), new_member("later")
    for hour in range(5):
        reading(home, imported=100, slot=START + timedelta(hours=hour))
    reading(later, imported=100, slot=START + timedelta(hours=1))
    close(community, hours=5)
    booked = StatementLine.objects.filter(kind=Kind.STANDING_CHARGE).order_by("slot", "member__code")
    assert [(line.member.code, line.slot, line.day, line.amount) for line in booked] == [
        ("home", START, date(2026, 6, 1), -30 * CENT),
        ("later", START + timedelta(hours=1), date(2026, 6, 1), -30 * CENT),
        ("home", START + timedelta(hours=3), date(2026, 6, 2), -30 * CENT),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        booked[0].pk = None
        StatementLine.objects.create(
            member=home, slot=START, kind=Kind.STANDING_CHARGE, day=date(2026, 6, 1), wh=0, price=0, amount=-1
        )


def test_a_member_on_another_plan_pays_its_prices_from_the_chosen_day_on(
    new_member: Callable, community: Community
) -> None:
    announce(community, plan="green", retail=33 * CENT)
    home = new_member("home")
    choose_plan(home, "green", date(2026, 6, 2), actor=None)
    reading(home, imported=1000)
    reading(home, imported=1000, slot=START + timedelta(hours=12))
    close(community, hours=13)
    assert [line.price for line in home.statement_lines.order_by("slot")] == [RETAIL, 33 * CENT]


def test_a_plan_must_exist_and_lie_ahead(new_member: Callable, community: Community) -> None:
    home = new_member("home")
    with pytest.raises(Refused, match="no prices for this plan"):
        choose_plan(home, "golden", date(2026, 6, 2), actor=None)
    with pytest.raises(Refused, match="tomorrow or later"):
        choose_plan(home, "", date(2026, 6, 1), actor=None)


def test_nobody_pays_more_than_their_own_plan(trader: Callable, community: Community) -> None:
    """Mid-day the market's price is 15 cents; a member whose plan asks 12 stays with the utility."""
    announce(community, plan="cheap", retail=12 * CENT, feed_in=CENT)
    sun, thrifty, usual = trader("sun", sell_at_least=14 * CENT), trader("thrifty"), trader("usual")
    choose_plan(thrifty, "cheap", date(2026, 6, 2), actor=None)
    tomorrow = START + timedelta(hours=13)
    reading(sun, exported=3000, slot=tomorrow)
    for member in (thrifty, usual):
        reading(member, imported=1000, slot=tomorrow)
    close(community, hours=14)
    assert lines(thrifty) == {Kind.UTILITY_IMPORT: (1000, -12 * CENT)}
    assert set(lines(usual)) == {Kind.COMMUNITY_PURCHASE}


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        (f"{EVENING}; late Fr 20:00-22:00 0.30 0.02", "overlaps"),
        ("night Mo 22:00-06:00 0.30 0.02", "write one that passes midnight as two"),
        ("swapped Mo 10:00-11:00 0.02 0.30", "between zero and the retail"),
    ],
)
def test_bands_that_cannot_be_are_refused(community: Community, bands: str, problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        announce(community, bands=bands)
    assert not Tariff.objects.filter(name="new").exists()


def test_the_database_refuses_overlapping_bands(community: Community) -> None:
    tariff = announce(community, bands=EVENING)
    with pytest.raises(IntegrityError), transaction.atomic():
        TariffBand.objects.create(
            tariff=tariff, name="x", weekdays=1, from_minute=1000, to_minute=1100, retail=2, feed_in=1
        )
    TariffBand.objects.create(
        tariff=tariff, name="x", weekdays=32, from_minute=1000, to_minute=1100, retail=2, feed_in=1
    )


def test_bands_are_read_as_they_are_written() -> None:
    band = read_bands("late night Sa-Mo,We 22:30-24:00 0.1234567 0")[0]
    assert (band.name, band.weekdays, band.from_minute, band.to_minute) == ("late night", 1 + 4 + 32 + 64, 1350, 1440)
    assert (band.retail, band.feed_in) == (1_234_567, 0)
    for wrong in ("x Mo 10-12 1 1", "x Mond 10:00-12:00 1 1", "Mo 10:00-12:00 1 1", "x Mo 10:00-25:00 1 1"):
        with pytest.raises(ValueError):
            read_bands(wrong)
