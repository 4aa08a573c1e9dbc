from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.mandates import end_mandate
from market.models import Mandate, Order, Trade
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from stelltron.portal.selectors import market as selectors
from tests.conftest import CENT, START

from .conftest import Neighbours

HTMX = {"headers": {"hx-request": "true"}}


@pytest.fixture
def buyer(trader: Callable[..., Member]) -> Member:
    return trader("mike")


def order(client, **changes: str):
    return client.post(
        "/marketplace/orders", {"side": "BUY", "kwh": "1.5", "price": "0.1", "stands": "", **changes}, **HTMX
    )


def test_an_order_is_taken_in_kwh_and_money(buyer: Member, signed_in: Callable) -> None:
    response = order(signed_in(buyer), kwh="1.234", price="0.1234567", stands="6")
    assert response.headers["HX-Trigger"] == "book"
    placed = Order.objects.get()
    assert (placed.wh, placed.price, placed.member) == (1234, 1_234_567, buyer)
    assert (placed.expires_at - placed.placed_at).total_seconds() == 6 * 3600


def test_without_scripts_an_order_leads_back_to_the_page(buyer: Member, signed_in: Callable) -> None:
    client = signed_in(buyer)
    response = client.post("/marketplace/orders", {"side": "BUY", "kwh": "1", "price": "0.1"}, follow=True)
    assert "Your order stands" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kwh": "a lot"}, "is not a number"),
        ({"kwh": "1,5"}, "with a point"),
        ({"kwh": "1.2345"}, "more than 3 decimals"),
        ({"price": "0.12345678"}, "more than 7 decimals"),
        ({"kwh": "0"}, "above zero"),
        ({"kwh": "-1"}, "above zero"),
        ({"price": "0.5"}, "Your mandate buys at 0.28 WATT a kWh or less"),
        ({"kwh": "900", "price": "0.28"}, "deposit first"),
        ({"side": "SELL"}, "0.000 kWh are free"),
        ({"side": "GIVE"}, "Select a valid choice"),
        ({"kwh": "NaN"}, "is not a number"),
    ],
)
def test_what_is_wrong_is_said_in_place(buyer: Member, signed_in: Callable, changes: dict, said: str) -> None:
    response = order(signed_in(buyer), **changes)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Order.objects.exists()


def test_an_order_at_the_market_needs_no_price_and_says_what_became_of_it(buyer: Member, signed_in: Callable) -> None:
    response = order(signed_in(buyer), kind="MARKET", price="")
    assert response.status_code == 200
    placed = Order.objects.get()
    assert (placed.kind, placed.force, placed.state) == ("MARKET", "IOC", "CANCELLED")
    assert "no longer stands" in response.content.decode()


def test_a_stop_is_listed_as_waiting_and_can_be_cancelled(buyer: Member, signed_in: Callable) -> None:
    client = signed_in(buyer)
    assert "names the price that wakes it" in order(client, kind="STOP").content.decode()
    order(client, kind="STOP", trigger="0.2", price="0.25")
    page = client.get("/marketplace").content.decode()
    assert "waits for 0.2" in page
    client.post(f"/marketplace/orders/{Order.objects.get().pk}/cancel", **HTMX)
    assert Order.objects.get().state == Order.State.CANCELLED


def test_the_book_adds_up_price_levels_and_marks_ones_own(buyer: Member, trader: Callable, signed_in: Callable) -> None:
    for member in (buyer, trader("emma")):
        order(signed_in(member), kwh="2", price="0.1")
    order(signed_in(buyer), kwh="1", price="0.12")
    levels = [(level.price, level.wh, level.orders, level.own_wh) for level in selectors.book(buyer).bids]
    assert levels == [(12 * CENT, 1000, 1, 1000), (10 * CENT, 4000, 2, 2000)]


def test_cancelling_gives_the_money_back(buyer: Member, signed_in: Callable) -> None:
    client = signed_in(buyer)
    order(client)
    held = balance(buyer, Asset.WATT).held
    client.post(f"/marketplace/orders/{Order.objects.get().pk}/cancel", **HTMX)
    assert Order.objects.get().state == Order.State.CANCELLED
    assert held == 15 * CENT
    assert balance(buyer, Asset.WATT).held == 0
    again = client.post(f"/marketplace/orders/{Order.objects.get().pk}/cancel", **HTMX)
    assert "cancelled already" in again.content.decode()


def test_nobody_elses_order_can_be_touched(buyer: Member, trader: Callable, signed_in: Callable) -> None:
    order(signed_in(buyer))
    response = signed_in(trader("emma")).post(f"/marketplace/orders/{Order.objects.get().pk}/cancel")
    assert response.status_code == 404
    assert Order.objects.get().state == Order.State.OPEN


TERMS = {
    "sells": "on",
    "buys": "on",
    "sell_at_least": "0.05",
    "buy_at_most": "0.2",
    "slot_kwh": "5",
    "day_kwh": "50",
    "until": "2027-01-31",
}


def test_a_mandate_is_replaced_once_the_chain_has_it(buyer: Member, signed_in: Callable, chain) -> None:
    client = signed_in(buyer)
    response = client.post("/marketplace/mandate", TERMS, **HTMX)
    assert "being signed on the chain" in response.content.decode()
    chain.settle()
    active = Mandate.objects.get(member=buyer, state=Mandate.State.ACTIVE)
    assert (active.sell_at_least, active.slot_wh) == (5 * CENT, 5000)
    assert active.valid_until.isoformat() == "2027-02-01T00:00:00+00:00"
    assert "0.05 USD/kWh" in client.get("/marketplace/part/mandate").content.decode()


@pytest.mark.parametrize("read", ["newest_request", "current_mandate"])
def test_a_mandate_confirmed_while_the_page_is_made_is_not_lost(
    buyer: Member, signed_in: Callable, chain, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Whichever of the two the page has read when the chain confirms it."""
    end_mandate(Mandate.objects.get(member=buyer))
    chain.settle()
    client = signed_in(buyer)
    client.post("/marketplace/mandate", TERMS, **HTMX)
    real = getattr(selectors, read)

    def confirmed_then(member: Member) -> Mandate | None:
        found = real(member)
        chain.settle()
        return found

    monkeypatch.setattr(selectors, read, confirmed_then)
    page = client.get("/marketplace/part/mandate").content.decode()
    assert "0.05 USD/kWh" in page or 'hx-trigger="every 2s"' in page


def test_a_mandate_in_the_past_is_refused(buyer: Member, signed_in: Callable) -> None:
    response = signed_in(buyer).post("/marketplace/mandate", {**TERMS, "until": "2020-01-01"}, **HTMX)
    assert response.status_code == 422
    assert "must end after it starts" in response.content.decode()


def test_ending_the_mandate_ends_the_open_orders(buyer: Member, signed_in: Callable) -> None:
    client = signed_in(buyer)
    order(client)
    client.post(f"/marketplace/mandate/{Mandate.objects.get(member=buyer).pk}/end", **HTMX)
    assert Mandate.objects.get(member=buyer).state == Mandate.State.ENDED
    assert Order.objects.get().state == Order.State.CANCELLED


def test_nobody_elses_mandate_can_be_ended(buyer: Member, new_member: Callable, signed_in: Callable) -> None:
    mandate = Mandate.objects.get(member=buyer)
    assert signed_in(new_member("emma")).post(f"/marketplace/mandate/{mandate.pk}/end").status_code == 404


def test_trades_show_no_names(neighbours: Neighbours, new_member: Callable, signed_in: Callable) -> None:
    page = signed_in(new_member("emma")).get("/marketplace").content.decode()
    assert "2.000 kWh" in page
    assert "Member sarah" not in page


def test_an_expired_session_sends_htmx_to_sign_in(client, db: None) -> None:
    assert client.get("/marketplace/part/book", **HTMX).headers["HX-Redirect"] == "/sign-in"


def test_the_book_shows_how_deep_it_is(buyer: Member, trader: Callable[..., Member], signed_in: Callable) -> None:
    for price, kwh in (("0.10", "1"), ("0.11", "2"), ("0.09", "0.5")):
        order(signed_in(buyer), price=price, kwh=kwh)
    book = selectors.book(buyer)
    assert [(level.price // CENT, level.wh, level.depth_wh) for level in book.bids] == [
        (11, 2000, 2000),
        (10, 1000, 3000),
        (9, 500, 3500),
    ]
    assert book.deepest_wh == 3500


def test_the_day_shows_settled_prices_and_what_was_fed_in_and_drawn(
    neighbours: Neighbours, signed_in: Callable
) -> None:
    client = signed_in(neighbours.buyer)
    day = client.get("/marketplace/day.json").json()
    assert (day["supply"], day["demand"]) == ([3.0, 0.0], [2.0, 1.0])
    assert (day["price"], day["traded"]) == ([None, None], [0.0, 0.0]), "nothing is settled on the chain yet"
    Trade.objects.update(state=Trade.State.SETTLED)
    day = client.get("/marketplace/day.json").json()
    assert day["at"] == [int((START - timedelta(hours=hours)).timestamp()) for hours in (1, 0)]
    assert (day["price"], day["traded"]) == ([0.15, None], [2.0, 0.0])
    Community.objects.update(data_time=START + timedelta(days=2))
    assert client.get("/marketplace/day.json").json()["at"] == []
