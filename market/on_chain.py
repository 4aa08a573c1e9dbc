"""What the market does when the chain confirms or refuses one of its intents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from stelltron.core import slots
from stelltron.core.states import change_state
from stelltron.ledger import follower, intents
from stelltron.ledger.models import ChainEvent, ChainIntent
from stelltron.members.models import Member

from .clearing.limits import within
from .live import announce_slot
from .models import Mandate, Order, SlotRun, Trade
from .resettlement.undo import undo
from .spot import orders
from .telling import tell_settled, tell_undone


def listen() -> None:
    intents.confirmed.connect(on_confirmed, dispatch_uid="market confirmed")
    intents.failed.connect(on_failed, dispatch_uid="market failed")
    follower.withdrawn.connect(on_withdrawn, dispatch_uid="market withdrawn")


def on_confirmed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    settled = [intent.pk for intent in intents if intent.kind == ChainIntent.Kind.SETTLE]
    if settled:
        # FAILED as well: staff may have sent a failed intent again.
        Trade.objects.filter(intent__in=settled).exclude(state=Trade.State.SETTLED).update(state=Trade.State.SETTLED)
        runs = SlotRun.objects.filter(intent__in=settled).exclude(state=SlotRun.State.SETTLED)
        announced = list(runs)
        runs.update(state=SlotRun.State.SETTLED, settled_at=datetime.now(UTC))
        tell_settled([intent for intent in intents if intent.kind == ChainIntent.Kind.SETTLE])
        for run in announced:
            run.state = SlotRun.State.SETTLED
            transaction.on_commit(lambda run=run: announce_slot(run))
    called = [intent.pk for intent in intents if intent.kind == ChainIntent.Kind.CALL]
    for mandate in Mandate.objects.filter(intent__in=called, state=Mandate.State.REQUESTED):
        _begin(mandate)
        _cancel_outside(mandate)


def _begin(mandate: Mandate) -> None:
    """The mandate counts from the slot the contract says, and the one it replaces until then."""
    said = ChainEvent.objects.filter(transaction_hash=mandate.intent.transaction_id, name="mandate_set").first()
    begins = slots.from_chain(said.data["value"]["mandate"]["valid_from"]) if said else mandate.valid_from
    for replaced in Mandate.objects.filter(member=mandate.member_id, state=Mandate.State.ACTIVE):
        until = min(replaced.valid_until, max(begins, replaced.valid_from))
        change_state(replaced, Mandate.TRANSITIONS, Mandate.State.ENDED, valid_until=until)
    change_state(mandate, Mandate.TRANSITIONS, Mandate.State.ACTIVE, valid_from=begins)


def _cancel_outside(mandate: Mandate) -> None:
    """Orders the new mandate does not allow come off the book."""
    for order in Order.objects.filter(member=mandate.member_id, state__in=Order.STANDING).select_related("member"):
        if not within(mandate, order.side, order.price):
            orders.cancel_order(order, order.member, because="your new mandate does not allow it")


def on_withdrawn(sender: Any, member: Member, **_: Any) -> None:
    """What an order held may just have left the contract: its orders come off the book."""
    for order in Order.objects.filter(member=member, state__in=Order.STANDING):
        orders.cancel_order(order, member, because="you withdrew from the market")


def on_failed(sender: Any, intents: list[ChainIntent], **_: Any) -> None:
    failed = [intent.pk for intent in intents]
    Trade.objects.filter(intent__in=failed, state=Trade.State.MATCHED).update(state=Trade.State.FAILED)
    for run in SlotRun.objects.filter(intent__in=failed, state=SlotRun.State.SETTLING):
        change_state(run, SlotRun.TRANSITIONS, SlotRun.State.FAILED)
        transaction.on_commit(lambda run=run: announce_slot(run))
    Mandate.objects.filter(intent__in=failed, state=Mandate.State.REQUESTED).update(state=Mandate.State.FAILED)
    for intent in intents:
        if intent.kind == ChainIntent.Kind.SETTLE and undo(intent):
            tell_undone(intent)
