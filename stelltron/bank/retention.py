"""How long what an identity check rests on is kept after the last payment, where a jurisdiction says so."""

from __future__ import annotations

from datetime import date

from django.db.models import Max

from stelltron.core.errors import Refused
from stelltron.ledger.models import BankReceipt
from stelltron.members.models import Member

from . import jurisdictions
from .models import BankLine, Payout


def kept_until(member: Member) -> date | None:
    """The last day; None without rules, and for whom the bank has never paid nor been paid by."""
    held = jurisdictions.rule(member.community, "retention_years")
    paid_in = BankLine.objects.filter(member=member).aggregate(day=Max("booked_on"))["day"]
    by_hand = BankReceipt.objects.filter(member=member).aggregate(at=Max("received_at"))["at"]
    paid_out = Payout.objects.filter(member=member).aggregate(at=Max("burned_at"))["at"]
    days = [day for day in (paid_in, *(at.date() for at in (by_hand, paid_out) if at)) if day]
    if held is None or not held.value or not days:
        return None
    last = max(days)
    try:
        return last.replace(year=last.year + held.value)
    except ValueError:
        # The 29th of February.
        return date(last.year + held.value, 3, 1)


def require_over(member: Member) -> None:
    """Raises Refused while the law keeps what is known of them."""
    until = kept_until(member)
    if until and member.community.today() <= until:
        held = jurisdictions.rule(member.community, "retention_years")
        assert held
        raise Refused(
            "kept_by_law",
            f"{held.why} keep what an identity check rests on for {held.value} years after the last payment: "
            f"ask again after {until}",
        )
    if until and member.is_active:
        raise Refused("kept_by_law", "what an identity check rests on is kept as long as the membership lasts")
