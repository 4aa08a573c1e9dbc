"""What financing does when the chain speaks: mirrors generators, and goes on with what waited for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import contracts, follower, intents
from stelltron.ledger.models import ChainEvent, ChainIntent

from . import mirror
from .building import lateness, silence
from .cover import cover_claims
from .models import UNITS, ExitFill, Generator, Milestone, Payment, Pledge
from .offering import second_thoughts
from .offering.offerings import close_funding
from .owning import buyouts, exits, futures
from .telling import owners, tell, tell_all, tell_owners
from .using import agents, upkeep

State = Generator.State


def listen() -> None:
    follower.taken.connect(on_event, dispatch_uid="financing event")
    intents.failed.connect(on_failed, dispatch_uid="financing failed")
    intents.confirmed.connect(on_confirmed, dispatch_uid="financing confirmed")


def on_event(sender: Any, event: ChainEvent, at: datetime, **_: Any) -> None:
    if event.name == "generator_created" and event.contract == contracts.address("generator_factory"):
        made = Generator.objects.select_for_update().filter(address=event.data["value"]["generator"]).first()
        if made:
            mirror.begin(made)
            tell_all((made.requester, made.provider), f"generator:{made.pk}:FUNDING", f"{made} is open for funding")
        return
    made = mirror.take(event, at)
    if made is None:
        return
    silence.on_event(made, event)
    if event.name == "funded" and made.sold == UNITS:
        close_funding(made)
    elif event.name == "state_changed":
        if made.state == State.FUNDED:
            lateness.set_due(made, at)
        elif made.state == State.RETIRED:
            upkeep.end_all(made)
        _tell_state(made)
    elif event.name in ("bought", "transferred"):
        buyouts.note_units(made)


def on_confirmed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    calls = [intent.pk for intent in intents if intent.kind == ChainIntent.Kind.CALL]
    if not calls:
        return
    for pledge in Pledge.objects.filter(intent__in=calls):
        change_state(pledge, Pledge.TRANSITIONS, Pledge.State.FUNDED)
    for fill in ExitFill.objects.filter(intent__in=calls):
        change_state(fill, ExitFill.TRANSITIONS, ExitFill.State.DONE)
    upkeep.on_confirmed(calls)
    cover_claims.on_confirmed(calls)
    buyouts.on_confirmed(calls)


def on_failed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    """What the contract refused is undone in the books; the people hear why.

    Staff may have sent it once more: what was undone, or done in another way, is not undone again.
    """
    calls = {intent.pk: intent for intent in intents if intent.kind == ChainIntent.Kind.CALL}
    for pledge in Pledge.objects.filter(intent__in=calls, state=Pledge.State.SENT).select_related(
        "financier", "generator"
    ):
        change_state(pledge, Pledge.TRANSITIONS, Pledge.State.FAILED)
        Generator.objects.filter(pk=pledge.generator_id).update(reserved=F("reserved") - pledge.units)
        why = calls[pledge.intent_id].problem
        tell(
            pledge.financier, f"pledge:{pledge.pk}:failed", f"Your stake in {pledge.generator} was refused: {why}"[:300]
        )
    for payment in Payment.objects.filter(intent__in=calls, state=Payment.State.SENT).select_related(
        "member", "generator"
    ):
        change_state(payment, Payment.TRANSITIONS, Payment.State.FAILED)
        why = calls[payment.intent_id].problem
        tell(
            payment.member,
            f"payment:{payment.pk}:failed",
            f"Your payment to {payment.generator} was refused: {why}"[:300],
        )
    for milestone in Milestone.objects.filter(intent__in=calls, state=Milestone.State.APPROVED):
        change_state(milestone, Milestone.TRANSITIONS, Milestone.State.ACCEPTED, approved_by=None, proposed_by=None)
    silence.on_failed(calls)
    second_thoughts.on_failed(calls)
    exits.on_failed(calls)
    futures.on_failed(calls)
    upkeep.on_failed(calls)
    cover_claims.on_failed(calls)
    buyouts.on_failed(calls)
    agents.on_failed(calls)


def _tell_state(made: Generator) -> None:
    """The three sides hear of every step."""
    said = {
        State.FUNDED: "is funded and will be built",
        State.FAILED: "was not funded in time: take your stake back",
        State.PENDING: "is installed and waits for its first token",
        State.ACTIVE: "is running",
        State.RETIRED: "is retired",
    }[State(made.state)]
    key = f"generator:{made.pk}:{made.state}"
    if made.state == State.RETIRED:
        for stake in owners(made):
            due = money(stake.claimable(made.index), 7)
            tell(stake.member, key, f"{made} is retired. You may claim {due} WATT, at any time")
    else:
        tell_owners(made, key, f"{made} {said}")
    tell_all((made.requester, made.provider), key, f"{made} {said}")
