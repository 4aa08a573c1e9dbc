"""WATT that a member burned past us, named for a withdrawal: as it was asked for, or otherwise.

Of a wallet of their own, or with a copy of the key that the co-op keeps for them.

Otherwise nothing is paid before two of the Treasury have looked: a case says what was burned, and they pay that.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import CENT, money
from stelltron.ledger import intents, outside, reserves, wallet_calls
from stelltron.ledger.models import ChainEvent, ChainIntent, Redemption
from stelltron.members.models import User

from . import payouts, policy
from .models import AnchorTransfer, Case, Payout
from .telling import tell

State = Payout.State


def on_redeemed(event: ChainEvent) -> None:
    """A burn that the chain shows; of ours, and of what is no withdrawal's, nothing follows. In a transaction."""
    payout = _named_by(event)
    if payout is None or _is_known(payout, event):
        return
    burned = int(event.data["value"]["amount"])
    if payout.redemption is None and payout.stroops == burned:
        _go_on(payout, event)
    else:
        _ask_the_treasury(payout, event, burned)


def _named_by(event: ChainEvent) -> Payout | None:
    mine = Payout.objects.select_for_update(of=("self",)).filter(
        member__wallet__address=event.data["topics"][0],
        kind=Payout.Kind.WITHDRAWAL,
    )
    named = event.data["value"]["bank_reference"]
    rows = mine.select_related("member__community", "member__wallet", "redemption__intent")
    return next((payout for payout in rows if reserves.digest_of(payout.reference).hex() == named), None)


def _is_known(payout: Payout, event: ChainEvent) -> bool:
    burned = payout.redemption
    if burned is None or burned.intent.state == ChainIntent.State.FAILED:
        # Given up with us, and on the chain after all.
        return False
    return burned.intent.transaction_id == event.transaction_hash


def _go_on(payout: Payout, event: ChainEvent) -> None:
    burned = _book(payout, event, payout.stroops, payout.reference)
    change_state(payout, Payout.TRANSITIONS, State.BURNING, redemption=burned, problem="", closed_at=None)
    intents.confirm(burned.intent.transaction, ledger=event.ledger)


def _ask_the_treasury(payout: Payout, event: ChainEvent, stroops: int) -> None:
    member = payout.member
    assert member is not None
    burned = _book(payout, event, stroops, _reference(payout))
    intents.confirm(burned.intent.transaction, ledger=event.ledger)
    instead = f"{money(payout.stroops)} were asked for" if stroops != payout.stroops else "that had failed before"
    said = f"{_exactly(stroops)} WATT were burned for {payout.reference}, and {instead}"
    if payout.state == State.ASKED:
        change_state(payout, Payout.TRANSITIONS, State.HELD, problem=f"{said}: the co-op looks into it")
    todo = f"{said}: pay out what was burned; the withdrawal itself can never be burned again"
    policy.open_cases([(Case.Kind.BURN, todo)], member, stroops, payout=payout)
    tell(
        member, f"payout:{payout.pk}:burn", f"{said}. The co-op looks into it, and pays what was burned, in whole cents"
    )


def _book(payout: Payout, event: ChainEvent, stroops: int, reference: str) -> Redemption:
    member = payout.member
    assert member is not None
    sent = outside.keep(event, member.wallet)
    call = replace(reserves.redeem_call(member, stroops, payout.reference), purpose=f"redeem:{reference}")
    intent = wallet_calls.note(member.community, member.wallet, call, sent)
    return reserves.took(member, stroops, reference, intent)


def pay(case: Case, *, actor: User, reason: str) -> Payout | None:
    """Cancel the withdrawal and owe what was burned instead; None for less than a bank pays. Raises Refused.

    By a second person (``settling``); call in a transaction.
    """
    asked = Payout.objects.select_for_update(of=("self",)).select_related("member", "account").get(pk=case.payout_id)
    if asked.state == State.BURNING:
        raise Refused("under_way", "the withdrawal itself is on its way to the chain: wait until that has ended")
    if policy.open_beside(case).exclude(pk=case.pk).exists():
        raise Refused("case_open", "another case about this withdrawal is open: close that one first")
    burned = Redemption.objects.get(reference=_reference(asked))
    if asked.state in (State.ASKED, State.HELD):
        instead = "that is paid instead" if burned.stroops >= CENT else "that is less than a bank pays"
        payouts.cancel(asked, f"{_exactly(burned.stroops)} WATT were burned for it: {instead}")
    policy.close(case, Case.State.CLEARED, actor=actor, reason=reason)
    paid = _owe(asked, burned)
    log_action(
        "bank.pay_burned",
        actor=actor,
        target=asked.reference,
        reason=reason,
        community=case.community,
        burned=burned.stroops,
        payout=paid.reference if paid else "",
    )
    return paid


def _owe(asked: Payout, burned: Redemption) -> Payout | None:
    cents = burned.stroops - burned.stroops % CENT
    if not cents:
        reserves.close(burned)
        return None
    paid = Payout.objects.create(
        kind=Payout.Kind.WITHDRAWAL,
        account=asked.account,
        member=asked.member,
        reference=payouts.new_reference(),
        stroops=cents,
        name=asked.name,
        iban=asked.iban,
        state=State.READY,
        redemption=burned,
        burned_at=burned.burned_at or datetime.now(UTC),
    )
    AnchorTransfer.objects.filter(payout=asked).update(payout=paid)
    tell(paid.member, f"payout:{paid.pk}:READY", f"The co-op pays you the {money(cents)} that your wallet burned")
    return paid


def _reference(payout: Payout) -> str:
    """Of the books; the chain has the withdrawal's own, which a wallet names once."""
    return f"{payout.reference}-BURNED"


def _exactly(stroops: int) -> str:
    """A wallet burns what no bank pays."""
    return money(stroops, 7 if stroops % CENT else 2)
