"""Taking back, before its day, what two of the Treasury have accepted: by two again, and nothing is deleted."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.states import change_state
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import User

from . import jurisdictions
from .models import Adoption, RuleSet

ACCEPTED, CANCELLED = RuleSet.State.ACCEPTED, RuleSet.State.CANCELLED
Accepted = RuleSet | Adoption


@transaction.atomic
def propose(accepted: Accepted, *, actor: User, reason: str) -> None:
    """Raises Refused."""
    require_treasury(actor)
    _require_open(accepted)
    _change(accepted, None, recalled_by=actor, recall_reason=reason)
    jurisdictions.log("recall", accepted, actor, reason)


@transaction.atomic
def approve(accepted: Accepted, *, actor: User, reason: str) -> None:
    """By a second person. Raises Refused."""
    require_treasury(actor)
    _require_proposed(accepted)
    if actor.pk == accepted.recalled_by_id:
        raise Refused("second_person_needed", "you proposed to take this back: somebody else has to do it")
    _require_open(accepted)
    change_state(accepted, accepted.TRANSITIONS, CANCELLED, cancelled_by=actor, cancelled_at=datetime.now(UTC))
    jurisdictions.log("cancel", accepted, actor, reason)


@transaction.atomic
def drop(accepted: Accepted, *, actor: User, reason: str) -> None:
    """It stays accepted. Raises Refused."""
    require_treasury(actor)
    _require_proposed(accepted)
    _change(accepted, accepted.recalled_by, recalled_by=None, recall_reason="")
    jurisdictions.log("keep", accepted, actor, reason)


def _require_open(accepted: Accepted) -> None:
    if accepted.state != ACCEPTED:
        raise Refused("not_accepted", f"this {accepted.get_state_display()}: only what is accepted is taken back")
    if accepted.from_day <= jurisdictions.first_today(accepted):
        raise Refused("day_is_over", f"it holds since {accepted.from_day}: adopt another instead, from a day to come")
    if isinstance(accepted, RuleSet):
        _require_not_adopted(accepted)


def _require_not_adopted(version: RuleSet) -> None:
    """Else a community would be under a jurisdiction without rules."""
    jurisdictions.lock_versions(version.code)
    states = (Adoption.State.PROPOSED, ACCEPTED)
    for adoption in Adoption.objects.filter(code=version.code, state__in=states).select_related("community"):
        others = RuleSet.objects.filter(code=version.code, state=ACCEPTED, from_day__lte=adoption.from_day)
        if not others.exclude(pk=version.pk).exists():
            raise Refused("adopted", f"{adoption} rests on these rules alone: take that back, or reject it, first")


def _require_proposed(accepted: Accepted) -> None:
    if accepted.recalled_by_id is None:
        raise Refused("not_proposed", "nobody has proposed to take this back")


def _change(accepted: Accepted, before: User | None, **changes: object) -> None:
    rows = type(accepted)._default_manager.filter(pk=accepted.pk, state=ACCEPTED, recalled_by=before)
    if rows.update(**changes) != 1:
        raise IllegalTransition("changed_meanwhile", "somebody has proposed to take this back already: look again")
    accepted.refresh_from_db()
