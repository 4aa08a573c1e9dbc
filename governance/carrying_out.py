"""What happens to a proposal by itself: the vote ends, what was accepted waits in the timelock, and then is done."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from stellar_sdk import Address, scval

from stelltron.core.each import each
from stelltron.core.states import change_state
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor, timelock
from stelltron.ledger.deployment import upload
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent

from . import voting
from .models import House, Proposal
from .models.kinds import Kind
from .tally import Verdict, judge
from .telling import tell_voters

State = Proposal.State
# How long after the vote the governor lets a proposal be queued.
QUEUE_PERIOD = timedelta(days=14)
# A step that the chain refused is tried again, not at once.
AGAIN_AFTER = timedelta(minutes=10)


def operation_id(house: House, number: int) -> bytes:
    """What the timelock calls a proposal: SHA-256 of the governor's address (XDR) and the number."""
    here = scval.to_address(Address(contracts.address(house.contract("governor"))))
    return hashlib.sha256(here.to_xdr_bytes() + number.to_bytes(4)).digest()


def carry_on(now: datetime, gateway: Gateway | None = None) -> None:
    """Every proposal under way, each with a step of its own. ``now`` is the ledger's. Raises the first trouble."""
    chain = gateway or Gateway(settings.STELLAR)
    pending = Proposal.objects.filter(state__in=Proposal.PENDING).select_related("community__house", "author")

    def step(proposal: Proposal) -> None:
        _step(proposal, now, chain)

    each(pending.order_by("id"), step)


def _step(proposal: Proposal, now: datetime, gateway: Gateway) -> None:
    if proposal.state == State.OPEN:
        voting.cast_for_followers(proposal, now, gateway=gateway)
        if proposal.closes_at and now >= proposal.closes_at:
            _close(proposal, now, gateway)
    elif proposal.state == State.SUCCEEDED and proposal.kind != Kind.TEXT:
        _queue(proposal, now, gateway)
    elif proposal.state == State.QUEUED:
        _execute(proposal, now)


def _close(proposal: Proposal, now: datetime, gateway: Gateway) -> None:
    """The vote is over: the governor's count decides, once every vote it counted is mirrored here."""
    assert proposal.number
    name = proposal.community.house.contract("governor")
    counted = contracts.ask(gateway, governor.proposal(proposal.number).at(name)).proposal.tally
    proposal.refresh_from_db()
    if (counted.yes, counted.no, counted.abstain) != (proposal.yes, proposal.no, proposal.abstain):
        # The follower is behind; what stays different shows in the comparison with the chain.
        return
    if proposal.state != State.OPEN:
        return
    verdict = judge(
        eligible=proposal.eligible,
        yes=proposal.yes,
        no=proposal.no,
        abstain=proposal.abstain,
        quorum_bps=proposal.quorum_bps,
        majority_bps=proposal.majority_bps,
    )
    with transaction.atomic():
        if verdict is Verdict.CARRIED:
            change_state(proposal, Proposal.TRANSITIONS, State.SUCCEEDED, decided_at=now)
            tell_voters(proposal, "decided", f"“{proposal}” is accepted")
        else:
            change_state(proposal, Proposal.TRANSITIONS, State.DEFEATED, decided_at=now, problem=verdict.value)
            tell_voters(proposal, "decided", f"“{proposal}” is rejected: {verdict.value}")


def _queue(proposal: Proposal, now: datetime, gateway: Gateway) -> None:
    assert proposal.closes_at and proposal.number
    if now >= proposal.closes_at + QUEUE_PERIOD:
        _expire(proposal)
        return
    if "wasm_hash" in proposal.change:
        # The operator's account may be busy settling; anybody may upload code.
        upload(gateway, settings.STELLAR.guardian, proposal.change["contract"], proposal.change["wasm_hash"])
    name = proposal.community.house.contract("governor")
    _ask(proposal, "queue", governor.queue(proposal.number).at(name))


def _execute(proposal: Proposal, now: datetime) -> None:
    assert proposal.ready_at and proposal.expires_at
    if now >= proposal.expires_at:
        _expire(proposal)
    elif now >= proposal.ready_at:
        name = proposal.community.house.contract("timelock")
        _ask(proposal, "execute", timelock.execute(bytes.fromhex(proposal.operation)).at(name))


@transaction.atomic
def _expire(proposal: Proposal) -> None:
    change_state(proposal, Proposal.TRANSITIONS, State.EXPIRED)
    why = f": {proposal.problem}" if proposal.problem else ""
    tell_voters(proposal, "expired", f"“{proposal}” was accepted and could not be carried out in time{why}")


@transaction.atomic
def _ask(proposal: Proposal, step: str, call: Invocation[Any]) -> None:
    """One try at a time; a refusal is kept with the proposal and tried again later, for the world may change."""
    begun = f"{step}:{proposal.pk}:"
    last = ChainIntent.objects.filter(key__startswith=begun).order_by("-id").first()
    if last and last.state != ChainIntent.State.FAILED:
        return
    if last and last.created_at > datetime.now(UTC) - AGAIN_AFTER:
        return
    number = ChainIntent.objects.filter(key__startswith=begun).count()
    proposal.intent = queue_call(proposal.community, f"{begun}{number}", call)
    proposal.save(update_fields=["intent"])
