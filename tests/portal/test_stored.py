from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from stellar_sdk import Keypair

from devices.models import Device
from market.models import LockedTrade, SellerReliability, StoredOffer, Trade
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance, credit
from stelltron.ledger.models import Asset, Contract
from stelltron.members.models import Member
from tests.conftest import CENT, START, meter_of

OFFER = {"kwh": "5", "price": "0.1", "within": "24"}


@pytest.fixture
def pair(new_member: Callable[..., Member]) -> tuple[Member, Member]:
    """Sarah has 8 kWh and a battery, Mike 10 WATT; nothing of it is on a chain."""
    Contract.objects.create(
        network=settings.STELLAR.passphrase, name="energy_locks", address="C" * 56, wasm_hash="ab" * 32
    )
    sarah, mike = new_member("sarah"), new_member("mike")
    credit(sarah.pk, Asset.KWH, 8000)
    credit(mike.pk, Asset.WATT, 1000 * CENT)
    key = Keypair.random().raw_public_key()
    Device.objects.filter(pk=meter_of(sarah).pk).update(state=Device.State.ACTIVE, public_key=key)
    return sarah, mike


def test_a_member_offers_and_a_neighbour_buys_a_part(pair: tuple[Member, Member], signed_in: Callable) -> None:
    sarah, mike = pair
    page = signed_in(sarah).post("/stored/offer", OFFER, follow=True).content.decode()
    assert "Offered." in page
    offer = StoredOffer.objects.get()
    assert (offer.wh, offer.price, offer.deliver_by) == (5000, 10 * CENT, START + timedelta(hours=24))
    page = signed_in(mike).post(f"/stored/{offer.pk}/buy", {"kwh": "2"}, follow=True).content.decode()
    assert "You buy from Member sarah" in page
    assert "of 2.000 kWh" in page
    assert "money and energy leave the market" in page
    trade = Trade.objects.get()
    assert (trade.venue, trade.wh, trade.amount) == ("STORED", 2000, 20 * CENT)
    assert balance(mike, Asset.WATT).held == 20 * CENT
    assert "stored, matched" in signed_in(mike).get("/marketplace").content.decode()


def test_what_cannot_be_offered_says_why_at_its_field(pair: tuple[Member, Member], signed_in: Callable) -> None:
    sarah, mike = pair
    answer = signed_in(sarah).post("/stored/offer", {**OFFER, "kwh": "9"})
    assert answer.status_code == 422
    assert "This needs 9.000 kWh, 8.000 kWh are free." in answer.content.decode()
    assert "It takes a battery" in signed_in(mike).get("/stored").content.decode()


def test_where_a_lock_stands_is_seen_by_its_two_members_only(
    pair: tuple[Member, Member], new_member: Callable[..., Member], signed_in: Callable
) -> None:
    sarah, mike = pair
    signed_in(sarah).post("/stored/offer", OFFER)
    signed_in(mike).post(f"/stored/{StoredOffer.objects.get().pk}/buy", {"kwh": "2"})
    Trade.objects.update(state=Trade.State.SETTLED)
    LockedTrade.objects.update(delivered_wh=500)
    SellerReliability.objects.create(member=sarah, contracted_wh=4000, delivered_wh=3000)
    seller, stranger = signed_in(sarah), signed_in(new_member("emma"))
    page = seller.get("/stored").content.decode()
    assert "locked: the meter counts what is delivered" in page
    assert "0.500" in page
    assert "3.000 of 4.000 kWh that you sold ahead: <strong>75 %</strong>" in page
    seen = stranger.get("/stored").content.decode()
    assert "You buy from" not in seen
    assert "75 %" in seen


def test_only_the_seller_takes_an_offer_back(
    pair: tuple[Member, Member], signed_in: Callable, community: Community
) -> None:
    sarah, mike = pair
    signed_in(sarah).post("/stored/offer", OFFER)
    offer = StoredOffer.objects.get()
    assert signed_in(mike).post(f"/stored/{offer.pk}/end").status_code == 404
    assert "taken back" in signed_in(sarah).post(f"/stored/{offer.pk}/end", follow=True).content.decode()
    page = signed_in(mike).post(f"/stored/{offer.pk}/buy", {"kwh": "1"}, follow=True).content.decode()
    assert "not open any more" in page
