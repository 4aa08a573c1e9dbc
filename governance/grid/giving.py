"""GRID for members by two people: one proposes it and says why, another one approves."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from governance.models import GridGift
from stelltron.core import units
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.ledger import contracts
from stelltron.ledger.clients import grid_token
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import reached
from stelltron.members.models import Member, User

State = GridGift.State


@transaction.atomic
def propose(member: Member, stroops: int, *, actor: User, reason: str) -> GridGift:
    """Write down what a member shall get. Nothing moves yet. Raises Refused."""
    _require_treasury(actor)
    _require_member(member)
    _require_left(stroops)
    gift = GridGift.objects.create(member=member, stroops=stroops, reason=reason, proposed_by=actor)
    _log("grid.propose", gift, actor, reason)
    return gift


@transaction.atomic
def approve(gift: GridGift, *, actor: User, reason: str) -> None:
    """The second person agrees: the transfer goes to the outbox. Raises Refused."""
    _require_treasury(actor)
    if actor.pk == gift.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this gift: somebody else has to approve it")
    _require_member(gift.member)
    if gift.state == State.PROPOSED:
        _require_left(gift.stroops)
    member = gift.member
    call = grid_token.transfer(settings.STELLAR.operator.public_key, member.wallet.address, gift.stroops)
    intent = queue_call(member.community, f"grid-gift:{gift.pk}", call)
    now = datetime.now(UTC)
    change_state(gift, GridGift.TRANSITIONS, State.APPROVED, approved_by=actor, decided_at=now, intent=intent)
    _log("grid.give", gift, actor, reason)


@transaction.atomic
def reject(gift: GridGift, *, actor: User, reason: str) -> None:
    """Put it aside; who proposed it may take it back the same way. Raises Refused."""
    _require_treasury(actor)
    change_state(gift, GridGift.TRANSITIONS, State.REJECTED, decided_at=datetime.now(UTC))
    _log("grid.reject", gift, actor, reason)


def _require_treasury(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm("governance.change_gridgift")):
        raise Refused("treasury_only", "giving GRID is for the Treasury role")


def _require_member(member: Member) -> None:
    if member.kyc != Member.Kyc.APPROVED or not member.is_active:
        raise Refused("kyc_needed", f"{member} needs an approved identity check before the co-op gives them GRID")


def _require_left(stroops: int) -> None:
    """The operator's holding has to reach for this one and for what is on its way."""
    if stroops <= 0:
        raise Refused("amount_not_positive", "the amount must be above zero")
    operator = settings.STELLAR.operator.public_key
    held = reached(lambda gateway: contracts.ask(gateway, grid_token.balance(operator)))
    open_states = (ChainIntent.State.PENDING, ChainIntent.State.SENT)
    on_its_way = GridGift.objects.filter(state=State.APPROVED, intent__state__in=open_states)
    left = held - sum(on_its_way.values_list("stroops", flat=True))
    if stroops > left:
        raise Refused("not_enough_grid", f"the co-op has {units.money(left, 7)} GRID left to give")


def _log(action: str, gift: GridGift, actor: User, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=gift.pk,
        reason=reason,
        community=gift.member.community,
        member=gift.member.code,
        stroops=gift.stroops,
    )
