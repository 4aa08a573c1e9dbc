"""Closing a case, and what then goes on or goes back."""

from __future__ import annotations

from django.db import transaction

from stelltron.core.errors import Refused
from stelltron.members.models import Member, User

from . import chargebacks, matching, payouts, policy
from .models import BankLine, Case, Payout


@transaction.atomic
def clear(case: Case, *, actor: User, reason: str) -> None:
    """Nothing is wrong: what waited goes on with the last of its cases. Raises Refused."""
    if case.kind == Case.Kind.KYC and case.member.kyc != Member.Kyc.APPROVED:
        raise Refused(
            "kyc_needed", f"decide {case.member}'s identity check first, or uphold the case and send the money back"
        )
    last = policy.close(case, Case.State.CLEARED, actor=actor, reason=reason)
    if case.line and case.line.state == BankLine.State.CHARGEBACK:
        chargebacks.unfreeze(case.member, f"case:{case.pk}")
    elif last and case.line and case.line.state == BankLine.State.HELD:
        matching.release(case.line, actor=actor, reason=reason)
    elif last and case.payout and case.payout.state == Payout.State.HELD:
        payouts.release(case.payout)


@transaction.atomic
def uphold(case: Case, *, actor: User, reason: str) -> None:
    """Something is wrong: a payment goes back, a withdrawal is cancelled, who took money back stays stopped."""
    policy.close(case, Case.State.UPHELD, actor=actor, reason=reason)
    others = Case.objects.filter(line=case.line, payout=case.payout, member=case.member, state=Case.State.OPEN)
    for other in others:
        policy.close(other, Case.State.UPHELD, actor=actor, reason=reason)
    if case.line and case.line.state == BankLine.State.HELD:
        matching.send_back(case.line, actor=actor, reason=reason)
    elif case.payout and case.payout.state == Payout.State.HELD:
        payouts.cancel(case.payout, "the co-op could not approve it: ask the office why")
