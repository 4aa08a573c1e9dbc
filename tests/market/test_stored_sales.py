"""Who may buy stored energy ahead, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.models import MeteringPoint
from market.models import GridFee, LockedTrade
from market.price import reliability
from market.stored import sales
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.conftest import CENT, START

from . import test_stored_energy as stored
from .battery import Battery
from .test_stored_energy import DELIVER_BY, HOUR, PRICE, Driver, State, agree, watt

no_delay, seller, battery, buyer, driver = stored.no_delay, stored.seller, stored.battery, stored.buyer, stored.driver
DAY = timedelta(days=1)


def grid(community: Community, zone: int, *, valid_from=START - DAY, feeder_w: int | None = None, **fees: int) -> None:
    given = {"inside": 0, "out": 0, "into": 0, **fees}
    GridFee.objects.create(
        community=community, zone=zone, name=f"zone {zone}", valid_from=valid_from, feeder_w=feeder_w, **given
    )


def refused(offer: sales.StoredOffer, buyer: Member) -> str:
    with pytest.raises(Refused) as refusal:
        sales.buy_stored(offer.pk, buyer, 1000)
    return refusal.value.code


@pytest.fixture
def offer(seller: Member, battery: Battery) -> sales.StoredOffer:
    return sales.offer_stored(seller, wh=5000, price=PRICE, deliver_by=DELIVER_BY)


@pytest.mark.parametrize(
    ("fees", "feeder_w", "valid_from"),
    [
        ({"out": CENT}, None, START - DAY),
        ({"into": CENT}, None, START - DAY),
        ({}, 5000, START - DAY),
        ({"into": CENT}, None, DELIVER_BY - HOUR),
    ],
)
def test_stored_energy_takes_no_way_that_costs_or_is_limited(
    offer: sales.StoredOffer, buyer: Member, community: Community, fees: dict[str, int], feeder_w, valid_from
) -> None:
    grid(community, 0, **fees, feeder_w=feeder_w, valid_from=valid_from)
    grid(community, 1, **fees, feeder_w=feeder_w, valid_from=valid_from)
    MeteringPoint.objects.filter(member=buyer).update(zone=1)
    assert refused(offer, buyer) == "grid_in_between"
    assert balance(buyer, Asset.WATT).held == 0
    # Next door the same grid asks for nothing.
    MeteringPoint.objects.filter(member=buyer).update(zone=0)
    sales.buy_stored(offer.pk, buyer, 1000)


def test_stored_energy_is_not_sold_where_neighbours_pay_a_fee(
    offer: sales.StoredOffer, buyer: Member, community: Community
) -> None:
    grid(community, 0, inside=CENT, out=CENT)
    assert refused(offer, buyer) == "grid_in_between"
    assert not LockedTrade.objects.exists()


def test_fees_after_the_delivery_do_not_matter(offer: sales.StoredOffer, buyer: Member, community: Community) -> None:
    grid(community, 0, inside=CENT, out=CENT, valid_from=DELIVER_BY)
    sales.buy_stored(offer.pk, buyer, 1000)


def set_clock(community: Community, moment) -> None:
    Community.objects.update(data_time=moment)
    community.refresh_from_db()


@pytest.mark.parametrize("before_the_end", [timedelta(minutes=70), timedelta(0), -HOUR])
def test_a_lock_that_leaves_no_slot_to_deliver_in_is_given_up_without_blame(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community, before_the_end: timedelta
) -> None:
    before = watt(buyer)
    (trade,) = agree(seller, buyer, 5000)
    set_clock(community, DELIVER_BY - before_the_end)
    driver.until(trade, State.FAILED)
    driver.turn(4)
    locked = LockedTrade.objects.get()
    assert (locked.closed, locked.problem) == (True, "too late: no whole slot would be left to deliver in")
    assert (watt(buyer), balance(seller, Asset.KWH).available) == (before, 12_000)
    assert reliability.of(seller).contracted_wh == 0


def test_a_lock_that_leaves_one_slot_goes_on(
    seller: Member, buyer: Member, battery: Battery, driver: Driver, community: Community
) -> None:
    (trade,) = agree(seller, buyer, 5000)
    set_clock(community, DELIVER_BY - timedelta(minutes=75))
    driver.until(trade, State.RESERVED)


def test_an_offer_leaves_time_to_lock_and_a_slot_to_deliver_in(
    seller: Member, buyer: Member, battery: Battery, community: Community
) -> None:
    community.slot_minutes = 15
    community.save()
    for minutes in (15, 30):
        with pytest.raises(Refused) as refusal:
            sales.offer_stored(seller, wh=1000, price=PRICE, deliver_by=START + timedelta(minutes=minutes))
        assert refusal.value.code == "delivery_out_of_range"
    offer = sales.offer_stored(seller, wh=1000, price=PRICE, deliver_by=START + timedelta(minutes=45))
    assert list(sales.open_offers(community)) == [offer]
    buyer.community.data_time = START + timedelta(minutes=1)
    assert refused(offer, buyer) == "no_such_offer"
    assert not sales.open_offers(buyer.community).exists()
