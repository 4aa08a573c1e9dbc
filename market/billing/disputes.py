"""A member's objection to one line: its amount is frozen, and two of the staff decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from devices.models import SlotReading
from stelltron.core.actions import log_action
from stelltron.core.advisory_locks import lock_market
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.members.models import Member, User

from ..models import Dispute, StatementLine
from ..resettlement.recompute import line_again, root_differs

State = Dispute.State
LONGEST_TEXT = 1000


@transaction.atomic
def open_dispute(line: StatementLine, member: Member, text: str) -> Dispute:
    """Freeze the line's amount, with what proves it as it is now. Raises Refused."""
    lock_market(member.community_id)
    text = text.strip()
    if line.member_id != member.pk:
        raise Refused("not_your_line", "only a line of your own statement can be disputed")
    if not 10 <= len(text) <= LONGEST_TEXT:
        raise Refused("text_needed", f"say in 10 to {LONGEST_TEXT} characters what is wrong with the line")
    if not line.amount:
        raise Refused("nothing_to_dispute", "this line costs nothing: dispute the line whose amount is wrong")
    if Dispute.objects.filter(line=line, state__in=(State.UPHELD, State.REJECTED)).exists():
        raise Refused("decided_already", "this line's dispute was decided: write to the co-op's board instead")
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(line=line, member=member, text=text, evidence=evidence_of(line))
    except IntegrityError:
        raise Refused("disputed_already", "this line is disputed already: the co-op is looking at it") from None
    # A final document that holds the line keeps it; its amount due goes down until this is decided.
    log_action(
        "dispute.open", actor=member.user, target=line.pk, reason=text, community=member.community, amount=line.amount
    )
    return dispute


@transaction.atomic
def propose_decision(dispute: Dispute, *, correction: int, actor: User, reason: str) -> None:
    """The first person: reject (``correction`` 0), or book ``correction`` stroops to the member. Raises Refused."""
    _require_office(actor)
    if dispute.member.user_id == actor.pk:
        raise Refused("own_dispute", "this dispute is your own: two others have to decide it")
    if abs(correction) > abs(dispute.line.amount):
        raise Refused("correction_too_large", "a correction may at most take back the line's own amount")
    if correction and (correction > 0) != (dispute.line.amount < 0):
        raise Refused("correction_wrong_way", "a correction takes back what the line books: it has the other sign")
    change_state(dispute, Dispute.TRANSITIONS, State.PROPOSED, correction=correction, reason=reason, proposed_by=actor)
    _log("dispute.propose", dispute, actor, reason, correction=correction)


@transaction.atomic
def decide(dispute: Dispute, *, actor: User, reason: str) -> None:
    """The second person agrees: the correction is booked, or the line stands. Raises Refused."""
    lock_market(dispute.member.community_id)
    _require_second(dispute, actor)
    now = datetime.now(UTC)
    if not dispute.correction:
        change_state(dispute, Dispute.TRANSITIONS, State.REJECTED, decided_by=actor, decided_at=now)
        _log("dispute.reject", dispute, actor, reason)
        return
    correction = StatementLine.objects.create(
        member_id=dispute.member_id,
        slot=dispute.line.slot,
        kind=StatementLine.Kind.CORRECTION,
        wh=0,
        price=0,
        amount=dispute.correction,
    )
    change_state(
        dispute,
        Dispute.TRANSITIONS,
        State.UPHELD,
        decided_by=actor,
        decided_at=now,
        correction_line_id=correction.pk,
    )
    _log("dispute.uphold", dispute, actor, reason, correction=dispute.correction, line=correction.pk)


@transaction.atomic
def send_back(dispute: Dispute, *, actor: User, reason: str) -> None:
    """The second person disagrees: somebody has to propose anew. Raises Refused."""
    _require_second(dispute, actor)
    change_state(dispute, Dispute.TRANSITIONS, State.OPEN, correction=None, reason="", proposed_by=None)
    _log("dispute.send_back", dispute, actor, reason)


def evidence_of(line: StatementLine) -> dict[str, Any]:
    """Readings, registers, run and proof of the line's slot, as they are stored now."""
    readings = SlotReading.objects.filter(point__member=line.member_id, slot=line.slot).select_related("point")
    registers = ("exported_from_mwh", "exported_to_mwh", "imported_from_mwh", "imported_to_mwh")
    again = line_again(line)
    source = line.run or line.trade
    return {
        "line": {"kind": line.kind, "wh": line.wh, "price": line.price, "amount": line.amount},
        "recomputed": {"wh": again[0], "amount": again[1]} if again else None,
        "readings": [
            {
                "point": reading.point.code,
                "exported_wh": reading.exported_wh,
                "imported_wh": reading.imported_wh,
                "quality": reading.quality,
                "state": reading.state,
                **{name: getattr(reading, name) for name in registers},
            }
            for reading in readings.order_by("point__code")
        ],
        "run": {
            "version": line.run.version,
            "price": line.run.price,
            "root": line.run.root,
            "root_proves_readings": not root_differs(line.run),
        }
        if line.run
        else None,
        "trade": str(line.trade_id) if line.trade_id else None,
        "transaction": source.intent.transaction_id if source and source.intent else None,
    }


def _require_office(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm("market.change_dispute")):
        raise Refused("office_only", "disputes are decided by co-op staff")


def _require_second(dispute: Dispute, actor: User) -> None:
    _require_office(actor)
    if actor.pk == dispute.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this: somebody else has to decide it")
    if dispute.member.user_id == actor.pk:
        raise Refused("own_dispute", "this dispute is your own: two others have to decide it")


def _log(action: str, dispute: Dispute, actor: User, reason: str, **details: object) -> None:
    log_action(
        action,
        actor=actor,
        target=dispute.line_id,
        reason=reason,
        community=dispute.member.community,
        member=dispute.member.code,
        dispute=dispute.pk,
        **details,
    )
