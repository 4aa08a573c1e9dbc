from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from market.models import StatementLine
from stelltron.members.models import Member
from stelltron.portal.selectors import statement as selectors
from tests.conftest import RETAIL, START

from .conftest import Neighbours


def test_a_line_leads_to_reading_run_trade_and_transaction(neighbours: Neighbours, signed_in: Callable, chain) -> None:
    chain.settle()
    line = StatementLine.objects.get(member=neighbours.buyer, kind="COMMUNITY_PURCHASE")
    client = signed_in(neighbours.buyer)
    assert f'href="/statement/{line.pk}"' in client.get("/statement").content.decode()
    page = client.get(f"/statement/{line.pk}").content.decode()
    neighbours.run.refresh_from_db()
    transaction = neighbours.run.intent.transaction
    assert "2000 Wh × 0.15 USD/kWh ÷ 1000" in page
    assert "−0.30 USD" in page
    assert "2.000 kWh" in page
    assert neighbours.run.root in page
    assert transaction.hash in page
    assert f"<dd>{transaction.ledger}</dd>" in page
    assert "settled" in page


@pytest.mark.parametrize(
    ("kind", "said"),
    [("UTILITY_EXPORT", "1234 Wh × 0.00 USD/kWh"), ("OWN_USE", "1234 Wh of your own stored energy covered your need")],
)
def test_what_was_fed_in_for_nothing_is_no_own_use(
    new_member: Callable[..., Member], signed_in: Callable, kind: str, said: str
) -> None:
    member = new_member("maria")
    line = StatementLine.objects.create(member=member, slot=START, kind=kind, wh=1234, price=0, amount=0)
    page = signed_in(member).get(f"/statement/{line.pk}").content.decode()
    assert said in page
    assert ("own stored energy" in page) is (kind == "OWN_USE")


def test_before_the_chain_has_it_the_page_says_so(neighbours: Neighbours, signed_in: Callable) -> None:
    line = StatementLine.objects.get(member=neighbours.buyer, kind="COMMUNITY_PURCHASE")
    assert "Not sent yet" in signed_in(neighbours.buyer).get(f"/statement/{line.pk}").content.decode()


def test_somebody_elses_line_does_not_exist(neighbours: Neighbours, signed_in: Callable) -> None:
    line = StatementLine.objects.filter(member=neighbours.seller).first()
    assert signed_in(neighbours.buyer).get(f"/statement/{line.pk}").status_code == 404


def test_totals_follow_the_filter(neighbours: Neighbours) -> None:
    everything = selectors.totals(neighbours.buyer, selectors.Filter())
    assert [(row["kind"], row["wh"]) for row in everything] == [("COMMUNITY_PURCHASE", 2000), ("UTILITY_IMPORT", 1000)]
    only = selectors.totals(neighbours.buyer, selectors.Filter.read("2026-06", "UTILITY_IMPORT"))
    assert [(row["kind"], row["amount"]) for row in only] == [("UTILITY_IMPORT", -RETAIL)]
    assert selectors.totals(neighbours.buyer, selectors.Filter.read("2026-05", "")) == []


@pytest.fixture
def many_lines(new_member: Callable[..., Member]) -> Member:
    """150 utility lines, one an hour, back from START."""
    member = new_member("mike")
    StatementLine.objects.bulk_create(
        StatementLine(
            member=member,
            slot=START - timedelta(hours=hour),
            kind="UTILITY_IMPORT",
            wh=hour + 1,
            price=RETAIL,
            amount=-1,
        )
        for hour in range(150)
    )
    return member


def test_pages_show_every_line_once(many_lines: Member) -> None:
    seen, cursor = [], ""
    for _ in range(5):
        page = selectors.page(many_lines, selectors.Filter(), cursor)
        seen += [line.wh for _, lines in page.days for line in lines]
        cursor = page.following
        if not cursor:
            break
    assert seen == list(range(1, 151))


def test_older_lines_are_a_link_away(many_lines: Member, signed_in: Callable) -> None:
    client = signed_in(many_lines)
    response = client.get("/statement?kind=UTILITY_IMPORT")
    older = response.context["older"]
    assert older.startswith("kind=UTILITY_IMPORT&from=")
    assert client.get(f"/statement?{older}").status_code == 200
    assert client.get("/statement?from=nonsense&month=13&kind=x").status_code == 200


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "1969-12", "2101-01"])
def test_a_month_far_from_any_is_as_none(many_lines: Member, signed_in: Callable, month: str) -> None:
    response = signed_in(many_lines).get(f"/statement?month={month}")
    assert response.status_code == 200
    assert response.context["chosen"].month is None


def test_days_and_months_are_the_communitys(many_lines: Member) -> None:
    many_lines.community.time_zone = "Asia/Tokyo"
    page = selectors.page(many_lines, selectors.Filter(), "")
    # Noon UTC is nine in the evening in Tokyo: 22 hours of that day are there.
    assert [len(lines) for _, lines in page.days] == [22, 24, 14]
    in_june = selectors.lines(many_lines, selectors.Filter.read("2026-06", ""))
    assert in_june.count() == 22


def test_the_download_holds_what_the_filter_shows(neighbours: Neighbours, signed_in: Callable, chain) -> None:
    chain.settle()
    neighbours.run.refresh_from_db()
    response = signed_in(neighbours.buyer).get("/statement.csv?kind=COMMUNITY_PURCHASE")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert len(rows) == 1
    assert rows[0]["kWh"] == "2.000"
    assert rows[0]["amount (USD)"] == "-0.3000000"
    assert rows[0]["transaction"] == neighbours.run.intent.transaction_id
