"""A chargeback, or a burn that was not asked for so, is settled by two of the Treasury: one proposes, another one does it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import User

from . import cases, chargebacks, own_burns
from .models import Case, CaseStep

State, Kind = CaseStep.State, CaseStep.Kind
STEPS = {Case.Kind.CHARGEBACK: (Kind.CLEAR, Kind.UPHOLD, Kind.COLLECT), Case.Kind.BURN: (Kind.PAY,)}


@transaction.atomic
def propose(case: Case, kind: str, *, actor: User, reason: str) -> CaseStep:
    """Raises Refused."""
    require_treasury(actor)
    over = case.state != Case.State.OPEN and (kind != Kind.COLLECT or case.state == Case.State.CLEARED)
    steps = STEPS.get(Case.Kind(case.kind), ())
    if over or not steps:
        raise Refused(
            "nothing_to_settle", "only the case of a chargeback or a burn that is not closed is settled by two"
        )
    if kind not in steps:
        can = " or ".join(str(Kind(one).label) for one in steps)
        raise Refused("other_step", f"this case is settled otherwise: {can}")
    try:
        with transaction.atomic():
            step = CaseStep.objects.create(case=case, kind=kind, reason=reason, proposed_by=actor)
    except IntegrityError:
        raise Refused(
            "proposed", "a step of this case waits for its second person already: decide that first"
        ) from None
    _log("bank.step.propose", step, actor, reason)
    return step


@transaction.atomic
def approve(step: CaseStep, *, actor: User, reason: str) -> int:
    """The second person does it; returns what is burned for it. Raises Refused."""
    require_treasury(actor)
    if actor.pk == step.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this step: somebody else has to do it")
    case = (
        Case.objects.select_for_update(of=("self",))
        .select_related("member__community", "member__wallet", "line")
        .get(pk=step.case_id)
    )
    change_state(step, CaseStep.TRANSITIONS, State.DONE, decided_by=actor, decided_at=datetime.now(UTC))
    burned = 0
    if step.kind == Kind.COLLECT:
        burned = chargebacks.collect(case, step.pk, actor=actor, reason=reason)
    elif step.kind == Kind.PAY:
        own_burns.pay(case, actor=actor, reason=reason)
    elif step.kind == Kind.CLEAR:
        cases.clear(case, actor=actor, reason=reason, step=step)
    else:
        cases.uphold(case, actor=actor, reason=reason, step=step)
    _log("bank.step.do", step, actor, reason)
    return burned


@transaction.atomic
def reject(step: CaseStep, *, actor: User, reason: str) -> None:
    """Put it aside; who proposed it may take it back the same way. Raises Refused."""
    require_treasury(actor)
    change_state(step, CaseStep.TRANSITIONS, State.REJECTED, decided_by=actor, decided_at=datetime.now(UTC))
    _log("bank.step.reject", step, actor, reason)


def _log(action: str, step: CaseStep, actor: User, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=step.case.member.code,
        reason=reason,
        community=step.case.community,
        case=step.case_id,
        kind=step.kind,
    )
