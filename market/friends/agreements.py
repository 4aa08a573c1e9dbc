"""Standing contracts between two members: offered by one, accepted by the other, served before the market."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH, money
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from ..engine.rounds import Contract
from ..models import FriendContract
from ..telling import tell_contract


def contracts_in(community: Community, start: datetime, end: datetime) -> list[Contract]:
    """The contracts that cover the slot, the oldest first, also one that was ended since."""
    agreed = (FriendContract.State.ACTIVE, FriendContract.State.ENDED)
    in_force = FriendContract.objects.filter(
        seller__community=community, state__in=agreed, valid_from__lte=start, valid_until__gte=end
    ).order_by("id")
    return [Contract(c.seller_id, c.buyer_id, c.price, c.slot_wh) for c in in_force]


def contracts_of(member: Member) -> QuerySet[FriendContract]:
    """The member's own, the newest first."""
    own = FriendContract.objects.filter(Q(seller=member) | Q(buyer=member))
    return own.select_related("seller__community", "buyer__community", "offered_by").order_by("-id")


def offer_to(by: Member, *, other: str, i_sell: bool, **terms: Any) -> FriendContract:
    """An offer to the member whose code is ``other``. Raises Refused."""
    friend = Member.objects.filter(community=by.community, code=other, is_active=True).exclude(pk=by.pk).first()
    if friend is None:
        raise Refused("no_such_member", "no other member of your community has this code: ask them for it")
    seller, buyer = (by, friend) if i_sell else (friend, by)
    return offer_contract(by, seller=seller, buyer=buyer, **terms)


@transaction.atomic
def offer_contract(
    by: Member,
    *,
    seller: Member,
    buyer: Member,
    price: int,
    slot_wh: int,
    valid_from: datetime,
    valid_until: datetime,
) -> FriendContract:
    """One side's offer; nothing happens until the other accepts. Raises Refused."""
    require_kyc(by)
    if by.pk not in (seller.pk, buyer.pk) or seller.pk == buyer.pk:
        raise Refused("not_your_contract", "a contract is between you and another member")
    if seller.community_id != buyer.community_id:
        raise Refused("other_community", "both members must belong to one community")
    if not 0 < price <= LARGEST_PRICE:
        raise Refused("price_out_of_range", f"the price must lie above zero and up to {money(LARGEST_PRICE)} a kWh")
    if not 0 < slot_wh <= LARGEST_WH:
        raise Refused("energy_out_of_range", "the energy of a slot must be above zero")
    if valid_until <= max(valid_from, by.community.now()):
        raise Refused("contract_ends_before_it_starts", "a contract must end after it starts, and not in the past")
    contract = FriendContract.objects.create(
        seller=seller,
        buyer=buyer,
        offered_by=by,
        price=price,
        slot_wh=slot_wh,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    log_action("friend_contract.offer", actor=by.user, target=contract.pk, community=by.community, price=price)
    tell_contract(contract, by, "offers you a contract")
    return contract


@transaction.atomic
def accept_contract(contract: FriendContract, by: Member) -> None:
    """The other side agrees: the contract holds from the next slot on, or later as offered. Raises Refused."""
    require_kyc(by)
    if by.pk not in (contract.seller_id, contract.buyer_id) or by.pk == contract.offered_by_id:
        raise Refused("not_yours_to_accept", "only the member it was offered to can accept this contract")
    valid_from = max(contract.valid_from, _next_slot(by.community))
    if contract.valid_until <= valid_from:
        raise Refused("contract_is_over", "the contract would end before the next slot starts: ask for a new offer")
    change_state(contract, FriendContract.TRANSITIONS, FriendContract.State.ACTIVE, valid_from=valid_from)
    log_action("friend_contract.accept", actor=by.user, target=contract.pk, community=by.community)
    tell_contract(contract, by, "accepted your contract")


@transaction.atomic
def end_contract(contract: FriendContract, by: Member) -> None:
    """Either side withdraws: it still counts up to the end of the running slot. Raises Refused."""
    if by.pk not in (contract.seller_id, contract.buyer_id):
        raise Refused("not_your_contract", "only the two members of a contract can end it")
    # An offer that nobody accepted never held.
    held_until = _next_slot(by.community) if contract.state == FriendContract.State.ACTIVE else contract.valid_from
    until = max(contract.valid_from, min(contract.valid_until, held_until))
    change_state(contract, FriendContract.TRANSITIONS, FriendContract.State.ENDED, valid_until=until)
    log_action("friend_contract.end", actor=by.user, target=contract.pk, community=by.community)
    tell_contract(contract, by, "ended your contract")


def _next_slot(community: Community) -> datetime:
    """The start of the first slot that lies wholly ahead: nobody knows yet what is metered in it."""
    now = community.now()
    running = slots.slot_of(now, community.slot_minutes)
    return now if running == now else slots.next_slot(running, community.slot_minutes)
