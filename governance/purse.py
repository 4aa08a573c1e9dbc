"""The common purse: WATT that the house's timelock holds. Members pay into it, and only a vote pays out of it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from stellar_sdk import scval, xdr

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger import contracts, wallet_calls
from stelltron.ledger.clients import watt_token
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall, reached
from stelltron.members.models import Member, Wallet

from .models import House, Proposal
from .models.kinds import Kind

OPEN = (ChainIntent.State.PENDING, ChainIntent.State.SENT)


def balance(house: House) -> int:
    """Stroops in the purse. Raises Refused where the chain does not answer."""
    return _held(_address(house))


def held(member: Member) -> int:
    """WATT in the member's wallet, which can be paid in (stroops). Raises Refused where the chain does not answer."""
    return _held(member.wallet.address)


@transaction.atomic
def pay_in(member: Member, stroops: int) -> ChainIntent:
    """A member's own WATT into the purse, for good, with their managed wallet. Raises Refused."""
    _lock(member)
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("member_signs", "you keep your own key: sign this in your wallet")
    asked = pay_in_call(member, stroops)
    number = payments_of(member).count()
    intent = queue_call(member.community, f"{asked.purpose}:{number}", asked.call, wallet=member.wallet)
    _log(member, stroops)
    return intent


def pay_in_call(member: Member, stroops: int) -> WalletCall:
    """The same for a wallet of the member's own. Raises Refused."""
    house = House.objects.filter(community=member.community_id).first()
    if house is None:
        raise Refused("no_house", "your co-op has no common purse: it has not founded its house yet")
    if payments_of(member).filter(state__in=OPEN).exists():
        raise Refused("under_way", "your last payment is on its way: wait until the chain has confirmed it")
    if stroops <= 0:
        raise Refused("amount_not_positive", "a payment is more than zero")
    if stroops > (has := held(member)):
        raise Refused("not_enough_watt", f"your wallet holds {money(has, 7)} WATT outside the market")
    call = watt_token.transfer(member.wallet.address, _address(house), stroops)
    return WalletCall(f"purse:{member.pk}", call)


@transaction.atomic
def take_pay_in(member: Member, stroops: int, signed: str) -> ChainIntent:
    """The member has signed it. Raises Refused."""
    _lock(member)
    intent = wallet_calls.take(member.community, member.wallet, pay_in_call(member, stroops), signed)
    _log(member, stroops)
    return intent


def payments_of(member: Member) -> QuerySet[ChainIntent]:
    """What the member has paid in here, the last first."""
    return ChainIntent.objects.filter(wallet=member.wallet, key__startswith=f"purse:{member.pk}:").order_by("-id")


def amount_of(payment: ChainIntent) -> int:
    """Stroops of one of them."""
    return scval.from_int128(xdr.SCVal.from_xdr(payment.payload["args"][-1]))


def paid_out(house: House) -> QuerySet[Proposal]:
    """The payments that the members have voted, the last first."""
    budgets = Proposal.objects.filter(community=house.community_id, kind=Kind.BUDGET)
    return budgets.filter(state=Proposal.State.EXECUTED).order_by("-executed_at")


def _address(house: House) -> str:
    return contracts.address(house.contract("timelock"))


def _held(address: str) -> int:
    return reached(lambda gateway: contracts.ask(gateway, watt_token.balance(address)))


def _lock(member: Member) -> None:
    """A second click waits for the first, and finds it under way."""
    Member.objects.select_for_update().get(pk=member.pk)


def _log(member: Member, stroops: int) -> None:
    log_action("purse.pay_in", actor=member.user, target=member.code, community=member.community, stroops=stroops)
