"""Whose rules a community is under, which version, and what holds of them and of its own parameters: the tighter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import Parameter, value_at
from stelltron.core.states import change_state
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import User

from . import rules
from .models import Adoption, RuleSet
from .rules import FIELDS

ACCEPTED = RuleSet.State.ACCEPTED


@dataclass(frozen=True)
class Held:
    """A value that holds, and why."""

    value: int
    why: str


@dataclass(frozen=True)
class InForce:
    """A version of a jurisdiction's rules from a day on, under the adoption that brings it; none: the rules have ended."""

    from_day: date
    adoption: Adoption
    rules: RuleSet | None


def in_force(community: Community, day: date | None = None) -> RuleSet | None:
    """The rules that hold for ``community`` on ``day``, else on its own today."""
    day = day or community.today()
    adoption = _accepted(community).filter(from_day__lte=day).order_by("-from_day").first()
    return _version(adoption.code, day) if adoption else None


def since(community: Community) -> InForce | None:
    """What holds today, and under which adoption; None where none has begun."""
    return next(changes(community, community.today(), community.today()), None)


def changes(community: Community, first: date, last: date) -> Iterator[InForce]:
    """What holds on the first day, and each change up to the last."""
    adoptions = list(_accepted(community).filter(from_day__lte=last).order_by("from_day"))
    codes = {one.code for one in adoptions}
    versions = RuleSet.objects.filter(code__in=codes, state=ACCEPTED, from_day__gt=first, from_day__lte=last)
    days = {first, *versions.values_list("from_day", flat=True)}
    days |= {one.from_day for one in adoptions if one.from_day > first}
    before: tuple[int, int | None] | None = None
    for day in sorted(days):
        holding = [one for one in adoptions if one.from_day <= day]
        if not holding:
            continue
        found = _version(holding[-1].code, day)
        now = (holding[-1].pk, found.pk if found else None)
        if now != before:
            yield InForce(day, holding[-1], found)
        before = now


def held(community: Community, key: str, parameter: Parameter, at: datetime | None = None) -> Held:
    """The tighter of the parameter, which the co-op or its members decide on, and the rule; ``at`` a moment, else now."""
    at = at or community.now()
    own = value_at(community, parameter, at)
    found = in_force(community, community.day_at(at))
    if found is None:
        return Held(own, f"the parameter {parameter.key}; no jurisdiction's rules hold")
    if key not in found.values:
        return Held(own, f"the parameter {parameter.key}; the rules {found} are older than this rule")
    theirs = found.values[key]
    if rules.RULES[key].tighter(own, theirs) == own:
        return Held(own, f"the parameter {parameter.key}; the rules {found} would allow {theirs:,}")
    return Held(theirs, f"the rules {found}; the parameter {parameter.key} says {own:,}")


def rule(community: Community, key: str) -> Held | None:
    """What only the rules know; None without any, or where they are older than the rule."""
    found = in_force(community)
    return Held(found.values[key], f"the rules {found}") if found and key in found.values else None


def identity_fields(community: Community) -> tuple[str, ...]:
    """What an identity check has to know, in the order it is asked."""
    found = in_force(community)
    return tuple(name for name in FIELDS if found is None or name in found.identity_fields)


# ---- by two


@transaction.atomic
def propose_rules(
    code: str,
    values: Any,
    identity: list[str],
    from_day: date,
    *,
    source: str,
    actor: User,
    reason: str,
    name: str = "",
    currency: str = "",
) -> RuleSet:
    """The next version of a jurisdiction's rules, or the first of a new one's, with its name and currency. Raises Refused."""
    require_treasury(actor)
    versions = RuleSet.objects.filter(code=code)
    before = versions.filter(state=ACCEPTED).order_by("-number").first()
    if before is None and not (name and currency):
        raise Refused(
            "unknown_jurisdiction", f"there are no rules of {code} yet: name the jurisdiction and its currency"
        )
    if unknown := sorted(set(identity) - set(FIELDS)):
        raise Refused("other_field", f"an identity check knows {', '.join(FIELDS)}, and not {', '.join(unknown)}")
    made = RuleSet(
        code=code,
        name=before.name if before else name,
        number=(versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        currency=before.currency if before else currency,
        values=rules.read(values),
        identity_fields=sorted(set(identity)),
        source=source,
        from_day=from_day,
        reason=reason,
        proposed_by=actor,
    )
    _require_ahead(made)
    _keep(made)
    log("propose", made, actor, reason)
    return made


@transaction.atomic
def propose_adoption(community: Community, code: str, from_day: date, *, actor: User, reason: str) -> Adoption:
    """``code`` empty: from that day on the parameters hold alone. Raises Refused."""
    require_treasury(actor)
    made = Adoption(community=community, code=code, from_day=from_day, reason=reason, proposed_by=actor)
    _require_ahead(made)
    if code:
        _require_fit(community, code, from_day)
    _keep(made)
    log("propose", made, actor, reason)
    return made


@transaction.atomic
def accept(proposed: RuleSet | Adoption, *, actor: User, reason: str) -> None:
    """By a second person, before its day. Raises Refused."""
    require_treasury(actor)
    if actor.pk == proposed.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this: somebody else has to accept it")
    _require_ahead(proposed)
    if isinstance(proposed, RuleSet):
        _require_last(proposed)
    elif proposed.code:
        lock_versions(proposed.code)
        _require_fit(proposed.community, proposed.code, proposed.from_day)
    try:
        with transaction.atomic():
            _decide(proposed, ACCEPTED, actor)
    except IntegrityError:
        raise Refused("day_taken", "another jurisdiction begins on that day already: propose another day") from None
    log("accept", proposed, actor, reason)


@transaction.atomic
def reject(proposed: RuleSet | Adoption, *, actor: User, reason: str) -> None:
    """Put it aside; who proposed it may take it back the same way. Raises Refused."""
    require_treasury(actor)
    _decide(proposed, RuleSet.State.REJECTED, actor)
    log("reject", proposed, actor, reason)


def _decide(proposed: RuleSet | Adoption, state: str, actor: User) -> None:
    change_state(proposed, proposed.TRANSITIONS, state, decided_by=actor, decided_at=datetime.now(UTC))


def first_today(proposed: RuleSet | Adoption) -> date:
    """Its community's today; of rules that of whoever is furthest east, where the day begins first."""
    if isinstance(proposed, Adoption):
        return proposed.community.today()
    return (datetime.now(UTC) + timedelta(hours=14)).date()


def _require_ahead(proposed: RuleSet | Adoption) -> None:
    """What was let through today was judged by what holds today."""
    today = first_today(proposed)
    if proposed.from_day <= today:
        raise Refused("day_is_over", f"it can hold from {today + timedelta(days=1)} on, and not earlier")


def _require_last(proposed: RuleSet) -> None:
    """Else an older version would come back on its day."""
    later = RuleSet.objects.filter(code=proposed.code, state=ACCEPTED, from_day__gt=proposed.from_day).first()
    if later:
        raise Refused(
            "later_version", f"{later} begins later, on {later.from_day}: propose this one for that day or after"
        )


def lock_versions(code: str) -> None:
    """A version is taken back, or adopted, by one at a time."""
    list(RuleSet.objects.select_for_update().filter(code=code).order_by("pk").values_list("pk"))


def _require_fit(community: Community, code: str, day: date) -> None:
    found = _version(code, day)
    if found is None:
        raise Refused("unknown_jurisdiction", f"there are no accepted rules of {code} on that day: accept them first")
    if found.currency != community.currency:
        raise Refused("other_currency", f"the rules of {code} are in {found.currency}, and {community} is not")


def _keep(made: RuleSet | Adoption) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Refused("proposed", "one waits for its second person already: decide that first") from None


def _accepted(community: Community):  # type: ignore[no-untyped-def]
    return Adoption.objects.filter(community=community, state=ACCEPTED)


def _version(code: str, day: date) -> RuleSet | None:
    versions = RuleSet.objects.filter(code=code, state=ACCEPTED, from_day__lte=day)
    return versions.order_by("-from_day", "-number").first()


def log(act: str, proposed: RuleSet | Adoption, actor: User, reason: str) -> None:
    noun = "jurisdiction" if isinstance(proposed, Adoption) else "rules"
    log_action(
        f"bank.{noun}.{act}",
        actor=actor,
        target=proposed.code or "no jurisdiction",
        reason=reason,
        community=getattr(proposed, "community", None),
        from_day=str(proposed.from_day),
        number=getattr(proposed, "number", None),
    )
