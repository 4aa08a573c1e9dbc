"""What financiers and regulators take away adds up to the books, to the stroop and at any date."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.test import Client

from financing.models import Future, Generator, Payment, Stake, UnitTransfer
from financing.owning import owning
from financing.reports import statements
from financing.reports.cash_flow import cash_flow
from financing.reports.stake_history import Kind, lines_of
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger.models import JournalLine
from stelltron.portal.selectors.cash_flow import charts_of

from .conftest import GOAL, Village
from .test_futures import PRICE, buy, offer
from .test_pages import clone

UTC_ZONE = ZoneInfo("UTC")


def test_units_are_put_in_when_the_ledger_says_so_not_when_we_read_it(village: Village) -> None:
    village.travel(days=3)
    made = village.funding()
    before = village.now
    village.fund(made, "ann", 400)
    [line] = lines_of([stake_of(village, "ann")])[stake_of(village, "ann").pk]
    assert before <= line.at <= later(village)


@pytest.fixture
def lived(village: Village) -> Generator:
    """Energy is bought before and after ann sold 400 units to dan and gave him 100; ann has claimed in between."""
    made = village.running(ann=5000, bob=5000)
    village.buy(made, "user", 50_000)
    owning.list_units(made, village["ann"], 400, 3 * STROOPS)
    village.chain.settle()
    stake = made.stakes.get(member=village["ann"])
    owning.buy_units(made, village["dan"], stake, 400, max_price=3 * STROOPS)
    village.chain.settle()
    owning.give_units(made, village["ann"], village["dan"], 100)
    village.chain.settle()
    village.claim(made, "ann")
    village.travel(days=40)
    village.next_slot()
    village.buy(made, "user", 30_300)
    return village.fresh(made)


def stake_of(village: Village, code: str) -> Stake:
    [found] = statements.stakes_of(village[code])
    return found


def later(village: Village) -> datetime:
    return village.now + timedelta(seconds=1)


def rows_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_a_stakes_lines_add_up_to_the_books(village: Village, lived: Generator) -> None:
    ann = stake_of(village, "ann")
    found = statements.stake_statement(ann, now=later(village))
    assert [(line.kind, line.units) for line in found.lines] == [
        (Kind.FUNDED, 5000),
        (Kind.SOLD, -400),
        (Kind.GIVEN, -100),
        (Kind.CLAIMED, 0),
    ]
    assert all(len(line.transaction_hash) == 64 for line in found.lines)
    assert (found.units, found.claimed) == (ann.units, ann.claimed) == (4500, ann.claimed)
    assert (found.put_in, found.got_back) == (GOAL // 2, 400 * 3 * STROOPS)
    stakes = [statements.stake_statement(stake_of(village, code), now=later(village)) for code in ("ann", "bob", "dan")]
    assert sum(one.claimed for one in stakes) == lived.claimed
    to_claim = lived.received - lived.claimed - lived.carry - lived.maintenance - lived.spent
    assert sum(one.claimable for one in stakes) == to_claim
    # Units that went from owner to owner cost one what the other got.
    assert sum(one.put_in - one.got_back for one in stakes) == GOAL
    funded = JournalLine.objects.filter(account__code=lived.account, entry__kind="generator-funded")
    assert sum(funded.values_list("amount", flat=True)) == GOAL


def test_income_at_a_past_date_is_what_had_come_by_then(village: Village, lived: Generator) -> None:
    last = Payment.objects.order_by("at").last()
    before = {
        code: statements.stake_statement(stake_of(village, code), (last.at - timedelta(days=1)).date(), last.at)
        for code in ("ann", "bob", "dan")
    }
    first = Payment.objects.exclude(pk=last.pk)
    to_owners = sum(one.amount - one.amount * 500 // 10_000 for one in first)
    index = to_owners // 10_000
    # ann has claimed what was earned; dan came after it.
    assert {code: one.claimable for code, one in before.items()} == {"ann": 0, "bob": 5000 * index, "dan": 0}
    assert before["ann"].claimed == 5000 * index
    yesterday = statements.stake_statement(stake_of(village, "dan"), datetime(2020, 1, 1, tzinfo=UTC).date())
    assert (yesterday.units, yesterday.lines, yesterday.claimable) == (0, [], 0)


def test_income_that_payments_do_not_explain_is_not_guessed(village: Village, lived: Generator) -> None:
    Generator.objects.filter(pk=lived.pk).update(index=lived.index + 7)
    past = statements.stake_statement(stake_of(village, "bob"), (lived.active_since).date(), later(village))
    assert past.claimable is None
    assert statements.stake_statement(stake_of(village, "bob"), now=later(village)).claimable == 5000 * (
        lived.index + 7
    )


def test_a_statement_that_differs_from_the_books_is_refused(village: Village, lived: Generator) -> None:
    UnitTransfer.objects.filter(price=0).delete()
    with pytest.raises(Refused, match="the books have 4500"):
        statements.stake_statement(stake_of(village, "ann"))


def test_a_name_is_not_run_as_a_formula(village: Village, lived: Generator, signed_in: Callable[..., Client]) -> None:
    Generator.objects.filter(pk=lived.pk).update(name="=HYPERLINK(1)")
    path = f"/generators/portfolio/stakes/{stake_of(village, 'bob').pk}.csv"
    assert rows_of(signed_in(village["bob"]).get(path))[1][1] == "'=HYPERLINK(1)"


def test_a_portfolios_year_begins_with_what_was_owned(village: Village, lived: Generator) -> None:
    last = Payment.objects.order_by("at").last()
    found = statements.portfolio_statement(village["ann"], last.at.year, later(village))
    [stake] = found.stakes
    assert stake.units == 4500
    [sums] = found.sums
    assert sums.claimable == stake_of(village, "ann").claimable(lived.index)
    following = statements.portfolio_statement(village["ann"], last.at.year + 1, later(village) + timedelta(days=400))
    [stake] = following.stakes
    assert (stake.units_before, stake.units, stake.lines, following.sums[0].put_in) == (4500, 4500, [], 0)
    with pytest.raises(Refused, match="name a year"):
        statements.portfolio_statement(village["ann"], 3)


def test_the_cash_flow_by_month_is_what_was_put_in_and_earned(village: Village, lived: Generator) -> None:
    for code in ("ann", "bob", "dan"):
        stake = stake_of(village, code)
        flow = cash_flow([stake], UTC_ZONE, later(village))
        assert flow.undated == 0
        assert sum(one.earned for one in flow.months) == stake.claimed + stake.claimable(lived.index) > 0
        assert sum(one.claimed for one in flow.months) == stake.claimed
        months = [one.month for one in flow.months]
        assert months == sorted(set(months))
    dan = cash_flow([stake_of(village, "dan")], UTC_ZONE, later(village))
    last = Payment.objects.order_by("at").last().at.date().replace(day=1)
    # dan's units earned nothing before they were his.
    assert [one.month for one in dan.months if one.earned] == [last]
    assert sum(one.put_in for one in dan.months) == 400 * 3 * STROOPS


def test_the_chart_shows_income_above_and_units_below_with_a_table(
    village: Village, lived: Generator, signed_in: Callable[..., Client]
) -> None:
    [chart] = charts_of(village["ann"])
    bars = chart.bars
    assert {bar.kind for bar in bars if bar.y >= 100} == {"put-in", "back"}
    assert {bar.kind for bar in bars if bar.y < 100} == {"earned", "claimed"}
    # Each half reaches its end.
    assert min(bar.y for bar in bars) == 0
    assert max(bar.y + bar.height for bar in bars) == 200
    page = signed_in(village["ann"]).get("/generators/portfolio/cash-flow").content.decode()
    assert "<desc" in page
    earned = stake_of(village, "ann")
    assert f"{(earned.claimed + earned.claimable(lived.index)) / STROOPS:.5f}" in page
    assert "1,200.00" in page


def test_statements_are_files_of_their_owners_only(
    village: Village, lived: Generator, signed_in: Callable[..., Client]
) -> None:
    ann, stake = signed_in(village["ann"]), stake_of(village, "ann")
    year = datetime.now(UTC).year
    base = "/generators/portfolio"
    assert f"{base}/stakes/{stake.pk}.pdf" in ann.get(f"{base}/statements").content.decode()
    for path in (f"{base}/stakes/{stake.pk}", f"{base}/{year}", f"/generators/statements/{lived.address}"):
        assert ann.get(f"{path}.pdf").content.startswith(b"%PDF"), path
        assert rows_of(ann.get(f"{path}.csv")), path
        assert ann.get(f"{path}.exe").status_code == 404
    rows = rows_of(ann.get(f"{base}/stakes/{stake.pk}.csv"))
    funded = next(row for row in rows if "bought in the funding" in row)
    assert funded[4:7] == ["5000", "-10000.0000000", lived.community.currency]
    assert len(funded[7]) == 64
    for day, status in (("soon", 422), ("9999-12-31", 200), ("0001-01-01", 200)):
        assert ann.get(f"{base}/stakes/{stake.pk}.pdf?day={day}").status_code == status, day
    told = {row[1]: row[2] for row in rows_of(ann.get(f"/generators/statements/{lived.address}.csv")) if len(row) > 2}
    assert told["Paid for"] == "80.300"
    assert told["Came in"] == f"{lived.received / STROOPS:.7f}"
    assert "The journal has the same balance as these figures." in told
    stranger = signed_in(village["user"])
    assert stranger.get(f"{base}/stakes/{stake.pk}.pdf").status_code == 404
    assert stranger.get(f"/generators/statements/{lived.address}.pdf").status_code == 404
    for code in ("village", "builder"):
        assert signed_in(village[code]).get(f"/generators/statements/{lived.address}.pdf").status_code == 200


@pytest.fixture
def sold_ahead(village: Village) -> Future:
    """ann has sold the income of 1,000 units to dan for four WATT."""
    made = village.running(ann=5000, bob=5000)
    village["dan"]
    return buy(village, offer(village, made), "dan")


def test_income_sold_ahead_stands_with_its_price_on_both_sides(village: Village, sold_ahead: Future) -> None:
    [ann, dan] = [statements.stake_statement(stake_of(village, code), now=later(village)) for code in ("ann", "dan")]
    [bought] = dan.lines
    assert (bought.kind, bought.units, bought.amount) == (Kind.INCOME_BOUGHT, 0, -PRICE)
    sold = ann.lines[-1]
    assert (sold.kind, sold.amount, sold.transaction_hash) == (Kind.INCOME_SOLD, PRICE, bought.transaction_hash)
    assert (dan.sums.ahead_paid, dan.sums.put_in, ann.sums.ahead_got, ann.sums.got_back) == (PRICE, 0, PRICE, 0)
    flow = cash_flow([stake_of(village, "dan")], UTC_ZONE, later(village))
    assert sum(one.put_in for one in flow.months) == PRICE


def test_sales_of_income_from_before_they_were_noted_are_found_again(village: Village, sold_ahead: Future) -> None:
    noted = (sold_ahead.sold_event, sold_ahead.sold_hash)
    Future.objects.update(sold_at=None, sold_event="", sold_hash="")
    import_module("financing.migrations.0017_known_future_sales").forwards(apps, None)
    found = Future.objects.get()
    assert (found.sold_event, found.sold_hash) == noted
    assert found.sold_at is not None


def test_every_currency_has_sums_of_its_own(village: Village, lived: Generator, signed_in: Callable) -> None:
    far = Community.objects.create(slug="far", name="Far Co-op", currency="KES")
    elsewhere = clone(village.fresh(lived), 1)
    Generator.objects.filter(pk=elsewhere.pk).update(community=far, index=70, received=700_000, claimed=0)
    ann = village["ann"]
    Stake.objects.create(generator=elsewhere, address=ann.wallet.address, member=ann, units=0, earned=777)
    UnitTransfer.objects.create(
        event="0000-1",
        generator=elsewhere,
        giver=Stake.objects.create(generator=elsewhere, address="G" * 56, units=0),
        receiver=elsewhere.stakes.get(member=ann),
        units=3,
        price=STROOPS,
        at=village.now,
        transaction_hash="ab" * 32,
    )
    Stake.objects.filter(generator=elsewhere, member=ann).update(units=3, index=70)
    found = statements.portfolio_statement(ann, village.now.year, later(village))
    home = ann.community.currency
    assert [(sums.currency, sums.claimable) for sums in found.sums] == sorted(
        [("KES", 777), (home, lived.stakes.get(member=ann).claimable(lived.index))]
    )
    assert next(sums.put_in for sums in found.sums if sums.currency == "KES") == 3 * STROOPS
    browser = signed_in(ann)
    page = browser.get("/generators/portfolio").content.decode()
    assert "0.0000777 KES" in page
    rows = rows_of(browser.get(f"/generators/portfolio/{village.now.year}.csv"))
    assert rows[0][5:7] == ["amount", "currency"]
    assert ["-3.0000000", "KES"] in [row[5:7] for row in rows if row]
    flow = browser.get("/generators/portfolio/cash-flow").content.decode()
    assert "flow-title-KES" in flow
    assert f"flow-title-{home}" in flow
