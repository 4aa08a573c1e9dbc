"""Money out of the marketplace contract into the wallet: asked for, and taken once the contract's waiting time is over."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger import holdings
from stelltron.ledger.clients import marketplace
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import Asset, ChainIntent, WithdrawalRequest
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, Wallet

KEY = "leave:"
ON_ITS_WAY = (ChainIntent.State.PENDING, ChainIntent.State.SENT)


@transaction.atomic
def leave(member: Member, stroops: int) -> ChainIntent:
    """Take WATT out of the market into a managed wallet. Raises Refused."""
    require_leave(member, stroops)
    number = ChainIntent.objects.filter(key__startswith=f"{KEY}{member.pk}:").count()
    call = marketplace.request_withdrawal(member.wallet.address, stroops, 0)
    return queue_call(member.community, f"{KEY}{member.pk}:{number}", call, wallet=member.wallet)


def leave_call(member: Member, stroops: int) -> WalletCall:
    """The same for the owner of a wallet of their own. Raises Refused."""
    require_leave(member, stroops)
    return WalletCall(f"ask:{member.pk}", marketplace.request_withdrawal(member.wallet.address, stroops, 0))


def take_call(member: Member) -> WalletCall:
    """What they sign once it is ready. Raises Refused."""
    request = WithdrawalRequest.objects.filter(member=member).first()
    if request is None or request.ready_at > datetime.now(UTC):
        raise Refused("not_ready", "nothing is ready to be taken out of the market")
    return WalletCall(f"take:{member.pk}", marketplace.withdraw(member.wallet.address))


def require_leave(member: Member, stroops: int) -> None:
    """Raises Refused. The contract keeps one request at a time, and a new one would replace it."""
    if stroops <= 0:
        raise Refused("amount_not_positive", "take out more than zero")
    free = holdings.balance(member, Asset.WATT).available
    if stroops > free:
        raise Refused("not_enough", f"{money(free)} WATT are free in the market: cancel orders to free more")
    if WithdrawalRequest.objects.filter(member=member).exists() or _is_asking(member):
        raise Refused("one_at_a_time", "something of yours is leaving the market already: wait until it has arrived")


def take_ready(now: datetime | None = None) -> int:
    """Send for what the members of managed wallets asked for here and is ready; returns how many."""
    ready = WithdrawalRequest.objects.filter(
        ready_at__lte=now or datetime.now(UTC), member__wallet__kind=Wallet.Kind.MANAGED
    ).select_related("member__community", "member__wallet")
    taken = 0
    for request in ready:
        member = request.member
        asked = ChainIntent.objects.filter(
            wallet=member.wallet, payload__function="request_withdrawal", state=ChainIntent.State.CONFIRMED
        )
        # What the market's own locks take out, they send for themselves.
        last = asked.order_by("-id").first()
        if last and last.key.startswith(KEY) and not ChainIntent.objects.filter(key=f"{last.key}:take").exists():
            call = marketplace.withdraw(member.wallet.address)
            queue_call(member.community, f"{last.key}:take", call, wallet=member.wallet, after=last)
            taken += 1
    return taken


def _is_asking(member: Member) -> bool:
    return ChainIntent.objects.filter(
        wallet=member.wallet, payload__function__in=("request_withdrawal", "withdraw"), state__in=ON_ITS_WAY
    ).exists()
