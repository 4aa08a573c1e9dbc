"""What the way to the bank does when the chain speaks, and when a second person has decided."""

from __future__ import annotations

from typing import Any

from stelltron.ledger import contracts, follower, intents, payments, reserves
from stelltron.ledger.models import ChainEvent, ChainIntent, PaymentProposal, Redemption
from stelltron.members.models import User
from stelltron.register import shares
from stelltron.register.models import ShareProposal

from . import by_hand, cases, chargebacks, matching, own_burns, payouts, policy, share_payments
from .models import BankLine


def listen() -> None:
    intents.confirmed.connect(on_confirmed, dispatch_uid="bank confirmed")
    follower.taken.connect(on_event, dispatch_uid="bank event")
    intents.failed.connect(on_failed, dispatch_uid="bank failed")
    payments.typed.connect(on_typed, dispatch_uid="bank typed")
    payments.approving.connect(on_approving, dispatch_uid="bank approving")
    payments.decided.connect(on_decided, dispatch_uid="bank decided")
    shares.decided.connect(on_shares_decided, dispatch_uid="bank shares decided")


def on_confirmed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    calls = [intent.pk for intent in intents if intent.kind == ChainIntent.Kind.CALL]
    if calls:
        reserves.on_confirmed(calls)
        payouts.on_confirmed(calls)


def on_failed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    calls = {intent.pk: intent for intent in intents if intent.kind == ChainIntent.Kind.CALL}
    payouts.on_failed(calls)
    for burned in Redemption.objects.filter(intent__in=calls, payout=None).select_related("member__community"):
        chargebacks.freeze(burned.member, f"{burned.reference}:failed")


def on_event(sender: Any, event: ChainEvent, **_: Any) -> None:
    if event.name == "redeemed" and contracts.is_named(event.contract, "watt_token"):
        own_burns.on_redeemed(event)


def on_typed(sender: Any, proposal: PaymentProposal, **_: Any) -> None:
    cases.doubt(proposal)


def on_approving(sender: Any, proposal: PaymentProposal, **_: Any) -> None:
    policy.require_not_stopped(proposal.member)
    policy.require_looked_at(proposal)
    by_hand.require_not_on_a_statement(proposal)
    line = BankLine.objects.filter(proposal=proposal).first()
    if line:
        chargebacks.require_not_taken_back(line)


def on_decided(sender: Any, proposal: PaymentProposal, actor: User, reason: str, **_: Any) -> None:
    if proposal.state == PaymentProposal.State.REJECTED:
        policy.uphold_open(proposal, actor=actor, reason=reason)
    matching.on_decided(proposal)


def on_shares_decided(sender: Any, proposal: ShareProposal, **_: Any) -> None:
    share_payments.on_decided(proposal)
