"""The day that a jurisdiction's rules begin, change or end: what waits is asked about again, once."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import Member, User

from . import cases, jurisdictions
from .jurisdictions import InForce
from .models import Begun, Case

# A set also says how many payments are many.
OF_RULES = (*cases.OF_CLEARANCE, Case.Kind.VELOCITY)


def ask_again_where_rules_began() -> int:
    """Returns in how many communities they did."""
    found = ((community, jurisdictions.since(community)) for community in Community.objects.order_by("pk"))
    known = {row.community_id: (row.adoption_id, row.rules_id) for row in Begun.objects.all()}
    begun = [one for community, one in found if one and known.get(community.pk) != _keys(one)]
    return each(begun, _begin, atomic=False)


def _keys(found: InForce) -> tuple[int, int | None]:
    return found.adoption.pk, found.rules.pk if found.rules else None


def _begin(found: InForce) -> None:
    """Raises the first trouble once every member had their turn: then it is done again, until all of it went."""
    community = found.adoption.community
    actor, rules = _who(found), str(found.rules or "no jurisdiction's rules")
    day = max(one.from_day for one in (found.adoption, found.rules) if one)
    why = f"{rules} hold from {day} on"
    waiting = Member.objects.filter(pk__in=cases.waiting(community)).select_related("community").order_by("pk")

    def ask_again(member: Member) -> None:
        cases.ask_again(member, OF_RULES, actor=actor, reason=why)

    each(waiting, ask_again)
    with transaction.atomic():
        Begun.objects.update_or_create(community=community, defaults={"adoption": found.adoption, "rules": found.rules})
        log_action("bank.rules.begin", actor=actor, target=rules, community=community, from_day=str(day))


def _who(found: InForce) -> User:
    """In whose name it is done. Raises Refused."""
    for user in _brought_by(found):
        try:
            require_treasury(user)
        except Refused:
            continue
        return user
    raise Refused(
        "nobody_left",
        f"nobody who brought in {found.adoption} is of the Treasury any more: let two of the Treasury adopt it again",
    )


def _brought_by(found: InForce) -> Iterator[User]:
    for one in (found.rules, found.adoption):
        if one:
            yield from (user for user in (one.decided_by, one.proposed_by) if user)
