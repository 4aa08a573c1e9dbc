"""Trading through the API, on the real chain, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from devices.models import SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from market.models import Mandate, Order
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START


def test_a_trade_from_order_to_statement(
    trader: Callable[..., Member], api: Callable, chain, community: Community
) -> None:
    schedule(community, parameters.BANKING_SLOTS, 24, START - timedelta(days=1), "test")
    sarah, mike = trader("sarah"), trader("mike")
    SlotReading.objects.create(
        community=community,
        point=sarah.metering_points.get(),
        slot=START - timedelta(hours=1),
        exported_wh=8000,
        imported_wh=0,
        exported_from_mwh=0,
        exported_to_mwh=8_000_000,
        imported_from_mwh=0,
        imported_to_mwh=0,
    )
    close_due_slots(community)
    hers, his = api(sarah), api(mike)
    asked = hers.post("/api/v1/orders", {"side": "SELL", "wh": 8000, "price_stroops_per_kwh": 10 * CENT})
    assert (asked.status_code, asked.json()["state"]) == (201, "OPEN")
    book = his.get("/api/v1/book").json()
    assert book == {"asks": [{"price_stroops_per_kwh": 10 * CENT, "wh": 8000, "orders": 1}], "bids": []}
    bid = his.post(
        "/api/v1/orders", {"side": "BUY", "wh": 5000, "price_stroops_per_kwh": 11 * CENT, "metering_point": "mike"}
    )
    assert bid.json()["state"] == "FILLED"
    chain.settle()
    trade = his.get("/api/v1/trades").json()["results"][0]
    assert (trade["role"], trade["wh"], trade["amount_stroops"], trade["state"]) == (
        "BUYER",
        5000,
        50 * CENT,
        "SETTLED",
    )
    assert len(trade["transaction_hash"]) == 64
    line = his.get("/api/v1/statement", {"kind": "COMMUNITY_PURCHASE"}).json()["results"][0]
    assert (line["amount_stroops"], line["transaction_hash"]) == (-50 * CENT, trade["transaction_hash"])
    me = his.get("/api/v1/me").json()
    assert (me["available_wh"], me["available_stroops"]) == (5000, 9950 * CENT)
    rest = hers.delete(f"/api/v1/orders/{asked.json()['id']}")
    assert (rest.status_code, rest.json()["state"]) == (200, "CANCELLED")
    again = hers.delete(f"/api/v1/orders/{asked.json()['id']}")
    assert (again.status_code, again.json()["code"]) == (400, "order_not_open")


GOOD = {"side": "BUY", "wh": 1000, "price_stroops_per_kwh": 10 * CENT}


@pytest.mark.parametrize(
    "change",
    [
        {"wh": 0},
        {"wh": -5},
        {"wh": 10**30},
        {"wh": 1.5},
        {"wh": 1.0},
        {"wh": True},
        {"wh": "1000"},
        {"wh": None},
        {"wh": []},
        {"price_stroops_per_kwh": 0},
        {"price_stroops_per_kwh": -1},
        {"price_stroops_per_kwh": 2**32},
        {"price_stroops_per_kwh": 0.5},
        {"price_stroops_per_kwh": False},
        {"price_stroops_per_kwh": "5"},
        {"side": "STEAL"},
        {"side": 1},
        {"price": 5},
        {"expires_at": "soon"},
        {"expires_at": 5},
        {"expires_at": "0001-01-01T00:00:00+14:00"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"member": "sarah"},
    ],
)
def test_bad_orders_are_refused_and_hold_nothing(trader: Callable[..., Member], api: Callable, change: dict) -> None:
    mike = trader("mike")
    answer = api(mike).post("/api/v1/orders", {**GOOD, **change})
    assert answer.status_code == 400, answer.json()
    assert set(answer.json()) >= {"code", "detail"}
    assert not Order.objects.exists()
    assert balance(mike, Asset.WATT).held == 0


def test_refusals_of_the_rules_carry_their_code(
    trader: Callable[..., Member], new_member: Callable, api: Callable
) -> None:
    mike = api(trader("mike"))
    other = mike.post("/api/v1/orders", {**GOOD, "metering_point": "sarah"})
    assert other.status_code == 404
    outside = mike.post("/api/v1/orders", {**GOOD, "price_stroops_per_kwh": RETAIL + 1})
    assert (outside.status_code, outside.json()["code"]) == (400, "outside_mandate")
    nobody = api(new_member("new")).post("/api/v1/orders", GOOD)
    assert nobody.json()["code"] == "no_mandate"
    form = mike.post("/api/v1/orders", GOOD, format="multipart")
    assert form.status_code == 415
    assert mike.post("/api/v1/orders", "{not json", content_type="application/json").json()["code"] == "parse_error"


TERMS = {
    "sell_at_least_stroops_per_kwh": FEED_IN,
    "buy_at_most_stroops_per_kwh": RETAIL,
    "slot_wh": 10**6,
    "day_wh": 10**7,
    "valid_from": START.isoformat(),
    "valid_until": (START + timedelta(days=9)).isoformat(),
}


def test_a_mandate_becomes_active_on_the_chain(trader: Callable[..., Member], api: Callable, chain) -> None:
    mike = trader("mike")
    given = api(mike).post("/api/v1/mandates", {**TERMS, "buys": False})
    assert (given.status_code, given.json()["state"], given.json()["buys"]) == (201, "REQUESTED", False)
    chain.settle()
    assert Mandate.objects.get(pk=given.json()["id"]).state == Mandate.State.ACTIVE
    assert [row["state"] for row in api(mike).get("/api/v1/mandates").json()["results"]] == ["ACTIVE", "ENDED"]


@pytest.mark.parametrize(
    "change",
    [
        {"slot_wh": 0},
        {"slot_wh": "5"},
        {"day_wh": 2**32},
        {"sells": "yes"},
        {"sells": 1},
        {"sells": False, "buys": False},
        {"sell_at_least_stroops_per_kwh": -1},
        {"buy_at_most_stroops_per_kwh": 1.5},
        {"valid_until": TERMS["valid_from"]},
        {"valid_until": None},
        {"valid_from": "0001-01-01T00:00:00Z"},
        {"limit": 5},
    ],
)
def test_bad_mandates_are_refused(new_member: Callable[..., Member], api: Callable, change: dict) -> None:
    answer = api(new_member("mike")).post("/api/v1/mandates", {**TERMS, **change})
    assert answer.status_code == 400, answer.json()
    assert not Mandate.objects.exists()
