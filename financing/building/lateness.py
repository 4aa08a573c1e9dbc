"""Milestones that are late, and providers in default: by the days that were bid, from the day it was funded."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.parameters import value_at
from stelltron.members.models import Member

from .. import parameters
from ..models import Generator, Milestone
from ..telling import tell_all, tell_owners

Pace = Milestone.Pace
# Of the days that were bid, as many hundredths for each milestone.
DUE_PERCENT = (50, 100, 100)


def set_due(made: Generator, funded_at: datetime) -> None:
    """Once it is funded, the provider's days are counted."""
    days = made.offering.bid.installation_days
    for milestone in made.milestones.all():
        due = funded_at + timedelta(days=days) * DUE_PERCENT[milestone.number] / 100
        Milestone.objects.filter(pk=milestone.pk).update(due_at=due)


def note_late(now: datetime) -> int:
    """What nobody has reported in time is late, and after ``financing.default_days`` the provider is in default."""
    rows = Milestone.objects.filter(
        state=Milestone.State.PLANNED, generator__state__in=Generator.OWNED, due_at__lte=now
    )
    rows = rows.select_related("generator__community", "generator__requester", "generator__provider")
    moved = []

    def judge(milestone: Milestone) -> None:
        grace = timedelta(days=value_at(milestone.generator.community, parameters.DEFAULT_DAYS, now))
        new = Pace.DEFAULT if milestone.due_at + grace <= now else Pace.LATE
        if new != milestone.pace and _set_pace(milestone, new):
            _tell(milestone, now)
            moved.append(milestone)

    each(rows.exclude(pace=Pace.DEFAULT), judge)
    return len(moved)


@transaction.atomic
def announce_delay(milestone: Milestone, member: Member, text: str) -> None:
    """The provider says why, and until when; the day it was due stays. Raises Refused."""
    made = milestone.generator
    if member.pk != made.provider_id:
        raise Refused("not_your_generator", "only the provider who builds it announces a delay")
    if milestone.state != Milestone.State.PLANNED or made.state not in Generator.OWNED:
        raise Refused("nothing_to_delay", "a delay is announced for what is not reported yet")
    if not text.strip():
        raise Refused("words_needed", "say why it takes longer, and until when")
    Milestone.objects.filter(pk=milestone.pk).update(delay=text.strip())
    key = f"milestone:{milestone.pk}:delay:{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    said = f"{milestone} is delayed: {text.strip()}"
    tell_owners(made, key, said)
    tell_all((made.requester,), key, said)
    log_action("milestone.delay", actor=member.user, target=milestone.pk, community=made.community)


def cure(milestone: Milestone) -> None:
    """Accepted after all: late, and no default any more."""
    if milestone.pace == Pace.DEFAULT:
        _set_pace(milestone, Pace.LATE)


def require_no_default(provider: Member) -> None:
    """Raises Refused while the provider owes a generator."""
    if in_default(provider):
        raise Refused(
            "in_default",
            f"{provider.name} is in default with a generator: what is late is delivered before another begins",
        )


def in_default(provider: Member) -> bool:
    """Of a generator that goes on: a retired one has given its owners what was left."""
    return Milestone.objects.filter(
        generator__provider=provider, generator__state__in=Generator.OWNED, pace=Pace.DEFAULT
    ).exists()


def _set_pace(milestone: Milestone, new: str) -> bool:
    if new not in Milestone.PACES[milestone.pace]:
        raise IllegalTransition("illegal_transition", f"a milestone cannot go from {milestone.pace} to {new}")
    moved = Milestone.objects.filter(pk=milestone.pk, pace=milestone.pace).update(pace=new) == 1
    milestone.pace = new
    return moved


def _tell(milestone: Milestone, now: datetime) -> None:
    made = milestone.generator
    key = f"milestone:{milestone.pk}:{milestone.pace}"
    days = (now - milestone.due_at).days
    said = f"{milestone} is {milestone.get_pace_display()}: it was due {days} days ago"
    more = ". What is not released stays in the escrow; retired, the generator returns it to its owners"
    said += more if milestone.pace == Pace.DEFAULT else ""
    tell_owners(made, key, said)
    tell_all((made.requester, made.provider), key, said)
    log_action(f"milestone.{milestone.pace.lower()}", target=milestone.pk, community=made.community)
