"""What the pages about generators show."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q, QuerySet, Sum
from requests import RequestException
from stellar_sdk.exceptions import BaseRequestError

from financing.building import objections, silence
from financing.calls import wallet_balance
from financing.metering import codes
from financing.models import (
    UNITS,
    Announcement,
    AutoPayout,
    BuyOut,
    ExitAuction,
    Generator,
    GeneratorRequest,
    Offering,
    Photograph,
    PrepaidMeter,
    Provider,
    ProviderBid,
    Stake,
    Upkeep,
)
from financing.offering import requests, second_thoughts
from financing.owning import futures, twin
from financing.using import free, running, upkeep
from stelltron.core.errors import Refused
from stelltron.ledger.gateway import ChainRefused
from stelltron.members.models import Member

SHOWN = 50
STAKES_A_PAGE = 24
State = Generator.State


def board() -> dict[str, Any]:
    made = Generator.objects.select_related("offering__request", "offering__bid", "community")
    return {
        "funding": list(made.filter(state=State.FUNDING).order_by("deadline")[:SHOWN]),
        "others": list(made.exclude(state__in=(State.FUNDING, State.CREATING)).order_by("-id")[:SHOWN]),
    }


def requests_for(member: Member) -> dict[str, Any]:
    rows = GeneratorRequest.objects.select_related("requester", "community").order_by("-id")
    return {
        "own": list(rows.filter(requester=member)[:SHOWN]),
        "open": list(rows.filter(state=GeneratorRequest.State.OPEN).exclude(requester=member)[:SHOWN]),
        "provider": Provider.objects.filter(member=member).first(),
    }


def bids_of(request: GeneratorRequest, member: Member) -> list[Any]:
    """All for the requester, who compares; a provider sees the own one."""
    bids = request.bids.select_related("provider__member").order_by("cost", "id")
    if request.requester_id != member.pk:
        bids = bids.filter(provider=member.pk)
    shown = list(bids)
    for bid in shown:
        bid.reputation = requests.reputation(bid.provider)
    return shown


def offering_of(request: GeneratorRequest) -> Offering | None:
    return Offering.objects.filter(request=request).select_related("generator").first()


def visible(member: Member) -> QuerySet[Generator]:
    """Offered once, a generator is for the members of every community to fund, own and use; before, for its own."""
    rows = Generator.objects.select_related(
        "offering__request", "offering__bid", "requester__wallet", "provider", "community"
    )
    return rows.filter(~Q(state=State.CREATING) | Q(community=member.community_id) | Q(provider=member.pk))


def visible_requests(member: Member) -> QuerySet[GeneratorRequest]:
    """While it takes bids, for every community's providers; then for its own community and for who has bid."""
    rows = GeneratorRequest.objects.select_related("requester", "community")
    bidders = ProviderBid.objects.filter(provider=member.pk).values("request")
    return rows.filter(Q(state=GeneratorRequest.State.OPEN) | Q(community=member.community_id) | Q(pk__in=bidders))


def detail(made: Generator, member: Member) -> dict[str, Any]:
    stake = running.stake_of(made, member)
    exit_auction = made.exits.filter(state=ExitAuction.State.OPEN).first()
    return {
        "generator": made,
        "stake": stake,
        "claimable": stake.claimable(made.index) if stake else 0,
        "next_price": running.next_price(made),
        "price_now": _price_now(made),
        "in_use": made.state in (State.ACTIVE, State.RETIRED),
        "metered": made.dispensed + made.free,
        "left": UNITS - made.reserved,
        "milestones": list(
            made.milestones.prefetch_related(Prefetch("photographs", Photograph.objects.defer("content")))
        ),
        "place_photographs": made.offering.request.photographs.defer("content"),
        "for_sale": list(
            made.stakes.filter(listed__gt=0).exclude(address=member.wallet.address).select_related("member")
        ),
        "exit": exit_auction,
        "buyout": made.buyouts.filter(state=BuyOut.State.OPEN).select_related("bidder").first(),
        "may_buy_out": member.kind == Member.Kind.COMMUNITY and member.community_id == made.community_id,
        "exit_order": exit_auction and exit_auction.orders.filter(member=member).first(),
        "tickets": list(made.tickets.filter(member=member)[:10]),
        "is_user": upkeep.is_user(made, member),
        "to_agree": to_agree(made, member),
        "announced": _announced(made),
        "futures": futures.involved(made, member),
        "to_take_back": second_thoughts.to_take_back(made, member),
        "free_left": _free_left(made, member),
        "codes": list(_codes(made, member)),
        "overtaken": list(codes.overtaken(made).filter(payment__member=member)[:SHOWN]),
        "is_requester": made.requester_id == member.pk,
        "is_provider": made.provider_id == member.pk,
        "refundable": made.state == State.FAILED and stake and stake.units,
    }


def to_agree(made: Generator, member: Member) -> list[Upkeep]:
    """What the requester is asked to agree to."""
    if member.pk != made.requester_id:
        return []
    asked = made.upkeeps.filter(state=Upkeep.State.PROPOSED).select_related("generator__offering__request", "payee")
    return list(asked)


def _announced(made: Generator) -> tuple[Announcement, str, bool] | None:
    """What will be done without the requester, in plain words, and whether they may still object."""
    rows = made.announcements.filter(state__in=Announcement.ANNOUNCED, until__isnull=False)
    row = rows.select_related("milestone__generator__offering").first()
    if row is None:
        return None
    return row, silence.describe(row), not objections.is_over(made, row.milestone)


def _price_now(made: Generator) -> int | None:
    """None where it does not run, or while the chain does not answer."""
    if made.state != State.ACTIVE:
        return None
    try:
        return running.price_now(made)
    except (Refused, ChainRefused, RequestException, BaseRequestError, ConnectionError):
        return None


def _free_left(made: Generator, member: Member) -> int:
    """What the member may take for nothing while there is no price, by code."""
    has_meter = PrepaidMeter.objects.filter(generator=made).exists()
    return free.left_today(made, member) if made.state == State.ACTIVE and has_meter else 0


def _codes(made: Generator, member: Member) -> QuerySet:
    paid = made.payments.filter(member=member, quantity__gt=0).prefetch_related("codes")
    return paid.order_by("-id")[:10]


def wallet_or_none(member: Member) -> int | None:
    """None while the chain does not answer: the page is there all the same."""
    try:
        return wallet_balance(member)
    except (Refused, ChainRefused, RequestException, BaseRequestError, ConnectionError):
        return None


def portfolio(member: Member, page: str | None = None) -> dict[str, Any]:
    """A page of stakes with their twins, and the sums of all in each currency; stakes that were sold stay if they earned."""
    stakes = Stake.objects.filter(Q(units__gt=0) | Q(claimed__gt=0) | Q(earned__gt=0), member=member)
    shown = Paginator(
        stakes.select_related(
            "generator__offering__bid", "generator__offering__request", "generator__community"
        ).order_by("-id"),
        STAKES_A_PAGE,
    ).get_page(page)
    for stake in shown:
        stake.twin = twin.twin_of(stake)
    # As Stake.claimable has it.
    claimable = F("earned") + (F("units") - F("lent")) * (F("generator__index") - F("index"))
    sums = (
        stakes.values(currency=F("generator__community__currency"))
        .annotate(
            cost=Sum(F("units") * (F("generator__offering__goal") / UNITS)),
            claimable=Sum(claimable),
            paid=Sum(F("claimed") + claimable),
        )
        .order_by("currency")
    )
    wanted = AutoPayout.objects.filter(member=member).values_list("least", flat=True).first()
    return {"wallet": wallet_or_none(member), "page": shown, "sums": list(sums), "least": wanted}
