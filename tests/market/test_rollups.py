"""Daily sums: equal to the lines, the meters and the ledger; rebuilt when a line is added; days as the community has them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db.models import Sum

from devices.models import SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from market.figures import analytics
from market.figures.rollups import changed_days, day_bounds, rebuild_changed_days, rebuild_everything, running_day
from market.models import MemberDay, StatementLine
from market.spot.desk import place_order
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS, amount
from stelltron.ledger.models import Asset, Holding, JournalLine
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START

HOURS = 40


@pytest.fixture
def street(trader: Callable[..., Member], community: Community) -> list[Member]:
    """Three members over forty hours of odd readings, Tokyo's calendar, cleared and rolled up."""
    community.time_zone = "Asia/Tokyo"
    community.save()
    members = [trader("sarah"), trader("mike"), trader("emma")]
    chance = random.Random(7)
    for hour in range(HOURS):
        for member in members:
            read(member, hour, chance.randrange(0, 3000, 7), chance.randrange(0, 3000, 11))
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=HOURS))
    community.refresh_from_db()
    assert close_due_slots(community) == HOURS
    assert rebuild_changed_days(community) == 3
    for member in members:
        member.community = community
    return members


def read(member: Member, hour: int, exported_wh: int, imported_wh: int) -> None:
    SlotReading.objects.create(
        community=member.community,
        point=member.metering_points.get(),
        slot=START + timedelta(hours=hour),
        exported_wh=exported_wh,
        imported_wh=imported_wh,
        exported_from_mwh=0,
        exported_to_mwh=exported_wh * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported_wh * 1000,
    )


def test_sums_equal_the_lines_the_meters_and_the_ledger(street: list[Member], chain) -> None:
    chain.settle()
    for member in street:
        figures = analytics.figures_of(member, 30)
        lines = StatementLine.objects.filter(member=member)
        assert figures.net == lines.aggregate(sum=Sum("amount"))["sum"]
        counted = SlotReading.objects.filter(point__member=member).aggregate(
            out=Sum("exported_wh"), into=Sum("imported_wh")
        )
        assert (figures.exported_wh, figures.imported_wh) == (counted["out"], counted["into"])
        moved = JournalLine.objects.filter(account__member=member, asset=Asset.WATT).aggregate(sum=Sum("amount"))["sum"]
        holding = Holding.objects.get(member=member, asset=Asset.WATT)
        assert moved == holding.available + holding.held == 100 * STROOPS + figures.earned - figures.paid - figures.fees
    everybody = analytics.figures_of_community(street[0].community, 30)
    assert everybody.sold_wh == everybody.bought_wh > 0
    assert everybody.earned == everybody.paid


def test_saving_is_the_utilitys_bill_less_ones_own(street: list[Member]) -> None:
    """Up to a stroop a line, where nothing is stored."""
    for member in street:
        figures = analytics.figures_of(member, 30)
        lines = StatementLine.objects.filter(member=member).count()
        assert figures.saved > 0
        assert abs(figures.saved - (figures.utility_bill + figures.net)) <= 2 * lines
        assert figures.saved_bp == figures.saved * 10_000 // figures.utility_bill
        assert 0 < figures.self_sufficiency_bp < 10_000
        assert figures.co2_mg == 400 * (figures.imported_wh - figures.drawn_wh)


def test_a_new_line_rebuilds_its_day_alone(street: list[Member], community: Community) -> None:
    assert changed_days(community) == []
    before = list(MemberDay.objects.order_by("id").values())
    StatementLine.objects.create(
        member=street[0],
        slot=START + timedelta(hours=20),
        kind="UTILITY_IMPORT",
        wh=10,
        price=RETAIL,
        amount=-amount(10, RETAIL),
    )
    assert changed_days(community) == [date(2026, 6, 2)]
    rebuild_changed_days(community)
    after = list(MemberDay.objects.order_by("id").values())
    changed = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    assert [(was["member_id"], was["day"]) for was, _ in changed] == [(street[0].pk, date(2026, 6, 2))]
    assert changed[0][1]["drawn_wh"] == changed[0][0]["drawn_wh"] + 10


def test_rebuilding_everything_finds_the_same(street: list[Member], community: Community) -> None:
    kept = list(MemberDay.objects.order_by("member", "day").values())
    MemberDay.objects.all().delete()
    rebuild_everything(community)
    again = list(MemberDay.objects.order_by("member", "day").values())
    assert [{**row, "id": 0} for row in again] == [{**row, "id": 0} for row in kept]


def test_the_running_day_is_what_its_row_will_be(street: list[Member]) -> None:
    for member in street:
        row = MemberDay.objects.get(member=member, day=date(2026, 6, 3))
        running = running_day(member)
        assert running.day == row.day
        assert {name: getattr(running, name) for name in (*analytics.SUMS, "imported_by_hour")} == {
            name: getattr(row, name) for name in (*analytics.SUMS, "imported_by_hour")
        }


def test_a_day_in_spring_and_one_in_autumn_have_their_own_length(community: Community) -> None:
    community.time_zone = "Europe/Berlin"
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)):
        start, end = day_bounds(community, day)
        assert end.timestamp() - start.timestamp() == hours * 3600


@pytest.mark.parametrize(
    ("kind", "amount", "saved"),
    [
        ("COMMUNITY_SALE", 15, 13),
        ("FRIEND_SALE", 15, 13),
        ("COMMUNITY_PURCHASE", -15, 13),
        ("FRIEND_PURCHASE", -15, 13),
        ("GRID_FEE", -1, -1),
        ("OWN_USE", 0, 26),
        ("UTILITY_EXPORT", 2, 0),
        ("UTILITY_IMPORT", -28, 0),
    ],
)
def test_savings_compare_with_the_utility(
    new_member: Callable[..., Member], kind: str, amount: int, saved: int
) -> None:
    member = new_member("sarah")
    StatementLine.objects.create(member=member, slot=START, kind=kind, wh=1000, price=0, amount=amount * CENT)
    assert running_day(member).saved == saved * CENT


def test_energy_bought_on_the_book_counts_as_held(seller: Member, trader: Callable[..., Member]) -> None:
    buyer = trader("mike")
    place_order(seller, side="SELL", wh=1000, price=15 * CENT)
    place_order(buyer, side="BUY", wh=1000, price=15 * CENT)
    assert running_day(buyer).saved == FEED_IN - 15 * CENT


def test_peak_hours_are_those_of_the_communitys_clock(new_member: Callable[..., Member], community: Community) -> None:
    community.time_zone = "Asia/Tokyo"
    community.save()
    member = new_member("mike")
    for hour, wh in ((0, 900), (1, 2000), (2, 100)):
        read(member, hour, 0, wh)
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=3))
    community.refresh_from_db()
    close_due_slots(community)
    rebuild_changed_days(community)
    member.community = community
    # 12:00 UTC is 21:00 in Tokyo.
    assert analytics.peak_hours(member, 2) == [(22, 2000), (21, 900), (23, 100)]


def test_payback_takes_a_month_of_figures_and_the_years_both_ways(
    new_member: Callable[..., Member], community: Community
) -> None:
    member = new_member("sarah")
    analytics.set_investment(member, stroops=1000 * STROOPS, own_use_wh_a_year=0)
    zeros = dict.fromkeys(analytics.SUMS, 0)
    for ago in range(analytics.FEWEST_DAYS - 1):
        day(member, ago, {**zeros, "utility_income": 10 * CENT, "saved": 20 * CENT})
    assert analytics.payback(member) is None
    day(member, 29, {**zeros, "utility_income": 10 * CENT, "saved": 20 * CENT})
    assert analytics.payback(member) == analytics.Payback(alone=274, together=92)
    analytics.set_investment(member, stroops=1000 * STROOPS, own_use_wh_a_year=1_000_000)
    assert analytics.payback(member) == analytics.Payback(alone=32, together=26)
    with pytest.raises(Refused, match="what your plant cost"):
        analytics.set_investment(member, stroops=0, own_use_wh_a_year=0)


def day(member: Member, ago: int, figures: dict) -> None:
    MemberDay.objects.create(
        community=member.community,
        member=member,
        day=START.date() - timedelta(days=ago),
        imported_by_hour={},
        last_line=0,
        **figures,
    )


def test_stored_energy_counts_at_the_feed_in_tariff_until_it_is_used(
    trader: Callable[..., Member], community: Community
) -> None:
    schedule(community, parameters.BANKING_SLOTS, 24, START - timedelta(days=1), "test")
    member = trader("sarah")
    read(member, 0, 1000, 0)
    read(member, 1, 0, 1000)
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=2))
    close_due_slots(community)
    member.community.refresh_from_db()
    figures = running_day(member)
    assert (figures.own_use_wh, figures.saved) == (1000, RETAIL - FEED_IN)
    assert figures.net == 0
