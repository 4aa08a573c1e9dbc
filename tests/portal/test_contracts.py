from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.clearing.closing import close_due_slots
from market.models import FriendContract, Trade
from stelltron.core.models import Community
from stelltron.members.models import Member
from tests.conftest import CENT, START

from .conftest import read_slot

TERMS = {"side": "SELL", "other": "mike", "price": "0.1", "slot_kwh": "1.5", "until": "2026-07-01"}


@pytest.fixture
def pair(new_member: Callable[..., Member]) -> tuple[Member, Member]:
    return new_member("sarah"), new_member("mike")


def test_an_offer_holds_once_the_other_accepts(
    trader: Callable[..., Member], community: Community, signed_in: Callable
) -> None:
    sarah, mike = trader("sarah"), trader("mike")
    page = signed_in(sarah).post("/contracts/offer", TERMS, follow=True).content.decode()
    assert "Offered to Member mike" in page
    contract = FriendContract.objects.get()
    assert (contract.seller, contract.buyer, contract.price, contract.slot_wh) == (sarah, mike, 10 * CENT, 1500)
    assert "Accept" not in page
    assert "Accept" in signed_in(mike).get("/contracts").content.decode()
    answer = signed_in(mike).post(f"/contracts/{contract.pk}/accept", follow=True)
    assert "holds from the next slot on" in answer.content.decode()
    read_slot(sarah, exported_wh=3000, hours_ago=0)
    read_slot(mike, imported_wh=2000, hours_ago=0)
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=1))
    assert close_due_slots(community) == 1
    among_friends = Trade.objects.get(venue=Trade.Venue.FRIENDS)
    assert (among_friends.wh, among_friends.price) == (1500, 10 * CENT)


def test_one_cannot_accept_ones_own_offer(pair: tuple[Member, Member], signed_in: Callable) -> None:
    client = signed_in(pair[0])
    client.post("/contracts/offer", TERMS)
    page = client.post(f"/contracts/{FriendContract.objects.get().pk}/accept", follow=True).content.decode()
    assert "only the member it was offered to" in page
    assert FriendContract.objects.get().state == "OFFERED"


def test_either_side_ends_it_and_nobody_else(
    pair: tuple[Member, Member], new_member: Callable[..., Member], signed_in: Callable
) -> None:
    signed_in(pair[0]).post("/contracts/offer", {**TERMS, "side": "BUY"})
    contract = FriendContract.objects.get()
    assert (contract.buyer, contract.seller) == pair
    stranger = signed_in(new_member("emma"))
    assert stranger.post(f"/contracts/{contract.pk}/end").status_code == 404
    assert stranger.delete(f"/api/v1/contracts/{contract.pk}").status_code == 404
    page = signed_in(pair[1]).post(f"/contracts/{contract.pk}/end", follow=True).content.decode()
    assert "The contract is ended" in page
    again = signed_in(pair[0]).post(f"/contracts/{contract.pk}/end", follow=True).content.decode()
    assert "cannot go from ENDED" in again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"other": "nobody"}, "No other member of your community has this code"),
        ({"other": "sarah"}, "No other member of your community has this code"),
        ({"price": "0"}, "The price must lie above zero"),
        ({"price": "500"}, "The price must lie above zero"),
        ({"slot_kwh": "0"}, "The energy of a slot must be above zero"),
        ({"until": "2026-05-01"}, "must end after it starts"),
        ({"until": "soon"}, "Enter a valid date"),
    ],
)
def test_what_is_wrong_is_said_in_place(
    pair: tuple[Member, Member], signed_in: Callable, changes: dict, said: str
) -> None:
    response = signed_in(pair[0]).post("/contracts/offer", {**TERMS, **changes})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not FriendContract.objects.exists()


def test_the_api_offers_accepts_and_ends(pair: tuple[Member, Member], signed_in: Callable) -> None:
    offer = {
        "other": "mike",
        "i_sell": True,
        "price_stroops_per_kwh": 10 * CENT,
        "slot_wh": 1500,
        "valid_from": "2026-06-01T12:00:00Z",
        "valid_until": "2026-07-01T00:00:00Z",
    }
    seller, buyer = signed_in(pair[0]), signed_in(pair[1])
    assert seller.post("/api/v1/contracts", {**offer, "secret": 1}, "application/json").status_code == 400
    made = seller.post("/api/v1/contracts", offer, "application/json")
    assert made.status_code == 201
    address = f"/api/v1/contracts/{made.json()['id']}"
    assert seller.post(f"{address}/accept").json()["code"] == "not_yours_to_accept"
    assert buyer.post(f"{address}/accept").json()["state"] == "ACTIVE"
    assert buyer.post(f"{address}/accept").status_code == 409
    assert [row["seller"] for row in buyer.get("/api/v1/contracts").json()["results"]] == ["sarah"]
    assert seller.delete(address).json()["state"] == "ENDED"
