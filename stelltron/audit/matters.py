"""What still ties a member to the cooperative: money, energy, stakes and matters that are open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import requests
from django.conf import settings
from django.db.models import Max, Q, QuerySet
from stellar_sdk import scval
from stellar_sdk.exceptions import BaseRequestError

from devices.models import Device
from financing.models import (
    Agent,
    BuyOut,
    Cover,
    CoverClaim,
    CoverOffer,
    ExitAuction,
    ExitOrder,
    Future,
    Generator,
    GeneratorRequest,
    Payment,
    Pledge,
    ProviderBid,
    Stake,
    Ticket,
)
from financing.using.agents import owed
from governance.models import GridPosition, Proposal
from governance.models.kinds import Kind as ProposalKind
from market.grid import discounts
from market.models import (
    BankedEnergy,
    Bill,
    Dispute,
    FriendContract,
    Mandate,
    Order,
    StatementLine,
    StoredOffer,
    Trade,
)
from stelltron.bank.models import Case, Payout
from stelltron.bank.wallet_changes import asked_what_is_tied
from stelltron.core.errors import Refused
from stelltron.core.units import kwh, money
from stelltron.ledger import contracts
from stelltron.ledger.clients import energy_token, grid_token, watt_token
from stelltron.ledger.gateway import ChainBusy, ChainRefused, Gateway
from stelltron.ledger.models import Asset, ChainIntent, EnergyLock, Holding, PaymentProposal, Seat, WithdrawalRequest
from stelltron.members.models import Member
from stelltron.register.departures import asked_what_is_left
from stelltron.register.refunds import payable

PAYOUTS_OVER = (Payout.State.PAID, Payout.State.BOUNCED, Payout.State.CANCELLED, Payout.State.FAILED)
TRADES_OPEN = (Trade.State.MATCHED, Trade.State.RESERVED, Trade.State.SETTLING)
FUTURES_OPEN = (Future.State.SENT, Future.State.OFFERED, Future.State.SOLD)
# Where one of these failed another is sent for the same by itself.
ASKED_ANEW = ("dispense", "join", "leave")
CLAIMS_OPEN = (CoverClaim.State.OPEN, CoverClaim.State.PROPOSED, CoverClaim.State.OWED)
REQUESTS_OPEN = (GeneratorRequest.State.OPEN, GeneratorRequest.State.DECIDING)
GENERATORS_OVER = (Generator.State.RETIRED, Generator.State.FAILED)


# What does not go by the member's wallet.
WITHOUT_WALLET = (
    "devices that are not blocked",
    "contracts with friends",
    "disputes",
    "agencies",
    "faults and questions",
)


def listen() -> None:
    """The register asks before a membership ends, the bank before a wallet is changed."""
    asked_what_is_left.connect(_answer, dispatch_uid="audit.matters")
    asked_what_is_tied.connect(_answer_of_the_wallet, dispatch_uid="audit.matters of the wallet")


def _answer(sender: object, member: Member, **kwargs: object) -> list[str]:
    return open_matters(member)


def _answer_of_the_wallet(sender: object, member: Member, **kwargs: object) -> tuple[list[str], list[str]]:
    return [*_balances(member), *_seat(member), *_matters(member, WITHOUT_WALLET)], list(_in_the_wallet(member, None))


def open_matters(member: Member, gateway: Gateway | None = None) -> list[str]:
    """Each thing that is left, in words; none when the member can go. Raises Refused while the chain does not answer."""
    return [
        *_balances(member),
        *_in_the_wallet(member, gateway),
        *_unbilled(member),
        *_discounts(member),
        *_cash(member),
        *_matters(member),
    ]


def _discounts(member: Member) -> Iterator[str]:
    """Whom nothing can be paid, for want of a passed identity check, it does not keep in."""
    for _, left in discounts.owed(payable(Member.objects.filter(pk=member.pk)), member.community.now()).values():
        yield f"{_amount(Asset.WATT, left)} of discounts on grid fees to be paid back"


def _balances(member: Member) -> Iterator[str]:
    for holding in Holding.objects.filter(member=member).order_by("asset"):
        if left := holding.available + holding.held:
            yield f"{_amount(holding.asset, left)} in the market"


def _in_the_wallet(member: Member, gateway: Gateway | None) -> Iterator[str]:
    """Tokens of ours on the member's own account, as far as the contracts are there."""
    gateway = gateway or Gateway(settings.STELLAR)
    wallet = getattr(member, "wallet", None)
    if wallet is None:
        return
    for name, client, said in (
        ("watt_token", watt_token, lambda left: _amount(Asset.WATT, left)),
        ("energy_token", energy_token, lambda left: _amount(Asset.KWH, left)),
        ("grid_token", grid_token, lambda left: f"{money(left, 7)} GRID"),
    ):
        if not contracts.is_deployed(name):
            continue
        try:
            left = contracts.ask(gateway, client.balance(wallet.address))
        except (ChainRefused, ChainBusy, requests.RequestException, BaseRequestError, ConnectionError) as problem:
            raise Refused(
                "chain_silent",
                f"the chain does not say what is left in the member's wallet ({problem}): try again later",
            ) from None
        if left:
            yield f"{said(left)} in their wallet: it has to be paid out, or sent to another wallet"


def _amount(asset: str, amount: int) -> str:
    return f"{money(amount)} WATT" if asset == Asset.WATT else f"{kwh(amount)} kWh"


def _unbilled(member: Member) -> Iterator[str]:
    last = StatementLine.objects.filter(member=member).aggregate(at=Max("id"))["at"]
    billed = Bill.objects.filter(member=member).exclude(state=Bill.State.PREVIEW).aggregate(at=Max("up_to"))["at"]
    if last and (billed or 0) < last:
        yield "statement lines that no final document holds yet"


def _seat(member: Member) -> Iterator[str]:
    """Settlements name members by it, also those that may yet be undone or proved."""
    if Seat.objects.filter(member=member).exists():
        yield "a place in the marketplace, which the contract gave to this wallet for good"


def _matters(member: Member, apart_from: Iterable[str] = ()) -> Iterator[str]:
    for name, rows in _open_rows(member):
        if name not in apart_from and (count := rows.count()):
            yield f"{name} ({count})"


def _open_rows(member: Member) -> Iterator[tuple[str, QuerySet]]:
    both = Q(buyer=member) | Q(seller=member)
    yield "devices that are not blocked", Device.objects.filter(owner=member).exclude(state=Device.State.BLOCKED)
    yield "withdrawal requests", WithdrawalRequest.objects.filter(member=member)
    yield "payments to their bank", Payout.objects.filter(member=member).exclude(state__in=PAYOUTS_OVER)
    yield (
        "payments that came back from their bank and were not issued again: issue their WATT again, or send them anew",
        Payout.objects.filter(member=member, state=Payout.State.BOUNCED).exclude(
            reissue__state__in=(PaymentProposal.State.PROPOSED, PaymentProposal.State.APPROVED)
        ),
    )
    yield "cases at the bank", Case.objects.filter(member=member, state=Case.State.OPEN)
    yield (
        "bank payments to approve",
        PaymentProposal.objects.filter(member=member, state=PaymentProposal.State.PROPOSED),
    )
    yield (
        "calls on their way to the chain",
        _calls(member),
    )
    yield "energy locks", EnergyLock.objects.filter(both, state__in=EnergyLock.OPEN)
    yield (
        "mandates",
        Mandate.objects.filter(member=member, state__in=(Mandate.State.REQUESTED, Mandate.State.ACTIVE)),
    )
    yield "orders", Order.objects.filter(member=member, state__in=Order.STANDING)
    yield "trades under way", Trade.objects.filter(both, state__in=TRADES_OPEN)
    yield "lots of held energy", BankedEnergy.objects.filter(member=member, wh__gt=0)
    yield "contracts with friends", FriendContract.objects.filter(both).exclude(state=FriendContract.State.ENDED)
    yield "offers of stored energy", StoredOffer.objects.filter(seller=member, state=StoredOffer.State.OPEN)
    yield "disputes", Dispute.objects.filter(member=member, state__in=Dispute.PENDING)
    yield (
        "GRID at stake, asked back or earned: ask it back, take it and claim it on the page GRID",
        GridPosition.objects.filter(Q(staked__gt=0) | Q(unstaking__gt=0) | Q(earned__gt=0), member=member),
    )
    yield (
        "proposals to the members",
        Proposal.objects.filter(
            Q(author=member, state__in=(Proposal.State.DRAFT, *Proposal.PENDING))
            | Q(kind=ProposalKind.BUDGET, change__to=str(member.pk), state__in=Proposal.PENDING)
        ),
    )
    yield from _open_financing(member)


def _calls(member: Member) -> QuerySet[ChainIntent]:
    """Theirs, and those of the co-op that name their address: of these, also what failed and may be sent again."""
    waiting = (ChainIntent.State.PENDING, ChainIntent.State.SENT)
    about = Q(wallet__member=member, state__in=waiting)
    if wallet := getattr(member, "wallet", None):
        named = scval.to_address(wallet.address).to_xdr()
        theirs = Q(wallet=None, payload__contains={"args": [named]})
        failed = Q(state=ChainIntent.State.FAILED) & ~Q(payload__function__in=ASKED_ANEW)
        about |= theirs & (Q(state__in=waiting) | failed)
    return ChainIntent.objects.exclude(state=ChainIntent.State.CONFIRMED).filter(about)


def _open_financing(member: Member) -> Iterator[tuple[str, QuerySet]]:
    own, insured = Q(holder=member), Q(offer__insurer__member=member)
    yield "stakes in generators", Stake.objects.filter(member=member, units__gt=0)
    yield "stakes with income to collect", Stake.objects.filter(member=member, units=0, earned__gt=0)
    yield "pledges on their way", Pledge.objects.filter(financier=member, state__in=("SENT", "BACK"))
    yield (
        "generators that they asked for or built",
        Generator.objects.filter(Q(requester=member) | Q(provider=member)).exclude(state__in=GENERATORS_OVER),
    )
    yield "requests for a generator", GeneratorRequest.objects.filter(requester=member, state__in=REQUESTS_OPEN)
    yield "bids", ProviderBid.objects.filter(provider__member=member, state=ProviderBid.State.OPEN)
    yield "payments for energy on their way", Payment.objects.filter(member=member, state=Payment.State.SENT)
    yield "agencies", Agent.objects.filter(Q(member=member) | Q(principal=member), is_active=True)
    yield "exit orders", ExitOrder.objects.filter(member=member, auction__state=ExitAuction.State.OPEN)
    yield (
        "futures",
        Future.objects.filter(Q(seller__member=member) | Q(buyer__member=member), state__in=FUTURES_OPEN),
    )
    yield "buy-outs", BuyOut.objects.filter(bidder=member, state=BuyOut.State.OPEN)
    yield "covers", Cover.objects.filter(own | insured, state__in=(Cover.State.SENT, Cover.State.ACTIVE))
    yield "cover offers", CoverOffer.objects.filter(insurer__member=member, is_open=True)
    yield (
        "claims on covers",
        CoverClaim.objects.filter(
            Q(cover__holder=member) | Q(cover__offer__insurer__member=member), state__in=CLAIMS_OPEN
        ),
    )
    yield "faults and questions", Ticket.objects.filter(member=member, state=Ticket.State.OPEN)


def _cash(member: Member) -> Iterator[str]:
    """Cash between agents and principals, also of agencies that are over."""
    for agent in Agent.objects.filter(Q(member=member) | Q(principal=member)).select_related("member"):
        if cash := owed(agent):
            yield f"{money(cash)} in cash held by the agent {agent.member.code}"
