"""The requester's no to what the co-op has announced, given in so many words or by going on with the generator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.ledger import wallet_calls
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, Wallet

from ..calls import asked_again, call, managed
from ..models import Announcement, Generator, Milestone

State = Announcement.State
# As the contract counts it: how long after its funding's deadline a generator may take until it runs.
BUILDING = timedelta(days=365)
ACCEPTED = "it runs: with the first token you have accepted what was built"
TOO_LONG = "it does not run a year after its funding: only the first token keeps it"


def is_over(made: Generator, milestone: Milestone | None, now: datetime | None = None) -> bool:
    """Whether the requester objects to it no more: to paying for what runs, or to ending what should have run for long."""
    runs = made.state == Generator.State.ACTIVE
    if milestone:
        return runs
    return not runs and (now or datetime.now(UTC)) >= made.deadline + BUILDING


@transaction.atomic
def object_to(made: Generator, member: Member) -> None:
    """The requester's no, which the contract obeys. Raises Refused."""
    managed(member)
    announced = _open_to_objection(made, member)
    asked = _objection(announced)
    intent = queue_call(made.community, asked.purpose, asked.call, wallet=member.wallet)
    _on_its_way(announced, member, asked_again(intent))


@transaction.atomic
def object_call(made: Generator, member: Member) -> WalletCall:
    """The same for a requester to sign in a wallet of their own. Raises Refused."""
    return _objection(_open_to_objection(made, member))


@transaction.atomic
def take_objection(made: Generator, member: Member, signed: str) -> None:
    """The requester has signed it. Raises Refused."""
    announced = _open_to_objection(made, member)
    intent = wallet_calls.take(made.community, member.wallet, _objection(announced), signed)
    _on_its_way(announced, member, intent)


def _objection(announced: Announcement) -> WalletCall:
    made = announced.generator
    return WalletCall(f"{made.contract_name}:object:{announced.pk}", call(made, generator.raise_objection()))


def _on_its_way(announced: Announcement, member: Member, intent: ChainIntent) -> None:
    Announcement.objects.filter(pk=announced.pk).update(objection=intent)
    community = announced.generator.community
    log_action("announcement.object", actor=member.user, target=announced.pk, community=community)


def _open_to_objection(made: Generator, member: Member) -> Announcement:
    if member.pk != made.requester_id:
        raise Refused("not_requester", "only who asked for the generator objects to what is announced")
    rows = made.announcements.select_for_update(of=("self",)).filter(until__isnull=False)
    announced = rows.filter(state__in=(State.WAITING, State.FAILED)).first()
    if announced is None:
        raise Refused("nothing_announced", "nothing is announced here, or it is being carried out already")
    if is_over(made, announced.milestone):
        raise Refused("objection_over", ACCEPTED if announced.milestone else TOO_LONG)
    return announced


def answered_no(milestone: Milestone) -> None:
    """The requester sends the work back: what was announced of it is objected to. Raises Refused when that is too late."""
    for announced in _unsettled(milestone.generator).filter(milestone=milestone):
        _answered(announced)


def answered(made: Generator) -> None:
    """The requester goes on with it: its end is not announced any more. Raises Refused when that is too late."""
    for announced in _unsettled(made).filter(milestone=None):
        _answered(announced)


def _unsettled(made: Generator) -> QuerySet[Announcement]:
    states = (*Announcement.OPEN, State.FAILED)
    rows = made.announcements.select_for_update(of=("self",)).filter(state__in=states)
    return rows.select_related("act", "generator__community", "generator__requester__wallet")


def _answered(announced: Announcement) -> None:
    made = announced.generator
    if announced.state == State.ACTING:
        raise Refused("too_late", "what was announced is on its way to the chain: the time to object is over")
    if announced.act and announced.act.state == ChainIntent.State.FAILED:
        # Nobody sends it again after this answer.
        change_state(announced.act, ChainIntent.TRANSITIONS, ChainIntent.State.REPLACED)
    if announced.until is None:
        change_state(announced, Announcement.TRANSITIONS, State.SETTLED, why="the requester has answered")
    elif announced.milestone is None and is_over(made, None):
        # The first token saves it: what runs is not ended by what was announced before.
        return
    elif made.requester.wallet.kind == Wallet.Kind.MANAGED:
        object_to(made, made.requester)
    elif announced.objection_id is None:
        raise Refused("object_first", "the co-op has announced what it will do: sign your objection to it first")
