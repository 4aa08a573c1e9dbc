"""From funded to running: milestones paid by two of the staff, the device, and the requester's first token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from stellar_sdk import Keypair

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, User

from .. import photographs
from ..calls import asked_again, call, managed, require_treasury
from ..models import Generator, Milestone, Payment
from ..telling import tell, tell_owners
from .lateness import cure
from .objections import ACCEPTED, answered, answered_no, is_over

State = Milestone.State
BUILDING = (Generator.State.FUNDED, Generator.State.PENDING, Generator.State.ACTIVE)


@transaction.atomic
def report_milestone(milestone: Milestone, member: Member, evidence: str, *, pictures: Sequence[BinaryIO] = ()) -> None:
    """The provider says it is done, with evidence in words and photographs. Raises Refused."""
    made = milestone.generator
    if member.pk != made.provider_id:
        raise Refused("not_your_generator", "only the provider who builds it reports a milestone")
    if made.state not in BUILDING:
        raise Refused("not_funded", "a milestone is reported once the generator is funded")
    _require_turn(milestone)
    evidence = evidence.strip()
    if not evidence:
        raise Refused("evidence_needed", "describe the evidence: photos, serial numbers, a signed delivery note")
    photographs.add_to_milestone(milestone, member, pictures)
    # Sent back and reported again, it shows the earlier ones as well.
    digest = photographs.digest(evidence, milestone.photographs.defer("content"))
    change_state(
        milestone,
        Milestone.TRANSITIONS,
        State.REPORTED,
        evidence=evidence,
        evidence_hash=digest,
        reported_at=datetime.now(UTC),
    )
    key = f"milestone:{milestone.pk}:{digest[:8]}"
    tell(made.requester, key, f"{milestone} is reported as done: look, and accept it")
    tell_owners(made, key, f"{milestone} is reported as done")
    log_action("milestone.report", actor=member.user, target=milestone.pk, community=made.community)


def _require_turn(milestone: Milestone) -> None:
    """One after the other, and the last once it runs: what it is paid for can be seen then."""
    others = milestone.generator.milestones.exclude(pk=milestone.pk)
    if others.filter(number__lt=milestone.number, state__in=(State.PLANNED, State.REPORTED)).exists():
        raise Refused("not_its_turn", "report the milestones one after the other, each once the one before is accepted")
    is_last = not others.filter(number__gt=milestone.number).exists()
    if is_last and milestone.generator.state != Generator.State.ACTIVE:
        raise Refused("not_running_yet", "the last milestone is reported once the generator runs for the village")


@transaction.atomic
def answer_milestone(milestone: Milestone, member: Member, *, accepted: bool, reason: str = "") -> None:
    """The requester accepts it, or sends the provider back to work. Raises Refused."""
    made = milestone.generator
    if member.pk != made.requester_id:
        raise Refused("not_your_generator", "only who asked for the generator accepts a milestone")
    if not accepted and is_over(made, milestone):
        raise Refused(
            "objection_over", f"{ACCEPTED}. Tell the co-op what is wrong: two of the Treasury decide on the payment"
        )
    change_state(milestone, Milestone.TRANSITIONS, State.ACCEPTED if accepted else State.PLANNED)
    if accepted:
        answered(made)
        cure(milestone)
    else:
        answered_no(milestone)
        key = f"milestone:{milestone.pk}:{milestone.evidence_hash[:8]}:no"
        tell(made.provider, key, f"{milestone} was not accepted: {reason}"[:300])
    log_action(
        "milestone.answer",
        actor=member.user,
        target=milestone.pk,
        reason=reason,
        community=made.community,
        accepted=accepted,
    )


@transaction.atomic
def propose_release(milestone: Milestone, *, actor: User, reason: str) -> None:
    """The first of two: the provider should be paid for this milestone. Raises Refused."""
    require_treasury(actor, milestone.generator.provider)
    change_state(milestone, Milestone.TRANSITIONS, State.PROPOSED, proposed_by=actor, approved_by=None)
    log_action(
        "milestone.propose", actor=actor, target=milestone.pk, reason=reason, community=milestone.generator.community
    )


@transaction.atomic
def approve_release(milestone: Milestone, *, actor: User, reason: str) -> ChainIntent:
    """The second of two: the money leaves the escrow, signed for requester and co-op. Raises Refused."""
    require_treasury(actor, milestone.generator.provider)
    if actor.pk == milestone.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this release: somebody else has to approve it")
    made = milestone.generator
    managed(made.requester)
    attempt = ChainIntent.objects.filter(key__startswith=f"{made.contract_name}:release:{milestone.number}:").count()
    intent = queue_call(
        made.community,
        f"{made.contract_name}:release:{milestone.number}:{attempt}",
        call(made, generator.release(milestone.number, bytes.fromhex(milestone.evidence_hash))),
        wallet=made.requester.wallet,
        together_with=[settings.STELLAR.operator.public_key],
    )
    change_state(milestone, Milestone.TRANSITIONS, State.APPROVED, approved_by=actor, intent=intent)
    log_action(
        "milestone.approve",
        actor=actor,
        target=milestone.pk,
        reason=reason,
        community=made.community,
        stroops=milestone.amount,
    )
    return intent


@transaction.atomic
def refuse_release(milestone: Milestone, *, actor: User, reason: str) -> None:
    """The second of two does not agree. Raises Refused."""
    require_treasury(actor)
    change_state(milestone, Milestone.TRANSITIONS, State.ACCEPTED, proposed_by=None)
    log_action(
        "milestone.refuse", actor=actor, target=milestone.pk, reason=reason, community=milestone.generator.community
    )


@transaction.atomic
def install(made: Generator, member: Member, device_key: bytes) -> ChainIntent:
    """The requester binds the device that stands there. Raises Refused."""
    _require_requester(made, member)
    managed(member)
    if made.state != Generator.State.FUNDED:
        raise Refused("not_to_install", f"a generator that is {made.get_state_display()} is not installed now")
    try:
        Keypair.from_raw_ed25519_public_key(device_key)
    except Exception:
        raise Refused("bad_device_key", "the device's key has 32 bytes: 64 hexadecimal digits") from None
    answered(made)
    log_action("generator.install", actor=member.user, target=made.pk, community=made.community)
    return asked_again(
        queue_call(
            made.community,
            f"{made.contract_name}:install:{device_key.hex()[:16]}",
            call(made, generator.install(device_key)),
            wallet=member.wallet,
        )
    )


@transaction.atomic
def send_first_token(made: Generator, member: Member, amount: int) -> Payment:
    """The requester's word that it runs. Nobody else's starts it, here or on the chain. Raises Refused."""
    _require_requester(made, member)
    managed(member)
    if made.state != Generator.State.PENDING:
        raise Refused("not_installed", "the first token is sent once the generator is installed, and only once")
    if amount <= 0:
        raise Refused("amount_not_positive", "the first token is more than zero")
    answered(made)
    attempt = made.payments.filter(quantity=0).count()
    intent = queue_call(
        made.community,
        f"{made.contract_name}:activate:{attempt}",
        call(made, generator.activate(member.wallet.address, amount)),
        wallet=member.wallet,
    )
    log_action("generator.activate", actor=member.user, target=made.pk, community=made.community, stroops=amount)
    return Payment.objects.create(
        generator=made,
        payer=member.wallet.address,
        member=member,
        quantity=0,
        amount=amount,
        intent=intent,
        at=datetime.now(UTC),
    )


def _require_requester(made: Generator, member: Member) -> None:
    if member.pk != made.requester_id:
        raise Refused("not_requester", "only who asked for the generator may do this")
