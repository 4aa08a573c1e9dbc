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
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainEvent, ChainIntent
from stelltron.members.models import Member, Notice, User
from stelltron.members.notices import notify

from ..calls import call, require_treasury
from ..models import UNITS, Announcement, Generator, Milestone
from ..photographs import digest
from ..telling import owners, tell, tell_all, tell_owners
from .objections import is_over

State = Announcement.State
UNANSWERED = (Milestone.State.REPORTED, Milestone.State.ACCEPTED)
# The chain's clock may be behind ours by a ledger or two.
MARGIN = timedelta(minutes=1)
REMINDED = timedelta(days=4)


def require_nothing_due(made: Generator) -> None:
    """What the provider has done and not been paid for is not the owners'. Raises Refused.

    A report that nobody has accepted holds up no end of what should have run for long.
    """
    settled = [Milestone.State.PLANNED, Milestone.State.RELEASED]
    if is_over(made, None):
        settled.append(Milestone.State.REPORTED)
    undecided = Milestone.objects.filter(generator=made).exclude(state__in=settled)
    if first := undecided.first():
        raise Refused(
            "milestone_due", f"{first.title} is {first.get_state_display()}: pay it or send it back before the end"
        )


def propose_release(milestone: Milestone, *, actor: User, reason: str) -> Announcement:
    """The first of two: pay what was reported though the requester does not answer. Raises Refused."""
    _require_payable(milestone)
    require_treasury(actor, *_payees(milestone.generator, milestone))
    return _propose(milestone.generator, actor, reason, milestone=milestone)


def propose_retirement(made: Generator, evidence: str, *, actor: User, reason: str) -> Announcement:
    """The first of two: end it though the requester does not answer. Raises Refused."""
    _require_to_retire(made)
    require_treasury(actor, *_payees(made, None))
    evidence = evidence.strip()
    if not evidence:
        raise Refused(
            "evidence_needed", "describe the evidence: who was asked, when, by what way, and what stands there"
        )
    return _propose(made, actor, reason, evidence=evidence)


def _payees(made: Generator, milestone: Milestone | None) -> list[Member]:
    """Who gets the money: the provider, or at the end the owners."""
    return [made.provider] if milestone else [stake.member for stake in owners(made)]


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
    require_treasury(actor, *_payees(made, milestone))
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
    """One of the Treasury does not agree, or takes back what was announced. Raises Refused."""
    require_treasury(actor)
    if announced.state == State.WAITING:
        said = f"It is not done after all that {announced}: {reason}"
        tell_owners(announced.generator, f"announced:{announced.pk}:back", said[:300])
        tell(announced.generator.requester, f"announced:{announced.pk}:back:you", said[:300])
    change_state(announced, Announcement.TRANSITIONS, State.REFUSED, why=reason[:300])
    log_action(
        "announcement.refuse", actor=actor, target=announced.pk, reason=reason, community=announced.generator.community
    )


def carry_out_due(now: datetime) -> int:
    """Remind the requester in time, and do what nobody has objected to. Returns how much was done."""
    waiting = Announcement.objects.filter(state=State.WAITING, approved_by__isnull=False, objection=None)
    ending = waiting.filter(until__lte=now + REMINDED).select_related("generator__requester", "milestone")
    each(ending, lambda row: _tell_requester(row, f"announced:{row.pk}:reminder"))
    return each(waiting.filter(until__lte=now - MARGIN), _carry_out)


def _carry_out(row: Announcement) -> None:
    rows = Announcement.objects.select_for_update(of=("self",)).select_related("generator__community", "milestone")
    announced = rows.get(pk=row.pk)
    made, milestone = announced.generator, announced.milestone
    if announced.state != State.WAITING or announced.objection_id:
        return
    if why := _no_longer(announced):
        change_state(announced, Announcement.TRANSITIONS, State.SETTLED, why=why[:300])
        return
    number = milestone.number if milestone else None
    act = generator.carry_out(number, bytes.fromhex(announced.evidence_hash))
    intent = queue_call(made.community, f"{made.contract_name}:carry-out:{announced.pk}", call(made, act))
    change_state(announced, Announcement.TRANSITIONS, State.ACTING, act=intent)
    log_action("announcement.carry_out", target=announced.pk, community=made.community)


def _no_longer(announced: Announcement) -> str:
    """Why what was right when it was announced is not done now; empty: it is."""
    made, milestone = announced.generator, announced.milestone
    if milestone is None:
        try:
            _require_to_retire(made)
        except Refused as problem:
            return problem.message
        return ""
    if milestone.state not in (*UNANSWERED, Milestone.State.PROPOSED):
        return f"the milestone is {milestone.get_state_display()}"
    again = milestone.reported_at is not None and milestone.reported_at > announced.proposed_at
    return "the milestone was reported again since" if again else ""


def describe(announced: Announcement) -> str:
    """What happens with it, in plain words."""
    made, milestone = announced.generator, announced.milestone
    if milestone:
        paid = f"{money(milestone.amount)} WATT of the escrow of {made} are paid to {made.provider}"
        what = f"{paid} for {milestone.title}. {milestone.evidence}"
    else:
        what = f"{what_an_end_does(made)} {announced.evidence}"
    if is_over(made, milestone):
        return f"After the contract's 14 days, whether or not {made.requester} agrees: {what}"
    return f"Unless {made.requester} objects within the contract's 14 days: {what}"


def what_an_end_does(made: Generator) -> str:
    rest = made.held + made.maintenance + made.carry
    left = (made.credited - made.dispensed) / made.offering.request.parts
    return (
        f"{made} ends. {money(rest)} WATT of escrow and maintenance go to the owners, {money(rest // UNITS, 7)} a unit. "
        f"Credit for {left:g} {made.offering.request.measure} is lost: let it be used first."
    )


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
    """The contract keeps the last one only, whoever announced it."""
    value = event.data["value"]
    until = datetime.fromtimestamp(int(value["from"]), UTC)
    row = made.announcements.filter(intent__transaction=event.transaction_hash).first()
    for other in made.announcements.filter(state__in=Announcement.OPEN):
        if row is None or other.pk != row.pk:
            change_state(other, Announcement.TRANSITIONS, State.SETTLED, why="another was announced")
    if row is None:
        number = value.get("milestone")
        row = Announcement.objects.create(
            generator=made,
            milestone=None if number is None else made.milestones.get(number=int(number)),
            evidence="announced past the co-op's office",
            evidence_hash=value["evidence_hash"],
            state=State.SENT,
            proposed_at=datetime.now(UTC),
        )
    change_state(row, Announcement.TRANSITIONS, State.WAITING, until=until, why="")
    _tell_requester(row, f"announced:{event.id}")
    tell_owners(made, f"announced:{event.id}:owners", describe(row)[:300])
    tell(made.provider, f"announced:{event.id}:provider", describe(row)[:300])
    if row.milestone is None:
        users = Member.objects.filter(pk__in=made.payments.values("member"))
        tell_all(users, f"announced:{event.id}:users", describe(row)[:300])


def _tell_requester(row: Announcement, key: str) -> None:
    until = f"until {row.until:%Y-%m-%d %H:%M} UTC"
    if not is_over(row.generator, row.milestone):
        said = f"You may object on its page {until}: {describe(row)}"
    elif row.milestone:
        said = f"You have accepted what was built. {describe(row)}"
    else:
        said = f"Your first token {until} keeps it. {describe(row)}"
    notify(row.generator.requester, Notice.Kind.OBJECTION, key, said[:300])


def _objected(made: Generator) -> None:
    """The contract keeps one announcement: whatever waited is gone."""
    for row in made.announcements.filter(state__in=Announcement.ANNOUNCED, until__isnull=False):
        change_state(row, Announcement.TRANSITIONS, State.OBJECTED)
        done = "objects" if row.milestone else "objects, or has sent the first token"
        said = f"{made.requester.name} {done}: it is not done that {row}"
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
