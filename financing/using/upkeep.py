"""Faults, the maintenance fund, another device, and the end of life."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from stellar_sdk import Keypair

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger.clients import generator
from stelltron.ledger.funding import admit
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, User
from stelltron.members.services import require_kyc

from ..building.silence import require_nothing_due, what_an_end_does
from ..calls import call, managed, require_treasury
from ..models import Generator, Ticket, Upkeep
from ..photographs import digest
from ..telling import tell, tell_all, tell_owners

Kind, State = Upkeep.Kind, Upkeep.State
KEPT_UP = (Generator.State.PENDING, Generator.State.ACTIVE)


@transaction.atomic
def open_ticket(made: Generator, member: Member, text: str, *, fault: bool, now: datetime | None = None) -> Ticket:
    """A user tells of a fault, or asks; provider, requester and staff hear of it. Raises Refused."""
    if not is_user(made, member):
        raise Refused("not_a_user", "only who pays for, owns, built or asked for this generator reports about it")
    if not text.strip():
        raise Refused("words_needed", "say what does not work, and since when")
    try:
        with transaction.atomic():
            ticket = Ticket.objects.create(
                generator=made, member=member, fault=fault, text=text.strip(), opened_at=now or datetime.now(UTC)
            )
    except IntegrityError:
        raise Refused("ticket_open", "you have an open ticket here: wait for the answer to it") from None
    others = [one for one in (made.requester, made.provider) if one.pk != member.pk]
    tell_all(others, f"ticket:{ticket.pk}", f"{ticket}: {ticket.text}")
    log_action("ticket.open", actor=member.user, target=ticket.pk, community=made.community, fault=fault)
    return ticket


def is_user(made: Generator, member: Member) -> bool:
    known = member.pk in (made.requester_id, made.provider_id)
    return known or made.payments.filter(member=member).exists() or made.stakes.filter(member=member).exists()


@transaction.atomic
def answer_ticket(ticket: Ticket, answer: str, *, actor: User, reason: str) -> None:
    """Staff answers; who opened it is told. Raises Refused."""
    now = datetime.now(UTC)
    change_state(
        ticket, Ticket.TRANSITIONS, Ticket.State.ANSWERED, answer=answer.strip(), answered_at=now, answered_by=actor
    )
    tell(ticket.member, f"ticket:{ticket.pk}:answered", f"{ticket}: {ticket.answer}")
    log_action("ticket.answer", actor=actor, target=ticket.pk, reason=reason, community=ticket.generator.community)


def propose_spending(made: Generator, payee: Member, amount: int, evidence: str, *, actor: User, reason: str) -> Upkeep:
    """Pay ``payee`` out of the maintenance fund, for what ``evidence`` shows. Raises Refused."""
    require_kyc(payee)
    made.refresh_from_db()
    if not 0 < amount <= made.maintenance:
        raise Refused(
            "maintenance_insufficient", f"the fund has {money(made.maintenance, 7)}: name an amount above zero up to it"
        )
    return _propose(made, Kind.SPEND, evidence, actor, reason, payee=payee, amount=amount)


def propose_device(made: Generator, device_key: bytes, evidence: str, *, actor: User, reason: str) -> Upkeep:
    """Another device stands there; what the old one signed and nobody has sent is lost. Raises Refused."""
    if made.state not in KEPT_UP:
        raise Refused("no_device", f"a generator that is {made.get_state_display()} has no device to replace")
    try:
        Keypair.from_raw_ed25519_public_key(device_key)
    except Exception:
        raise Refused("bad_device_key", "the device's key has 32 bytes: 64 hexadecimal digits") from None
    if device_key.hex() == made.device_key:
        raise Refused("same_device", "this device is bound already: name the key of the new one")
    return _propose(made, Kind.REPLACE, evidence, actor, reason, device_key=device_key.hex())


def propose_retirement(made: Generator, evidence: str, *, actor: User, reason: str) -> Upkeep:
    """End it: the rest of the escrow and of the maintenance fund becomes the owners' income. Raises Refused."""
    if made.state not in Generator.OWNED:
        raise Refused("not_to_retire", f"a generator that is {made.get_state_display()} cannot be retired")
    require_nothing_due(made)
    return _propose(made, Kind.RETIRE, evidence, actor, reason)


@transaction.atomic
def _propose(made: Generator, kind: str, evidence: str, actor: User, reason: str, **what: Any) -> Upkeep:
    require_treasury(actor, *(party for party in (what.get("payee"),) if party))
    managed(made.requester)
    evidence = evidence.strip()
    if not evidence:
        raise Refused("evidence_needed", "describe the evidence: invoice number, report of the technician, photographs")
    try:
        with transaction.atomic():
            upkeep = Upkeep.objects.create(
                generator=made,
                kind=kind,
                evidence=evidence,
                evidence_hash=digest(evidence),
                proposed_at=datetime.now(UTC),
                proposed_by=actor,
                **what,
            )
    except IntegrityError:
        raise Refused("upkeep_open", "one of this kind is open for this generator: finish that one first") from None
    tell(made.requester, f"upkeep:{upkeep.pk}", f"The co-op asks you to agree. {describe(upkeep)}")
    log_action("upkeep.propose", actor=actor, target=upkeep.pk, reason=reason, community=made.community, kind=kind)
    return upkeep


@transaction.atomic
def agree(upkeep: Upkeep, member: Member, *, agreed: bool, why: str = "") -> None:
    """The requester, whose signature the contract asks for, says yes or no. Raises Refused."""
    if member.pk != upkeep.generator.requester_id:
        raise Refused("not_requester", "only who asked for the generator agrees to this")
    if agreed:
        change_state(upkeep, Upkeep.TRANSITIONS, State.AGREED, agreed_at=datetime.now(UTC))
    else:
        change_state(upkeep, Upkeep.TRANSITIONS, State.REFUSED, why=why[:300])
    log_action("upkeep.agree", actor=member.user, target=upkeep.pk, community=upkeep.generator.community, agreed=agreed)


@transaction.atomic
def approve(upkeep: Upkeep, *, actor: User, reason: str) -> ChainIntent:
    """The second of two: signed for requester and co-op. Raises Refused."""
    require_treasury(actor, *(party for party in (upkeep.payee,) if party))
    if actor.pk == upkeep.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this: somebody else has to approve it")
    made = upkeep.generator
    if upkeep.kind == Kind.RETIRE:
        require_nothing_due(made)
    managed(made.requester)
    intent = queue_call(
        made.community,
        f"{made.contract_name}:upkeep:{upkeep.pk}",
        call(made, _invocation(upkeep)),
        wallet=made.requester.wallet,
        together_with=[settings.STELLAR.operator.public_key],
        after=admit(upkeep.payee) if upkeep.payee else None,
    )
    change_state(upkeep, Upkeep.TRANSITIONS, State.APPROVED, approved_by=actor, intent=intent)
    log_action("upkeep.approve", actor=actor, target=upkeep.pk, reason=reason, community=made.community)
    return intent


@transaction.atomic
def refuse(upkeep: Upkeep, *, actor: User, reason: str) -> None:
    """One of the Treasury does not agree, or takes it back. Raises Refused."""
    require_treasury(actor)
    change_state(upkeep, Upkeep.TRANSITIONS, State.REFUSED, why=reason)
    log_action("upkeep.refuse", actor=actor, target=upkeep.pk, reason=reason, community=upkeep.generator.community)


def _invocation(upkeep: Upkeep) -> Invocation[None]:
    if upkeep.kind == Kind.SPEND:
        evidence = bytes.fromhex(upkeep.evidence_hash)
        return generator.spend_maintenance(upkeep.payee.wallet.address, upkeep.amount, evidence)
    if upkeep.kind == Kind.REPLACE:
        return generator.replace_device(bytes.fromhex(upkeep.device_key))
    return generator.retire()


def describe(upkeep: Upkeep) -> str:
    """What happens with it, in plain words."""
    made = upkeep.generator
    if upkeep.kind == Kind.SPEND:
        return f"{money(upkeep.amount)} WATT from the maintenance fund of {made} to {upkeep.payee}: {upkeep.evidence}"
    if upkeep.kind == Kind.REPLACE:
        return f"The device {upkeep.device_key[:8]}… takes over at {made}: {upkeep.evidence}"
    return f"{what_an_end_does(made)} {upkeep.evidence}"


def on_confirmed(calls: list[int]) -> None:
    for upkeep in Upkeep.objects.filter(intent__in=calls).select_related("generator", "payee"):
        change_state(upkeep, Upkeep.TRANSITIONS, State.DONE)
        if upkeep.kind == Kind.SPEND:
            said = f"{money(upkeep.amount)} WATT were paid from the maintenance fund of {upkeep.generator}"
            tell_owners(upkeep.generator, f"upkeep:{upkeep.pk}:done", f"{said}: {upkeep.evidence}")
            tell(upkeep.payee, f"upkeep:{upkeep.pk}:paid", f"{said} to you")


def end_all(made: Generator) -> None:
    """It is retired: what was asked of a generator that goes on is not done any more."""
    for upkeep in made.upkeeps.filter(state__in=(State.PROPOSED, State.AGREED)):
        change_state(upkeep, Upkeep.TRANSITIONS, State.REFUSED, why="the generator is retired")


def on_failed(refused: dict[int, ChainIntent]) -> None:
    for upkeep in Upkeep.objects.filter(intent__in=refused, state=State.APPROVED):
        why = refused[upkeep.intent_id].problem[:300]
        change_state(upkeep, Upkeep.TRANSITIONS, State.FAILED, why=why)
