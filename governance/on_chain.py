"""What governance does when the chain speaks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stelltron.core.states import change_state
from stelltron.ledger import follower, intents
from stelltron.ledger.models import ChainEvent, ChainIntent

from . import mirror
from .grid import mirror as grid
from .models import Ballot, Proposal
from .telling import tell

State = Proposal.State


def listen() -> None:
    follower.taken.connect(on_event, dispatch_uid="governance event")
    intents.failed.connect(on_failed, dispatch_uid="governance failed")


def on_event(sender: Any, event: ChainEvent, at: datetime, **_: Any) -> None:
    mirror.take(event, at)
    grid.take(event, at)


def on_failed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    """What the chain refused: a proposal is a draft again, a vote was not cast, a step is tried later."""
    problems = {intent.pk: intent.problem[:300] for intent in intents if intent.kind == ChainIntent.Kind.CALL}
    if not problems:
        return
    for proposal in Proposal.objects.filter(intent__in=problems).select_related("author", "community"):
        why = problems[proposal.intent_id]
        if proposal.state == State.SENT:
            change_state(proposal, Proposal.TRANSITIONS, State.DRAFT, problem=why)
            tell(proposal.author, proposal, f"refused:{proposal.intent_id}", f"“{proposal}” was refused: {why}"[:300])
        else:
            Proposal.objects.filter(pk=proposal.pk).update(problem=why)
    for ballot in Ballot.objects.filter(intent__in=problems, state=Ballot.State.SENT).select_related("proposal"):
        why = problems[ballot.intent_id]
        change_state(ballot, Ballot.TRANSITIONS, Ballot.State.REFUSED, problem=why)
        tell(ballot.member, ballot.proposal, f"vote:{ballot.pk}", f"Your vote was not counted: {why}"[:300])
