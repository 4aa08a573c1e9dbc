from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from devices.models import Register
from market.figures.rollups import running_day
from market.figures.savings import saved as saved_by
from market.models import StatementLine
from market.tariffs.prices import Prices
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START, meter_of

from .conftest import Neighbours


def test_today_adds_up_what_was_sold_and_bought(neighbours: Neighbours) -> None:
    sold, bought = running_day(neighbours.seller), running_day(neighbours.buyer)
    assert (sold.sold_wh, sold.earned) == (2000, 30 * CENT)
    assert (bought.bought_wh, bought.paid) == (2000, 30 * CENT)
    assert (bought.drawn_wh, bought.drawn) == (1000, RETAIL)
    assert sold.saved == 30 * CENT - 2 * FEED_IN
    assert bought.saved == 2 * RETAIL - 30 * CENT


def test_today_begins_at_the_communitys_midnight(neighbours: Neighbours) -> None:
    community = neighbours.seller.community
    community.time_zone = "Asia/Tokyo"
    community.data_time = START + timedelta(hours=4)
    # 12:00 UTC and four hours are already tomorrow in Tokyo.
    assert running_day(neighbours.seller).sold_wh == 0


@pytest.mark.parametrize(
    ("kind", "on_the_book", "amount", "saved"),
    [
        ("COMMUNITY_SALE", False, 15, 13),
        ("COMMUNITY_PURCHASE", False, -15, 13),
        ("COMMUNITY_PURCHASE", True, -15, -13),
        ("OWN_USE", False, 0, 26),
        ("UTILITY_EXPORT", False, 2, 0),
        ("UTILITY_IMPORT", False, -28, 0),
    ],
)
def test_savings_compare_with_the_utility(kind: str, on_the_book: bool, amount: int, saved: int) -> None:
    """A kWh bought on the book counts as held at the feed-in tariff; using it makes up the rest."""
    line = StatementLine(kind=kind, wh=1000, price=0, amount=amount * CENT)
    line.trade_id = 1 if on_the_book else None
    assert saved_by(line, Prices(RETAIL, FEED_IN)) == saved * CENT


def test_a_new_member_is_told_what_to_do(new_member: Callable[..., Member], signed_in: Callable) -> None:
    page = signed_in(new_member("new")).get("/").content.decode()
    assert "Make a deposit" in page
    assert "Give a trading mandate" in page
    assert "No reading yet" in page
    assert "No slot was cleared yet" in page


def test_the_page_shows_power_slots_and_balances(neighbours: Neighbours, signed_in: Callable, chain) -> None:
    Register.objects.create(
        device=meter_of(neighbours.seller),
        sequence=1,
        boot=1,
        at=START,
        received_at=START,
        exported_mwh=3_000_000,
        imported_mwh=0,
        power_w=1240,
    )
    client = signed_in(neighbours.seller)
    page = client.get("/").content.decode()
    assert "1.24 kW" in page
    assert "feeding in" in page
    assert "settling" in page
    chain.settle()
    slots = client.get("/dashboard/slots").content.decode()
    neighbours.run.refresh_from_db()
    assert "settled" in slots
    assert neighbours.run.intent.transaction_id in slots
    assert "100.30 WATT" in client.get("/dashboard/balances").content.decode()


def test_the_chart_gets_kwh_per_slot(neighbours: Neighbours, signed_in: Callable) -> None:
    series = signed_in(neighbours.buyer).get("/dashboard/slots.json").json()
    assert series["at"] == [int(START.timestamp()) - 3600, int(START.timestamp())]
    assert series["imported"] == [2.0, 1.0]
    assert series["traded"] == [2.0, 0]


def test_there_is_no_such_part(neighbours: Neighbours, signed_in: Callable) -> None:
    assert signed_in(neighbours.buyer).get("/dashboard/secrets").status_code == 404


def test_a_demo_says_so_on_every_page(new_member: Callable[..., Member], community, signed_in: Callable) -> None:
    client = signed_in(new_member("new"))
    assert "Demo:" not in client.get("/").content.decode()
    community.is_demo = True
    community.save()
    for page in ("/", "/marketplace", "/statement", "/devices", "/wallet"):
        assert "recorded homes in Fontana" in client.get(page).content.decode()


def test_a_member_without_a_reading_is_told_and_the_card_waits_for_the_first(
    new_member: Callable[..., Member], signed_in: Callable[..., Client]
) -> None:
    page = signed_in(new_member("fresh")).get("/").content.decode()
    assert "No reading yet" in page
    assert 'hx-trigger="first-reading from:body"' in page
