"""A member's way to the bank: where they pay to, what they may withdraw, what they have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stelltron.bank import mod97, payouts, policy
from stelltron.bank.models import BankAccount, BankLine, Payout
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger import contracts, reserves
from stelltron.ledger.models import WithdrawalRequest
from stelltron.members.models import Member

SHOWN = 40
EXPLAINED = {
    Payout.State.ASKED: "Sign it in your wallet: nothing has moved yet.",
    Payout.State.HELD: "The co-op looks into it; your WATT stay in your wallet meanwhile.",
    Payout.State.BURNING: "Your WATT are being burned on the chain.",
    Payout.State.READY: "Your WATT are burned. The co-op sends the money with its next payments.",
    Payout.State.FILED: "Two people of the co-op send it to the bank.",
    Payout.State.SENT: "The bank has the order.",
    Payout.State.PAID: "The money has left for your account.",
}


def to_pay_in(member: Member) -> dict[str, Any]:
    account = BankAccount.objects.filter(community=member.community).order_by("pk").first()
    code = reference_of(member)
    return {
        "account": account,
        "iban": mod97.in_groups(account.iban) if account else "",
        "code": code,
        "reference": mod97.in_groups(code),
    }


def page(member: Member) -> dict[str, Any]:
    return {
        **to_pay_in(member),
        "in_wallet": _in_wallet(member),
        "limits": {span: policy.limit(member, span) for span in ("day", "month")},
        "payouts": history(member),
        "payments": _payments(member),
        "leaving": WithdrawalRequest.objects.filter(member=member, stroops__gt=0).first(),
        "now": datetime.now(UTC),
    }


def history(member: Member) -> list[Payout]:
    mine = Payout.objects.filter(member=member, kind=Payout.Kind.WITHDRAWAL).select_related("redemption__intent")
    found = list(mine.order_by("-id")[:SHOWN])
    for payout in found:
        payout.member = member
        payout.own_call = own_call(payout)
        payout.explained = payout.problem or EXPLAINED.get(Payout.State(payout.state), "")
        payout.hash = payout.redemption.intent.transaction_id if payout.redemption else ""
    return found


def own_call(payout: Payout | None) -> dict[str, str]:
    """What the owner of a contract account has their wallet call, as no page can sign for it; empty where one can."""
    member = payout.member if payout else None
    if payout is None or payout.state != Payout.State.ASKED or member is None or not member.wallet.is_contract:
        return {}
    call = payouts.burn_call(payout).call
    return {
        "contract": contracts.address(call.contract),
        "function": call.function,
        "from": member.wallet.address,
        "amount": str(payout.stroops),
        "watt": money(payout.stroops),
        "bank_reference": reserves.digest_of(payout.reference).hex(),
    }


def _payments(member: Member) -> list[BankLine]:
    """What the bank's statements show of the member's, whatever became of it."""
    mine = BankLine.objects.filter(member=member, stroops__gt=0).exclude(state=BankLine.State.BOUNCED)
    return list(mine.order_by("-id")[:SHOWN])


def _in_wallet(member: Member) -> int | None:
    try:
        return payouts.wallet_watt(member)
    except Refused:
        return None
