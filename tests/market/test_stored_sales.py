"""Who may buy stored energy ahead, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.models import MeteringPoint
from market.models import GridFee, LockedTrade
from market.stored import sales
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.members.models import Member
from tests.conftest import CENT, START

from . import test_stored_energy as stored
from .battery import Battery
from .test_stored_energy import DELIVER_BY, HOUR, PRICE

seller, battery, buyer = stored.seller, stored.battery, stored.buyer
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
