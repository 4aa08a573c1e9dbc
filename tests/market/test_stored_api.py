"""Stored energy through the API: offered, bought in part, taken back, and what strangers are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market.models import LockedTrade
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.api.conftest import api as api_of_members

from . import test_stored_energy as stored
from .battery import Battery
from .test_stored_energy import DELIVER_BY, PRICE

api = api_of_members
no_delay, seller, battery, buyer = stored.no_delay, stored.seller, stored.battery, stored.buyer
OFFER = {"wh": 5000, "price_stroops_per_kwh": PRICE, "deliver_by": DELIVER_BY.isoformat()}


@pytest.fixture
def offer(seller: Member, battery: Battery, api: Callable) -> dict:
    made = api(seller).post("/api/v1/stored", OFFER)
    assert made.status_code == 201, made.json()
    return made.json()


def test_an_offer_is_listed_and_bought_in_part(offer: dict, seller: Member, buyer: Member, api: Callable) -> None:
    his, hers = api(buyer), api(seller)
    assert his.get("/api/v1/stored").json()["results"] == [offer]
    bought = his.post(f"/api/v1/stored/{offer['id']}/buy", {"wh": 2000})
    assert bought.status_code == 201, bought.json()
    assert (bought.json()["role"], bought.json()["other"], bought.json()["state"]) == ("BUYER", seller.code, "MATCHED")
    assert bought.json()["amount_stroops"] == 2 * PRICE == balance(buyer, Asset.WATT).held
    assert his.get("/api/v1/stored").json()["results"][0]["open_wh"] == 3000
    (sold,) = hers.get("/api/v1/stored/trades").json()["results"]
    assert (sold["role"], sold["other"], sold["wh"], sold["delivered_wh"]) == ("SELLER", buyer.code, 2000, 0)


def test_only_its_maker_takes_an_offer_back(offer: dict, seller: Member, buyer: Member, api: Callable) -> None:
    assert api(buyer).delete(f"/api/v1/stored/{offer['id']}").status_code == 404
    taken = api(seller).delete(f"/api/v1/stored/{offer['id']}")
    assert (taken.status_code, taken.json()["state"]) == (200, "ENDED")
    late = api(buyer).post(f"/api/v1/stored/{offer['id']}/buy", {"wh": 1000})
    assert (late.status_code, late.json()["code"]) == (400, "no_such_offer")
    assert not LockedTrade.objects.exists()


def test_another_community_neither_sees_nor_buys_it(
    offer: dict, buyer: Member, api: Callable, community: Community
) -> None:
    elsewhere = Community.objects.create(slug="far", name="Far away", slot_minutes=60)
    Member.objects.filter(pk=buyer.pk).update(community=elsewhere)
    buyer.refresh_from_db()
    assert api(buyer).get("/api/v1/stored").json()["results"] == []
    tried = api(buyer).post(f"/api/v1/stored/{offer['id']}/buy", {"wh": 1000})
    assert (tried.status_code, tried.json()["code"]) == (400, "no_such_offer")


@pytest.mark.parametrize("wh", ["1000", 1000.5, True, 0, None])
def test_energy_is_a_whole_number_above_zero(offer: dict, buyer: Member, api: Callable, wh: object) -> None:
    assert api(buyer).post(f"/api/v1/stored/{offer['id']}/buy", {"wh": wh}).status_code == 400
    assert not LockedTrade.objects.exists()
