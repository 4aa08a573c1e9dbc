"""Requests and bids: a village asks, providers answer for a week, the village chooses one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.parameters import Parameter, value_at
from stelltron.core.states import change_state
from stelltron.ledger.clients import generator_factory
from stelltron.ledger.intents import queue_call
from stelltron.members.models import Member, User
from stelltron.members.services import require_kyc

from .. import parameters
from ..building.lateness import require_no_default
from ..calls import managed
from ..models import UNITS, Generator, GeneratorRequest, Milestone, Offering, Provider, ProviderBid
from ..suspensions import require_not_suspended, require_not_suspended_partner
from ..telling import tell, tell_all

MOST_STROOPS = 10**16
RISKS = (
    "All or refund: if not all units are funded in time, every stake is paid back. After that money is at risk: "
    "the installation may be late or fail, people may use less than expected, and units may find no buyer."
)


@transaction.atomic
def ask_to_provide(member: Member, about: str) -> Provider:
    """The member wants to build generators; staff looks at it. Raises Refused."""
    require_kyc(member)
    managed(member)
    if not about.strip():
        raise Refused("about_needed", "say what you have built, with licences and references")
    provider, created = Provider.objects.get_or_create(
        member=member, defaults={"about": about, "asked_at": datetime.now(UTC)}
    )
    if not created:
        change_state(provider, Provider.TRANSITIONS, Provider.State.ASKED, about=about, asked_at=datetime.now(UTC))
    log_action("provider.ask", actor=member.user, target=member.code, community=member.community)
    return provider


@transaction.atomic
def verify_provider(provider: Provider, *, verified: bool, actor: User | None, reason: str) -> None:
    """Staff has decided; a verified provider is admitted by the factory on the chain. Raises Refused."""
    member = provider.member
    if verified:
        intent = queue_call(
            member.community,
            f"provider:{member.wallet.address}",
            generator_factory.set_provider(member.wallet.address, True),
        )
        change_state(provider, Provider.TRANSITIONS, Provider.State.VERIFIED, decided_by=actor, intent=intent)
    else:
        change_state(provider, Provider.TRANSITIONS, Provider.State.REJECTED, decided_by=actor)
    said = "You are verified: you may bid on requests" if verified else f"You are not verified as a provider: {reason}"
    tell(member, f"provider:{member.pk}:{provider.asked_at.timestamp():.0f}", said)
    log_action(
        "provider.verify", actor=actor, target=member.code, reason=reason, community=member.community, to=verified
    )


@transaction.atomic
def ask_for_generator(
    member: Member,
    *,
    title: str,
    place: str,
    power_w: int,
    people: int,
    reason: str,
    measure: str = "kWh",
    parts: int = 1000,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    now: datetime | None = None,
) -> GeneratorRequest:
    """Ask for a generator: providers may bid for a week. Raises Refused."""
    require_kyc(member)
    managed(member)
    if power_w <= 0 or people <= 0:
        raise Refused("nothing_asked_for", "say how many watts are needed, and how many people will use it")
    if not title.strip() or not place.strip() or not reason.strip():
        raise Refused("words_needed", "a title, a place and a reason are needed: financiers decide by them")
    if not 1 <= len(measure.encode()) <= 32 or parts < 1:
        raise Refused("bad_measure", "the unit of measure has a name of up to 32 letters and at least one part")
    now = now or datetime.now(UTC)
    bids_until = now + _days(member, parameters.BID_DAYS)
    request = GeneratorRequest.objects.create(
        community=member.community,
        requester=member,
        title=title,
        place=place,
        latitude=latitude,
        longitude=longitude,
        power_w=power_w,
        people=people,
        reason=reason,
        measure=measure,
        parts=parts,
        opened_at=now,
        bids_until=bids_until,
        decide_until=bids_until + _days(member, parameters.DECIDE_DAYS),
    )
    verified = Provider.objects.filter(state=Provider.State.VERIFIED, suspended_at=None).exclude(member=member)
    verified = verified.select_related("member")
    tell_all((provider.member for provider in verified), f"request:{request.pk}", f"A new request to bid on: {request}")
    log_action("generator_request.open", actor=member.user, target=request.pk, community=member.community)
    return request


@transaction.atomic
def withdraw_request(request: GeneratorRequest, member: Member) -> None:
    """The requester does not want it any more. Raises Refused."""
    _require_requester(request, member)
    change_state(request, GeneratorRequest.TRANSITIONS, GeneratorRequest.State.WITHDRAWN)
    _close_bids(request, f"The request was withdrawn: {request}")
    log_action("generator_request.withdraw", actor=member.user, target=request.pk, community=request.community)


@transaction.atomic
def place_bid(
    request: GeneratorRequest,
    member: Member,
    *,
    unit_type: str,
    power_w: int,
    cost: int,
    installation_days: int,
    warranty_months: int,
    year_quantity: int,
    cover: str = "",
    now: datetime | None = None,
) -> ProviderBid:
    """A verified provider's bid. Raises Refused, also for a late one."""
    now = now or datetime.now(UTC)
    provider = Provider.objects.filter(member=member, state=Provider.State.VERIFIED).first()
    if provider is None:
        raise Refused("not_verified", "only verified providers may bid: ask the co-op to verify you")
    require_not_suspended(provider)
    if member.pk == request.requester_id:
        raise Refused("own_request", "you cannot bid on your own request")
    require_no_default(member)
    # Locked, so that the bid comes before an acceptance or after it.
    current = GeneratorRequest.objects.select_for_update().get(pk=request.pk)
    if current.state != GeneratorRequest.State.OPEN or now >= current.bids_until:
        raise Refused("bids_closed", f"bids closed on {current.bids_until:%Y-%m-%d %H:%M} UTC: this one is too late")
    if not 0 < cost <= MOST_STROOPS or power_w <= 0 or year_quantity <= 0 or not unit_type.strip():
        raise Refused("bad_bid", "a bid names what is built, its power, its cost and what it should yield in a year")
    try:
        with transaction.atomic():
            bid = ProviderBid.objects.create(
                request=current,
                provider=provider,
                unit_type=unit_type,
                power_w=power_w,
                cost=cost,
                installation_days=installation_days,
                warranty_months=warranty_months,
                cover=cover,
                year_quantity=year_quantity,
                made_at=now,
            )
    except IntegrityError:
        raise Refused("bid_already", "you have a bid on this request: withdraw it to make another one") from None
    tell(current.requester, f"bid:{bid.pk}", f"A bid on {current.title}: {bid}")
    log_action("bid.place", actor=member.user, target=bid.pk, community=current.community, cost=cost)
    return bid


@transaction.atomic
def withdraw_bid(bid: ProviderBid, member: Member) -> None:
    """The provider takes it back before it is accepted. Raises Refused."""
    if bid.provider_id != member.pk:
        raise Refused("not_your_bid", "only the provider who made a bid can withdraw it")
    change_state(bid, ProviderBid.TRANSITIONS, ProviderBid.State.WITHDRAWN)
    log_action("bid.withdraw", actor=member.user, target=bid.pk, community=bid.request.community)


@transaction.atomic
def accept_bid(
    bid: ProviderBid, member: Member, *, min_price: int, max_price: int, now: datetime | None = None
) -> Offering:
    """The requester chooses; the other bids are closed, and staff reviews the offering. Raises Refused.

    ``min_price`` and ``max_price`` bound what owners may charge for a measure.
    """
    now = now or datetime.now(UTC)
    request = bid.request
    _require_requester(request, member)
    if not 0 <= min_price <= max_price <= MOST_STROOPS // UNITS:
        raise Refused("bad_price_bounds", "the lowest price is at most the highest, and neither is below zero")
    require_no_default(bid.provider.member)
    require_not_suspended_partner(bid.provider)
    # First the request: of two acceptances only one gets beyond this line.
    change_state(request, GeneratorRequest.TRANSITIONS, GeneratorRequest.State.ACCEPTED)
    change_state(bid, ProviderBid.TRANSITIONS, ProviderBid.State.ACCEPTED)
    tell(bid.provider.member, f"bid:{bid.pk}:accepted", f"Your bid is accepted: {request}")
    _close_bids(request, f"Another bid was chosen: {request}")
    offering = Offering.objects.create(
        community=request.community,
        request=request,
        bid=bid,
        # A unit costs a whole number of stroops.
        goal=-(-bid.cost // UNITS) * UNITS,
        min_units=value_at(request.community, parameters.SMALLEST_STAKE, now),
        min_price=min_price,
        max_price=max_price,
        maintenance_bps=value_at(request.community, parameters.MAINTENANCE, now),
        slot_seconds=value_at(request.community, parameters.PRICE_SLOT_SECONDS, now),
        risks=RISKS,
        offered_at=now,
    )
    log_action("bid.accept", actor=member.user, target=bid.pk, community=request.community, goal=offering.goal)
    return offering


@dataclass(frozen=True)
class Reputation:
    """What a provider was chosen for, and what of it runs or has run."""

    accepted: int
    delivered: int
    in_time: int
    in_default: int = 0

    def __str__(self) -> str:
        if not self.accepted:
            return "no project yet"
        said = f"{self.delivered} of {self.accepted} delivered, {self.in_time} in time"
        return f"{said}, {self.in_default} in default" if self.in_default else said


def reputation(provider: Provider) -> Reputation:
    """Delivered is what the requester has started; in time, within the days that were bid, from the day it was funded."""
    built = Generator.objects.filter(provider=provider.member, funded_at__isnull=False).select_related("offering__bid")
    delivered = [made for made in built if made.active_since]
    in_time = [
        made
        for made in delivered
        if made.active_since <= made.funded_at + timedelta(days=made.offering.bid.installation_days)
    ]
    late = Milestone.objects.filter(generator__in=built, pace=Milestone.Pace.DEFAULT)
    return Reputation(len(built), len(delivered), len(in_time), late.values("generator").distinct().count())


def end_bidding(now: datetime) -> int:
    """Requests whose week is over are the requester's to decide, or expire without a bid; undecided ones expire."""
    State = GeneratorRequest.State
    over = GeneratorRequest.objects.filter(state=State.OPEN, bids_until__lte=now)
    undecided = GeneratorRequest.objects.filter(state=State.DECIDING, decide_until__lte=now)
    return each([*over, *undecided], _end_bidding)


def _end_bidding(row: GeneratorRequest) -> None:
    State = GeneratorRequest.State
    request = GeneratorRequest.objects.select_for_update().select_related("requester").get(pk=row.pk)
    open_bids = request.bids.filter(state=ProviderBid.State.OPEN).count()
    if request.state == State.OPEN and open_bids:
        change_state(request, GeneratorRequest.TRANSITIONS, State.DECIDING)
        said = f"Bids on {request.title} are closed: choose one of {open_bids} by {request.decide_until:%Y-%m-%d}"
        tell(request.requester, f"request:{request.pk}:deciding", said)
    elif request.state in (State.OPEN, State.DECIDING):
        change_state(request, GeneratorRequest.TRANSITIONS, State.EXPIRED)
        _close_bids(request, f"The request has expired: {request}")
        tell(request.requester, f"request:{request.pk}:expired", f"Your request has expired: {request}")


def _close_bids(request: GeneratorRequest, said: str) -> None:
    closed = request.bids.filter(state=ProviderBid.State.OPEN).select_related("provider__member")
    for bid in closed:
        change_state(bid, ProviderBid.TRANSITIONS, ProviderBid.State.CLOSED)
        tell(bid.provider.member, f"bid:{bid.pk}:closed", said)


def _require_requester(request: GeneratorRequest, member: Member) -> None:
    if request.requester_id != member.pk:
        raise Refused("not_your_request", "only who asked for the generator decides about it")


def _days(member: Member, parameter: Parameter) -> timedelta:
    return timedelta(days=value_at(member.community, parameter, datetime.now(UTC)))
