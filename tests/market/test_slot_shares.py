"""The sections of a slot are shared: no community and no member uses up what the others need, and who waits is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.clearing.sections import budget_of, share_of_slot
from market.models import GridFee, Order, Trade
from market.spot import desk
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent, Seat
from stelltron.members.models import Member, Notice
from tests.conftest import CENT, START

SELL, BUY, IOC = Order.Side.SELL, Order.Side.BUY, Order.Force.IOC


@pytest.fixture
def neighbours(community: Community) -> Community:
    """Another community of the same marketplace."""
    other = Community.objects.create(slug="uphill", name="Uphill", data_time=START)
    Seat.objects.create(member=Member.objects.create(community=other, code="zoe", name="Zoe"), index=999)
    return other


def asked_for(community: Community, sections: int) -> ChainIntent:
    return ChainIntent.objects.create(
        community=community,
        kind=ChainIntent.Kind.SETTLE,
        key=f"sections of {community.slug}",
        slot=slots.to_chain(START),
        sections=sections,
        state=ChainIntent.State.CONFIRMED,
    )


def test_a_busy_community_leaves_the_others_their_share(
    seller: Member, trader: Callable[..., Member], community: Community, neighbours: Community
) -> None:
    assert share_of_slot(START) == 100
    asked_for(neighbours, 200)
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    assert desk.place_order(trader("mike"), side=BUY, wh=1000, price=10 * CENT, force=IOC).state == Order.State.FILLED
    assert not budget_of(neighbours, START).has_room


def test_who_is_not_taken_for_want_of_room_is_told_why_and_until_when(
    seller: Member, trader: Callable[..., Member], community: Community, neighbours: Community
) -> None:
    buyer = trader("mike")
    asked_for(community, 100)
    ask = desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    bid = desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT, force=IOC)
    why = (
        "your community has settled as often as it may in this slot: trading goes on with the next slot at"
        f" {START + timedelta(minutes=community.slot_minutes):%H:%M} UTC"
    )
    assert (bid.state, bid.ended_because) == (Order.State.CANCELLED, why)
    assert Order.objects.get(pk=bid.pk).ended_because == why
    told = Notice.objects.get(member=buyer, kind=Notice.Kind.ORDER_ENDED)
    assert told.text == f"Your order to buy 1.000 kWh was not taken: {why}"
    assert balance(buyer, Asset.WATT).held == 0
    Community.objects.update(data_time=START + timedelta(minutes=community.slot_minutes))
    community.refresh_from_db()
    ask.refresh_from_db()
    assert ask.state == Order.State.OPEN
    desk.place_order(buyer, side=BUY, wh=1000, price=10 * CENT)
    assert Trade.objects.get().slot == community.data_time


def test_one_member_cannot_use_up_the_slot_with_tiny_orders(
    seller: Member, trader: Callable[..., Member], community: Community
) -> None:
    busy, other = trader("mike"), trader("anna")
    desk.place_order(seller, side=SELL, wh=8000, price=10 * CENT)
    desk.place_order(busy, side=BUY, wh=1, price=10 * CENT)
    # As if each of 50 such orders had found the one before sent: a quarter of 200.
    ChainIntent.objects.filter(trades__buyer=busy).update(state=ChainIntent.State.CONFIRMED, sections=50)
    late = desk.place_order(busy, side=BUY, wh=1, price=10 * CENT, force=IOC)
    assert late.state == Order.State.CANCELLED
    assert late.ended_because.startswith("you have begun as many settlements as one member may in this slot: trading")
    assert Notice.objects.filter(member=busy, text__contains=late.ended_because).count() == 1
    resting = desk.place_order(busy, side=BUY, wh=1, price=10 * CENT)
    assert (resting.state, resting.ended_because) == (Order.State.OPEN, "")
    # Nor is the one whose order was hit held back.
    assert desk.place_order(other, side=BUY, wh=1000, price=10 * CENT, force=IOC).state == Order.State.FILLED


def test_what_the_auctions_may_need_is_set_aside(community: Community, neighbours: Community) -> None:
    Seat.objects.create(member=Member.objects.create(community=community, code="sun", name="Sun"), index=998)
    for zone in range(8):
        GridFee.objects.create(
            community=neighbours, zone=zone, name=f"zone {zone}", valid_from=START, inside=1, out=2**zone, into=0
        )
    # The fee inside, and one out of each of eight zones, of which one is as high: 8 sections, twice; 2 for the other.
    assert share_of_slot(START) == 100
    GridFee.objects.filter(zone__gte=0).delete()
    for zone in range(8):
        GridFee.objects.create(
            community=neighbours, zone=zone, name=f"zone {zone}", valid_from=START, inside=0, out=zone, into=10 * zone
        )
    fees = {out + 10 * into for out in range(8) for into in range(8) if out != into} | {0}
    assert share_of_slot(START) == (255 - 2 * len(fees) - 2) // 2


def test_an_auction_of_many_fees_leaves_its_community_the_share(
    seller: Member, trader: Callable[..., Member], community: Community, neighbours: Community
) -> None:
    own = asked_for(community, 150)
    ChainIntent.objects.filter(pk=own.pk).update(payload={"auction": True})
    assert (budget_of(community, START).taken, budget_of(community, START).has_room) == (0, True)
    desk.place_order(seller, side=SELL, wh=1000, price=10 * CENT)
    assert desk.place_order(trader("mike"), side=BUY, wh=1000, price=10 * CENT, force=IOC).state == Order.State.FILLED
    assert budget_of(community, START).taken == 1
