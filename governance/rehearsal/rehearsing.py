"""Rehearsals: asked for with a proposal, played by workers in two halves side by side, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q, Sum

from market.models import StatementLine
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.states import change_state

from ..models import Proposal, Rehearsal
from .play import Play
from .recorded import REHEARSED, Recorded, window

State = Rehearsal.State
DAYS = 30
SIDES = ("before", "after")
# Progress is written so often; a half that has not moved for so long has lost its worker.
SLOTS_A_STEP = 48
LOST_AFTER = timedelta(minutes=5)
KEEP = """
INSERT INTO governance_rehearsedbill (rehearsal_id, member_id, before, after)
SELECT %(rehearsal)s, who, CASE WHEN %(side)s = 'before' THEN stroops ELSE 0 END,
       CASE WHEN %(side)s = 'after' THEN stroops ELSE 0 END
FROM unnest(%(members)s::uuid[], %(stroops)s::bigint[]) AS given (who, stroops)
ON CONFLICT (rehearsal_id, member_id) DO UPDATE SET
  before = CASE WHEN %(side)s = 'before' THEN EXCLUDED.before ELSE governance_rehearsedbill.before END,
  after = CASE WHEN %(side)s = 'after' THEN EXCLUDED.after ELSE governance_rehearsedbill.after END
"""


def changes_bills(proposal: Proposal) -> bool:
    """Whether the proposal touches how energy is shared."""
    return proposal.change.get("key") in {one.key for one in REHEARSED}


def of(proposal: Proposal) -> Rehearsal | None:
    """The newest rehearsal of what the proposal asks for."""
    if not changes_bills(proposal):
        return None
    found = Rehearsal.objects.filter(
        community=proposal.community_id, key=proposal.change["key"], value=proposal.change["value"]
    )
    return found.order_by("-end").first()


@transaction.atomic
def ask(proposal: Proposal, *, days: int = DAYS) -> tuple[Rehearsal, bool]:
    """The rehearsal of the last ``days``, and whether its halves have to be played now. Raises Refused."""
    if not changes_bills(proposal):
        raise Refused("nothing_to_rehearse", "this does not change how energy is shared or billed")
    others = Rehearsal.objects.filter(community=proposal.community, state=State.RUNNING)
    if (
        others.filter(moved_at__gt=datetime.now(UTC) - LOST_AFTER)
        .exclude(key=proposal.change["key"], value=proposal.change["value"])
        .exists()
    ):
        raise Refused("another_rehearsal", "another rehearsal is being played: ask again in a minute")
    recorded = window(proposal.community, days)
    if recorded is None:
        raise Refused("nothing_recorded", "no slot was cleared yet: there is nothing to rehearse with")
    first, end = recorded
    key, value = proposal.change["key"], proposal.change["value"]
    found, created = Rehearsal.objects.select_for_update().get_or_create(
        community=proposal.community,
        key=key,
        value=value,
        first=first,
        end=end,
        defaults={"slots": Recorded(proposal.community, first, end, {}).count()},
    )
    lost = found.state == State.RUNNING and found.moved_at < datetime.now(UTC) - LOST_AFTER
    if created or lost:
        return found, True
    if found.state == State.FAILED:
        change_state(found, Rehearsal.TRANSITIONS, State.RUNNING, problem="", played_before=0, played_after=0)
        return found, True
    return found, False


def play_half(rehearsal: Rehearsal, side: str) -> None:
    """Play one side from beginning to end, and write what it came to. Twice is once."""
    instead = {rehearsal.key: rehearsal.value} if side == "after" else {}
    recorded = Recorded(rehearsal.community, rehearsal.first, rehearsal.end, instead)
    play, slot = Play(), None
    for number, slot in enumerate(recorded.slots(), start=1):
        play.add(slot)
        if number % SLOTS_A_STEP == 0:
            _tell(rehearsal, side, number)
    if slot:
        play.close(slot)
    _keep(rehearsal, side, play, recorded.members)


def fail(rehearsal: Rehearsal, problem: str) -> None:
    Rehearsal.objects.filter(pk=rehearsal.pk, state=State.RUNNING).update(state=State.FAILED, problem=problem[:300])


def _tell(rehearsal: Rehearsal, side: str, number: int) -> None:
    done = min(number, rehearsal.slots)
    Rehearsal.objects.filter(pk=rehearsal.pk).update(**{f"played_{side}": done, "moved_at": datetime.now(UTC)})


@transaction.atomic
def _keep(rehearsal: Rehearsal, side: str, play: Play, members: Sequence[UUID]) -> None:
    """``members``: by their numbers in the play, from 1."""
    assert side in SIDES
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "rehearsal": rehearsal.pk,
                "side": side,
                "members": [members[who - 1] for who in play.balance],
                "stroops": list(play.balance.values()),
            },
        )
    came_to = {
        "traded_wh": play.traded_wh,
        "exported_wh": play.exported_wh,
        "imported_wh": play.imported_wh,
        "stroops": sum(play.balance.values()),
        "held_worth": play.held_worth,
    }
    mine = Rehearsal.objects.select_for_update().get(pk=rehearsal.pk)
    setattr(mine, side, came_to)
    setattr(mine, f"played_{side}", mine.slots)
    mine.save()
    if mine.before and mine.after and mine.state == State.RUNNING:
        change_state(mine, Rehearsal.TRANSITIONS, State.DONE)


def effects(rehearsal: Rehearsal) -> dict[str, Any]:
    """Winners, losers and the extremes; a gain is what a member would have been better off by, in stroops."""
    gain = F("after") - F("before")
    found = rehearsal.bills.aggregate(
        members=Count("pk"),
        better=Count("pk", filter=Q(after__gt=F("before"))),
        worse=Count("pk", filter=Q(after__lt=F("before"))),
        gain=Sum(gain),
        least=Min(gain),
        most=Max(gain),
    )
    return {**found, "even": found["members"] - found["better"] - found["worse"]}


def billed(rehearsal: Rehearsal) -> int:
    """What these slots were billed at, for energy: how far the rehearsal of what was may be trusted."""
    community: Community = rehearsal.community
    lines = StatementLine.objects.filter(
        run__community=community,
        run__version=1,
        slot__gte=rehearsal.first,
        slot__lt=rehearsal.end,
        trade=None,
    ).exclude(kind=StatementLine.Kind.STANDING_CHARGE)
    return lines.aggregate(sum=Sum("amount"))["sum"] or 0
