"""How a membership ends: it is declared, its notice runs, and it is over once nothing is left."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.members.models import Member, User

from .holdings import shares_of
from .models import Departure, Refund, ShareProposal
from .parameters import NOTICE_DAYS

State, Kind = Departure.State, Departure.Kind
# Asks the rooms above what still ties ``member``; each receiver answers with a list of words.
asked_what_is_left = Signal()


@transaction.atomic
def declare(member: Member, kind: str, *, reason: str, actor: User | None = None, heirs: str = "") -> Departure:
    """A resignation's notice begins today; death and exclusion have none. Raises Refused."""
    if not member.is_active:
        raise Refused("not_a_member", f"{member.code} has left already")
    if heirs and kind != Kind.DEATH:
        raise Refused("no_heirs", "only who has died has heirs")
    day = member.community.today()
    days = value_at(member.community, NOTICE_DAYS, member.community.now()) if kind == Kind.RESIGNATION else 0
    try:
        with transaction.atomic():
            departure = Departure.objects.create(
                member=member,
                kind=kind,
                heirs=heirs,
                reason=reason,
                declared_on=day,
                notice_until=day + timedelta(days=days),
            )
    except IntegrityError:
        raise Refused("leaving_already", f"{member.code} is leaving already") from None
    _log("departure.declare", departure, actor, reason)
    return departure


@transaction.atomic
def withdraw(departure: Departure, *, reason: str, actor: User | None = None) -> None:
    """The member stays. Raises Refused once it is over."""
    change_state(departure, Departure.TRANSITIONS, State.WITHDRAWN)
    _log("departure.withdraw", departure, actor, reason)


@transaction.atomic
def end(departure: Departure, *, actor: User, reason: str) -> None:
    """The membership is over. Raises Refused while the notice runs, and with everything that is left."""
    member = Member.objects.select_for_update().select_related("community").get(pk=departure.member_id)
    day = member.community.today()
    if day < departure.notice_until:
        raise Refused("notice_runs", f"the notice runs until {departure.notice_until}: the membership ends then")
    if left := what_is_left(member):
        raise Refused("something_is_left", f"{member.code} still has: {'; '.join(left)}")
    change_state(departure, Departure.TRANSITIONS, State.ENDED, ended_on=day)
    Member.objects.filter(pk=member.pk).update(is_active=False)
    _log("departure.end", departure, actor, reason)


def what_is_left(member: Member) -> list[str]:
    """What has to be settled before the member can go, in words."""
    left = []
    if shares := shares_of(member):
        left.append(f"{shares:,} shares: pay them back or transfer them")
    pending = ShareProposal.objects.filter(state=ShareProposal.State.PROPOSED)
    if count := (pending.filter(giver=member) | pending.filter(taker=member)).count():
        left.append(f"changes of shares to book ({count})")
    if count := member.refund_parts.filter(refund__state=Refund.State.PROPOSED).count():
        left.append(f"refunds to be decided ({count})")
    for _, words in asked_what_is_left.send(Member, member=member):
        left += words
    return left


def _log(action: str, departure: Departure, actor: User | None, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=departure.member.code,
        reason=reason,
        community=departure.member.community,
        kind=departure.kind,
        notice_until=str(departure.notice_until),
    )
