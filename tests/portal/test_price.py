from __future__ import annotations

from collections.abc import Callable

import pytest

from market.models import PriceQuote
from market.price.quotes import quote_due_slots
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent, ChainTransaction
from stelltron.members.models import Member
from tests.market.test_price_quotes import cleared

TRIED = {
    "demand_wh": "20",
    "supply_wh": "10",
    "charge_bp": "",
    "metres": "2.5",
    "hour": "19",
    "month": "4",
    "delivered": "0",
    "agreed": "0",
    "voltage_bp": "",
    "battery_bp": "",
}


@pytest.fixture
def member(new_member: Callable[..., Member]) -> Member:
    return new_member("mike")


def test_the_price_is_shown_with_what_made_it(community: Community, member: Member, signed_in: Callable) -> None:
    client = signed_in(member)
    assert "No price yet" in client.get("/price").content.decode()
    cleared(community, 0, surplus_wh=10_000, deficit_wh=20_000)
    quote_due_slots(community)
    page = client.get("/price").content.decode()
    assert "0.1537149 <span" in page
    assert "20.000 kWh drawn, 10.000 kWh fed in" in page
    assert "no battery reports one" in page
    assert client.get("/price/history.json").json()["price"] == [0.1537149]


def test_a_quote_on_the_ledger_shows_its_transaction(community: Community, member: Member, signed_in: Callable) -> None:
    cleared(community, 0, surplus_wh=10_000, deficit_wh=20_000)
    quote_due_slots(community)
    quote = PriceQuote.objects.get()
    sent = ChainTransaction.objects.create(hash="ab" * 32, source="G" * 56, envelope="", max_time=1)
    intent = ChainIntent.objects.create(
        community=community, kind=ChainIntent.Kind.CALL, key=f"quote:{community.pk}:{slots.to_chain(quote.slot)}"
    )
    assert "on its way to the ledger" in signed_in(member).get("/price").content.decode()
    ChainIntent.objects.filter(pk=intent.pk).update(state=ChainIntent.State.CONFIRMED, transaction=sent)
    assert sent.hash in signed_in(member).get("/price").content.decode()


def test_the_playground_answers_without_scripts(member: Member, signed_in: Callable) -> None:
    page = signed_in(member).get("/price", TRIED).content.decode()
    assert '<span data-played="price">0.3330491</span>' in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"demand_wh": "a lot"}, "is not a number"),
        ({"demand_wh": "-1"}, "from 0 to 1,000,000"),
        ({"charge_bp": "101"}, "from 0 to 100"),
        ({"hour": "24"}, "Select a valid choice"),
        ({"delivered": "2", "agreed": "1"}, "No more trades"),
    ],
)
def test_what_the_playground_cannot_price_is_said_in_place(
    member: Member, signed_in: Callable, changes: dict, said: str
) -> None:
    response = signed_in(member).get("/price", {**TRIED, **changes})
    assert response.status_code == 422
    assert said in response.content.decode()


def test_prices_of_other_communities_stay_there(community: Community, member: Member, signed_in: Callable) -> None:
    other = Community.objects.create(slug="other", name="Other", slot_minutes=60)
    cleared(other, 0, surplus_wh=1, deficit_wh=1)
    quote_due_slots(other)
    client = signed_in(member)
    assert "No price yet" in client.get("/price").content.decode()
    assert client.get("/api/v1/prices").json()["results"] == []
    cleared(community, 0, surplus_wh=1, deficit_wh=1)
    quote_due_slots(community)
    assert client.get("/api/v1/prices").json()["results"][0]["price_stroops_per_kwh"] == 1_350_000
