"""Another wallet for a member who keeps their own, by two of the Treasury, once nothing is under way with the old one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.ledger.clients import watt_token
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import Member, User, Wallet
from stelltron.members.services import require_free_address

from .models import WalletChange
from .policy import has_open_chargeback
from .telling import tell

State = WalletChange.State
# What goes by the member's wallet: ``member``. Answers are pairs of lists, of what is under way and of what it holds.
asked_what_is_tied = Signal()


@transaction.atomic
def propose(member: Member, address: str, *, actor: User, reason: str) -> WalletChange:
    """Raises Refused, also while the chain does not say what the old wallet holds."""
    require_treasury(actor)
    require_free_address(address)
    left = left_in(member)
    try:
        with transaction.atomic():
            change = WalletChange.objects.create(
                member=member,
                old_address=member.wallet.address,
                new_address=address,
                left=left,
                reason=reason,
                proposed_by=actor,
            )
    except IntegrityError:
        raise Refused("proposed", "another wallet is proposed for this member already: decide that first") from None
    _log("bank.wallet.propose", change, actor, reason)
    return change


@transaction.atomic
def approve(change: WalletChange, *, actor: User, reason: str) -> None:
    """The second person does it. Raises Refused."""
    require_treasury(actor)
    if actor.pk == change.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this wallet: somebody else has to change it")
    member = (
        Member.objects.select_for_update(of=("self",))
        .select_related("community", "wallet", "user")
        .get(pk=change.member_id)
    )
    require_free_address(change.new_address)
    if member.wallet.address != change.old_address:
        raise Refused("changed_meanwhile", "the member has another wallet by now: reject this, and look again")
    # Whoever has the old wallet may move what is in it, and hold up nothing by that.
    change_state(
        change,
        WalletChange.TRANSITIONS,
        State.DONE,
        left=left_in(member),
        decided_by=actor,
        decided_at=datetime.now(UTC),
    )
    given_up = [*member.wallet.given_up, change.old_address]
    Wallet.objects.filter(pk=member.wallet.pk).update(address=change.new_address, given_up=given_up)
    _close_the_old(change, member)
    tell(
        member,
        f"wallet:{change.pk}",
        f"Your wallet is {change.new_address[:4]}…{change.new_address[-4:]} from now on: sign in with it. "
        "If you did not ask for that, speak to the co-op at once",
    )
    _log("bank.wallet.change", change, actor, reason)


@transaction.atomic
def reject(change: WalletChange, *, actor: User, reason: str) -> None:
    """Put it aside; who proposed it may take it back the same way. Raises Refused."""
    require_treasury(actor)
    change_state(change, WalletChange.TRANSITIONS, State.REJECTED, decided_by=actor, decided_at=datetime.now(UTC))
    _log("bank.wallet.reject", change, actor, reason)


def left_in(member: Member) -> str:
    """What the wallet holds now, in words. Raises Refused while anything goes by it, or the chain does not answer."""
    if member.wallet.kind != Wallet.Kind.EXTERNAL:
        raise Refused("managed", "the co-op keeps the key of this wallet: only a member's own is changed here")
    if has_open_chargeback(member):
        raise Refused("stopped", f"a deposit of {member} was taken back: the wallet stays until that case is cleared")
    answers = [found for _, found in asked_what_is_tied.send(Member, member=member)]
    if under_way := [one for tied, _ in answers for one in tied]:
        raise Refused("under_way", f"first settle what goes by the old wallet: {'; '.join(under_way)}")
    return "; ".join(one for _, left in answers for one in left)[:300]


def _close_the_old(change: WalletChange, member: Member) -> None:
    """Who has it can neither sign in nor move WATT of ours."""
    if ChainIntent.objects.filter(key=f"allow:{change.old_address}").exists():
        queue_call(
            member.community,
            f"allow:{change.old_address}:given-up",
            watt_token.set_allowed(change.old_address, False),
            signer=ChainIntent.Signer.ISSUER,
        )
    if member.user and not member.user.has_usable_password():
        # Sessions hang on it: those that the old wallet has opened end.
        member.user.set_unusable_password()
        member.user.save(update_fields=["password"])


def _log(action: str, change: WalletChange, actor: User, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=change.member.code,
        reason=reason,
        community=change.member.community,
        old=change.old_address,
        new=change.new_address,
        left=change.left,
    )
