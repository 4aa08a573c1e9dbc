"""Verbs of stored energy that is sold ahead: offered by who has it in a battery, bought by a neighbour.

Buying only agrees; ``locking.py`` brings money and energy into the locks contract and follows them to their end.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from devices.models import Device, MeteringPoint
from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_market
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH, amount, kwh, money
from stelltron.ledger import contracts, holdings
from stelltron.ledger.funding import admit
from stelltron.ledger.models import Asset
from stelltron.members.models import Member, Wallet
from stelltron.members.services import require_kyc

from ..clearing import banking
from ..grid.zones import grid_at
from ..models import GridFee, LockedTrade, StoredOffer, Trade
from .times import PREPARATION, first_boundary

# The contract delivers within 30 days; a day of it is for the proof.
LONGEST_DELIVERY = timedelta(days=28)


def open_offers(community: Community) -> QuerySet[StoredOffer]:
    """What can be bought now, the cheapest first."""
    standing = StoredOffer.objects.filter(
        community=community, state=StoredOffer.State.OPEN, deliver_by__gt=first_boundary(community, PREPARATION)
    )
    return standing.select_related("seller__reliability", "device")


def battery_of(member: Member) -> Device | None:
    """The member's metering device that can sign locks: it has shown its public key."""
    owned = Device.objects.filter(owner=member, state=Device.State.ACTIVE, point__isnull=False)
    return owned.filter(public_key__isnull=False).order_by("pk").first()


@transaction.atomic
def offer_stored(seller: Member, *, wh: int, price: int, deliver_by: datetime) -> StoredOffer:
    """Offer energy that lies in the seller's battery, to be delivered by ``deliver_by``. Raises Refused."""
    require_kyc(seller)
    _require_managed(seller)
    contracts.address("energy_locks")
    community = seller.community
    device = battery_of(seller)
    if device is None:
        raise Refused("no_battery", "none of your devices can lock energy: it must be active and have shown its key")
    if not 0 < wh <= LARGEST_WH:
        raise Refused("energy_out_of_range", "the energy must be above zero")
    if not 0 < price <= LARGEST_PRICE or not amount(wh, price):
        raise Refused("price_out_of_range", f"the price must lie above zero and up to {money(LARGEST_PRICE)} a kWh")
    end = slots.slot_of(deliver_by, community.slot_minutes)
    if not first_boundary(community, PREPARATION) < end <= community.now() + LONGEST_DELIVERY:
        raise Refused(
            "delivery_out_of_range",
            "the delivery must end within 28 days and leave a whole slot after the half hour until the battery has locked",
        )
    free = holdings.balance(seller, Asset.KWH).available
    if free < wh:
        raise holdings.too_little(Asset.KWH, wh, free)
    offer = StoredOffer.objects.create(
        community=community,
        seller=seller,
        device=device,
        wh=wh,
        open_wh=wh,
        price=price,
        deliver_by=end,
        offered_at=datetime.now(UTC),
    )
    log_action("stored.offer", target=seller.code, community=community)
    return offer


@transaction.atomic
def end_offer(offer: StoredOffer, by: Member) -> None:
    """Take back what is not sold. Raises Refused."""
    if offer.seller_id != by.pk:
        raise Refused("not_your_offer", "only who made an offer takes it back")
    change_state(offer, StoredOffer.TRANSITIONS, StoredOffer.State.ENDED)


@transaction.atomic
def buy_stored(offer_id: object, buyer: Member, wh: int) -> LockedTrade:
    """Agree on ``wh`` of the offer: both sides' parts are set aside at once. Raises Refused."""
    lock_market(buyer.community_id)
    require_kyc(buyer)
    _require_managed(buyer)
    offer = StoredOffer.objects.select_for_update().filter(pk=offer_id, community=buyer.community).first()
    if offer is None or offer.state != StoredOffer.State.OPEN:
        raise Refused("no_such_offer", "this offer is not open any more: reload and look again")
    community = buyer.community
    slot = slots.slot_of(community.now(), community.slot_minutes)
    if offer.deliver_by <= first_boundary(community, PREPARATION):
        raise Refused("no_such_offer", "too little time is left to lock and deliver this offer")
    if offer.seller_id == buyer.pk:
        raise Refused("own_offer", "this is your own offer")
    if not _way_is_free(offer, buyer):
        raise Refused(
            "grid_in_between",
            "stored energy is not sold ahead where the grid charges a fee or a feeder limits the way between you:"
            " buy from a neighbour without either, or on the market",
        )
    if not 0 < wh <= offer.open_wh:
        raise Refused("energy_out_of_range", f"{kwh(offer.open_wh)} kWh of this offer are left")
    stroops = amount(wh, offer.price)
    if not stroops:
        raise Refused("energy_out_of_range", "so little energy costs nothing: buy more")
    _require_managed(offer.seller)
    holdings.hold(buyer.pk, Asset.WATT, stroops)
    free = holdings.balance(offer.seller, Asset.KWH).available
    if free < wh:
        raise Refused("sold_elsewhere", f"the seller has only {kwh(free)} kWh left")
    holdings.hold(offer.seller_id, Asset.KWH, wh)
    lots = banking.draw(offer.seller_id, wh)
    _take(offer, wh)
    trade = Trade.objects.create(
        community=community,
        venue=Trade.Venue.STORED,
        slot=slot,
        buyer=buyer,
        seller=offer.seller,
        wh=wh,
        price=offer.price,
        amount=stroops,
        matched_at=datetime.now(UTC),
    )
    admit(offer.seller)
    return LockedTrade.objects.create(
        trade=trade,
        offer=offer,
        device=offer.device,
        lock_id=hashlib.sha256(b"stelltron:trade:v1\0" + trade.pk.bytes).hexdigest(),
        deliver_by=offer.deliver_by,
        buyer_held=stroops,
        seller_held=wh,
        lots_until=max((expiry for expiry, _ in lots), default=None),
    )


def _take(offer: StoredOffer, wh: int) -> None:
    offer.open_wh -= wh
    offer.save(update_fields=["open_wh"])
    if not offer.open_wh:
        change_state(offer, StoredOffer.TRANSITIONS, StoredOffer.State.SOLD)


def _way_is_free(offer: StoredOffer, buyer: Member) -> bool:
    """Whether no fee and no feeder's limit lies between the battery and any of the buyer's points, up to the end."""
    community = offer.community
    now = community.now()
    announced = GridFee.objects.filter(community=community, valid_from__gt=now, valid_from__lt=offer.deliver_by)
    zones = [offer.device.point.zone if offer.device.point else 0]
    zones += MeteringPoint.objects.filter(member=buyer).values_list("zone", flat=True)
    for moment in {now, *announced.values_list("valid_from", flat=True)}:
        grid = grid_at(community, moment)
        source, *drains = [grid.zone(zone) for zone in zones]
        for drain in drains:
            limits = (grid.feeders[source], grid.feeders[drain]) if source != drain else ()
            if grid.fees.between(source, drain) or any(limit is not None for limit in limits):
                return False
    return True


def _require_managed(member: Member) -> None:
    """Buyer and seller sign a lock together, at a moment that neither can wait for."""
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("own_wallet", "stored energy is sold ahead between wallets that the co-op manages only, so far")
