"""Where the requester does not answer: two of the Treasury announce, the requester may object, and then it is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import wallet_calls
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainEvent, ChainIntent
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, User, Wallet

from ..calls import asked_again, call, managed, require_treasury
from ..models import Announcement, Generator, Milestone
from ..photographs import digest
from ..telling import tell, tell_all, tell_owners

State = Announcement.State
UNANSWERED = (Milestone.State.REPORTED, Milestone.State.ACCEPTED)
# The chain's clock may be behind ours by a ledger or two.
MARGIN = timedelta(minutes=1)


def require_nothing_due(made: Generator) -> None:
    """What the provider has done and not been paid for is not the owners'. Raises Refused."""
    undecided = Milestone.objects.filter(generator=made).exclude(
        state__in=(Milestone.State.PLANNED, Milestone.State.RELEASED)
    )
    if first := undecided.first():
        raise Refused(
            "milestone_due", f"{first.title} is {first.get_state_display()}: pay it or send it back before the end"
        )


def propose_release(milestone: Milestone, *, actor: User, reason: str) -> Announcement:
    """The first of two: pay what was reported though the requester does not answer. Raises Refused."""
    _require_payable(milestone)
    require_treasury(actor, milestone.generator.provider)
    return _propose(milestone.generator, actor, reason, milestone=milestone)


def propose_retirement(made: Generator, evidence: str, *, actor: User, reason: str) -> Announcement:
    """The first of two: end it though the requester does not answer. Raises Refused."""
    _require_to_retire(made)
    require_treasury(actor)
    evidence = evidence.strip()
    if not evidence:
        raise Refused(
            "evidence_needed", "describe the evidence: who was asked, when, by what way, and what stands there"
        )
    return _propose(made, actor, reason, evidence=evidence)


def _require_payable(milestone: Milestone) -> None:
    if milestone.state not in UNANSWERED:
        raise Refused(
            "nothing_to_announce",
            f"{milestone.title} is {milestone.get_state_display()}: "
            "only what is reported and not yet proposed for release is paid without the requester",
        )


def _require_to_retire(made: Generator) -> None:
    if made.state not in Generator.OWNED:
        raise Refused("not_to_retire", f"a generator that is {made.get_state_display()} cannot be retired")
    require_nothing_due(made)


@transaction.atomic
def _propose(
    made: Generator, actor: User, reason: str, *, milestone: Milestone | None = None, evidence: str = ""
) -> Announcement:
    try:
        with transaction.atomic():
            announced = Announcement.objects.create(
                generator=made,
                milestone=milestone,
                evidence=evidence,
                evidence_hash=milestone.evidence_hash if milestone else digest(evidence),
                proposed_at=datetime.now(UTC),
                proposed_by=actor,
            )
    except IntegrityError:
        raise Refused("announcement_open", "one is open for this generator: finish that one first") from None
    log_action("announcement.propose", actor=actor, target=announced.pk, reason=reason, community=made.community)
    return announced


@transaction.atomic
def approve(announced: Announcement, *, actor: User, reason: str) -> ChainIntent:
    """The second of two: it is announced on the chain, and the requester's time begins. Raises Refused."""
    made, milestone = announced.generator, announced.milestone
    require_treasury(actor, *((made.provider,) if milestone else ()))
    if actor.pk == announced.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this: somebody else has to approve it")
    if milestone:
        _require_payable(milestone)
    else:
        _require_to_retire(made)
    number = milestone.number if milestone else None
    intent = queue_call(
        made.community,
        f"{made.contract_name}:announce:{announced.pk}",
        call(made, generator.announce(number, bytes.fromhex(announced.evidence_hash))),
    )
    change_state(announced, Announcement.TRANSITIONS, State.SENT, approved_by=actor, intent=intent)
    log_action("announcement.approve", actor=actor, target=announced.pk, reason=reason, community=made.community)
    return intent


@transaction.atomic
def refuse(announced: Announcement, *, actor: User, reason: str) -> None:
    """One of the Treasury does not agree, or takes it back. Raises Refused."""
    require_treasury(actor)
    change_state(announced, Announcement.TRANSITIONS, State.REFUSED, why=reason[:300])
    log_action(
        "announcement.refuse", actor=actor, target=announced.pk, reason=reason, community=announced.generator.community
    )


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
    announced = made.announcements.select_for_update(of=("self",)).filter(state=State.WAITING).first()
    if announced is None:
        raise Refused("nothing_announced", "nothing is announced here, or it is being carried out already")
    return announced


def answered_no(milestone: Milestone) -> None:
    """The requester sends the work back: what was announced of it is objected to. Raises Refused when that is too late."""
    rows = Announcement.objects.select_for_update(of=("self",)).filter(milestone=milestone, state__in=Announcement.OPEN)
    announced = rows.select_related("generator__community", "generator__requester__wallet").first()
    if announced is None:
        return
    if announced.state == State.ACTING:
        raise Refused("too_late", "its payment is on its way to the chain: the time to object is over")
    requester = announced.generator.requester
    if announced.state != State.WAITING:
        change_state(announced, Announcement.TRANSITIONS, State.SETTLED, why="the requester has answered")
    elif requester.wallet.kind == Wallet.Kind.MANAGED:
        object_to(announced.generator, requester)
    elif announced.objection_id is None:
        raise Refused("object_first", "its payment is announced: sign your objection first, then send the work back")


def carry_out_due(now: datetime) -> int:
    """Do what nobody has objected to in time."""
    rows = Announcement.objects.filter(state=State.WAITING, until__lte=now - MARGIN)
    return each(rows, _carry_out)


def _carry_out(row: Announcement) -> None:
    rows = Announcement.objects.select_for_update(of=("self",)).select_related("generator__community", "milestone")
    announced = rows.get(pk=row.pk)
    made, milestone = announced.generator, announced.milestone
    if announced.state != State.WAITING or announced.objection_id:
        return
    if milestone and milestone.state not in (*UNANSWERED, Milestone.State.PROPOSED):
        change_state(announced, Announcement.TRANSITIONS, State.SETTLED, why=milestone.get_state_display())
        return
    intent = queue_call(
        made.community, f"{made.contract_name}:carry-out:{announced.pk}", call(made, generator.carry_out())
    )
    change_state(announced, Announcement.TRANSITIONS, State.ACTING, act=intent)
    log_action("announcement.carry_out", target=announced.pk, community=made.community)


def describe(announced: Announcement) -> str:
    """What happens with it, in plain words."""
    made, milestone = announced.generator, announced.milestone
    if milestone:
        what = (
            f"{money(milestone.amount)} WATT of the escrow of {made} are paid to {made.provider} for {milestone.title}"
        )
    else:
        what = f"{made} ends, and the {money(made.held)} WATT that its escrow holds go to its owners"
    evidence = milestone.evidence if milestone else announced.evidence
    return f"{what}, unless {made.requester} objects within the contract's 14 days. {evidence}"


def on_event(made: Generator, event: ChainEvent) -> None:
    """What the contract says of announcements, and of what makes them needless."""
    if event.name == "announced":
        _announced(made, event)
    elif event.name == "objected":
        _objected(made)
    elif event.name == "released":
        _over(made, event, Q(milestone__number=int(event.data["topics"][0])))
    elif event.name == "state_changed" and made.state == Generator.State.RETIRED:
        _over(made, event, Q())


def _announced(made: Generator, event: ChainEvent) -> None:
    until = datetime.fromtimestamp(int(event.data["value"]["from"]), UTC)
    row = made.announcements.filter(intent__transaction=event.transaction_hash).first()
    if row is None:
        said = f"Something is announced for {made}, not by this co-op's office: it is done from {until:%Y-%m-%d} on"
    else:
        # The contract keeps the last one only.
        for other in made.announcements.filter(state__in=Announcement.OPEN).exclude(pk=row.pk):
            change_state(other, Announcement.TRANSITIONS, State.SETTLED, why="another was announced")
        change_state(row, Announcement.TRANSITIONS, State.WAITING, until=until, why="")
        said = describe(row)
    key = f"announced:{event.id}"
    tell(made.requester, key, f"You may object on its page until {until:%Y-%m-%d %H:%M} UTC: {said}"[:300])
    tell_owners(made, f"{key}:owners", said[:300])
    tell(made.provider, f"{key}:provider", said[:300])


def _objected(made: Generator) -> None:
    """The contract keeps one announcement: whatever waited is gone."""
    for row in made.announcements.filter(state__in=(State.WAITING, State.ACTING)):
        change_state(row, Announcement.TRANSITIONS, State.OBJECTED)
        said = f"{made.requester.name} objects: it is not done that {row}"
        tell_owners(made, f"objected:{row.pk}", said[:300])
        tell_all((made.requester, made.provider), f"objected:{row.pk}:sides", said[:300])


def _over(made: Generator, event: ChainEvent, which: Q) -> None:
    rows = made.announcements.filter(which)
    for row in rows.filter(act__transaction=event.transaction_hash).exclude(state=State.DONE):
        change_state(row, Announcement.TRANSITIONS, State.DONE, why="")
    for row in rows.filter(state__in=Announcement.OPEN):
        change_state(row, Announcement.TRANSITIONS, State.SETTLED, why="done by requester and co-op together")


def on_failed(refused: dict[int, ChainIntent]) -> None:
    for row in Announcement.objects.filter(intent__in=refused, state=State.SENT):
        change_state(row, Announcement.TRANSITIONS, State.FAILED, why=refused[row.intent_id].problem[:300])
    for row in Announcement.objects.filter(act__in=refused, state=State.ACTING):
        change_state(row, Announcement.TRANSITIONS, State.FAILED, why=refused[row.act_id].problem[:300])
    for row in Announcement.objects.filter(objection__in=refused).select_related("generator__requester"):
        Announcement.objects.filter(pk=row.pk).update(objection=None)
        said = f"Your objection was refused: {refused[row.objection_id].problem}"
        tell(row.generator.requester, f"objection:{row.objection_id}:failed", said[:300])
