"""Who held how many shares on a day; a day that is over is never answered differently later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from stelltron.core.models import Community
from stelltron.members.models import Member

from .models import Departure, ShareEntry, ShareKind


@dataclass(frozen=True)
class Holder:
    """One line of the register."""

    member: Member
    shares: int


@dataclass(frozen=True)
class Register:
    """The members and their shares at the end of ``day``; ``capital``: what was paid in for shares, less paid back."""

    community: Community
    day: date
    holders: list[Holder]
    capital: int

    @property
    def shares(self) -> int:
        return sum(holder.shares for holder in self.holders)


def register_on(community: Community, day: date) -> Register:
    """Everybody who was a member by the end of ``day`` or held shares then.

    People join by the wall clock: on a data clock, whose days are others, everybody has been there from the beginning.
    """
    owned: dict[object, int] = defaultdict(int)
    entries = ShareEntry.objects.filter(community=community, day__lte=day)
    for side, sign in (("taker_id", 1), ("giver_id", -1)):
        sums = entries.filter(**{f"{side}__isnull": False}).order_by().values_list(side).annotate(Sum("shares"))
        for member_id, shares in sums:
            owned[member_id] += sign * shares
    paid = {
        kind: entries.filter(kind=kind).aggregate(total=Sum("stroops"))["total"] or 0
        for kind in (ShareKind.ISSUE, ShareKind.REDEMPTION)
    }
    holding = [member_id for member_id, shares in owned.items() if shares]
    end = datetime.combine(day, time.max, ZoneInfo(community.time_zone))
    left_later = Departure.objects.filter(state=Departure.State.ENDED, ended_on__gte=day).values("member")
    belongs = Q(is_active=True) | Q(pk__in=left_later)
    if community.clock == Community.Clock.WALL:
        belongs &= Q(joined_at__lte=end)
    members = Member.objects.filter(belongs | Q(pk__in=holding), community=community)
    found = Register(
        community,
        day,
        [Holder(member, owned[member.pk]) for member in members.order_by("code")],
        paid[ShareKind.ISSUE] - paid[ShareKind.REDEMPTION],
    )
    outstanding = sum(owned.values())
    assert found.shares == outstanding, f"{found.shares} shares are held, {outstanding} are issued"
    return found


def entries_of(member: Member) -> QuerySet[ShareEntry]:
    """The member's own part of the share ledger, the newest first."""
    return ShareEntry.objects.filter(Q(giver=member) | Q(taker=member)).select_related("giver", "taker", "proposal")


def shares_of(member: Member) -> int:
    return _balance(member.shares_taken.all(), member.shares_given.all())


def shares_on(member: Member, day: date) -> int:
    """At the end of ``day``."""
    return _balance(member.shares_taken.filter(day__lte=day), member.shares_given.filter(day__lte=day))


def _balance(taken: QuerySet[ShareEntry], given: QuerySet[ShareEntry]) -> int:
    sums = (rows.aggregate(total=Sum("shares"))["total"] or 0 for rows in (taken, given))
    return next(sums) - next(sums)
