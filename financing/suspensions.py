"""Staff stops a verified provider from bidding, or an admitted insurer from selling; what runs goes on."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import User

from .models import Insurer, Provider
from .telling import tell

Party = Provider | Insurer
STOPPED = {Provider: "bid on nothing new", Insurer: "sell no new cover"}
AGAIN = {Provider: "bid on requests", Insurer: "sell cover"}


@transaction.atomic
def suspend(party: Party, *, actor: User | None, reason: str) -> None:
    """Raises Refused where it is not working here, or suspended already."""
    now = datetime.now(UTC)
    if party.state not in (Provider.State.VERIFIED, Insurer.State.ADMITTED, Insurer.State.INSOLVENT):
        raise Refused("nothing_to_suspend", f"{party} is {party.get_state_display()}: only who works here is suspended")
    if not type(party).objects.filter(pk=party.pk, suspended_at=None).update(suspended_at=now, suspension=reason):
        raise Refused("suspended_already", f"{party} is suspended already: reload and look again")
    said = f"You are suspended and may {STOPPED[type(party)]}, what you have begun goes on: {reason}"
    _say(party, said, actor=actor, reason=reason, now=now, act="suspend")


@transaction.atomic
def lift(party: Party, *, actor: User | None, reason: str) -> None:
    """Raises Refused where it is not suspended."""
    suspended = type(party).objects.filter(pk=party.pk, suspended_at__isnull=False)
    if not suspended.update(suspended_at=None, suspension=""):
        raise Refused("not_suspended", f"{party} is not suspended: reload and look again")
    said = f"Your suspension is lifted, you may {AGAIN[type(party)]} again: {reason}"
    _say(party, said, actor=actor, reason=reason, now=datetime.now(UTC), act="lift")


def require_not_suspended(party: Party) -> None:
    """For the suspended itself. Raises Refused."""
    if party.suspended_at:
        raise Refused(
            "suspended", f"you are suspended and may {STOPPED[type(party)]}: {party.suspension}. Ask the co-op about it"
        )


def require_not_suspended_partner(party: Party) -> None:
    """For who would deal with the suspended: the reason is between it and the co-op. Raises Refused."""
    if type(party).objects.filter(pk=party.pk, suspended_at__isnull=False).exists():
        raise Refused(
            "partner_suspended",
            f"{party.member.name} is suspended by the co-op: nothing new is begun until it is lifted",
        )


def _say(party: Party, said: str, *, actor: User | None, reason: str, now: datetime, act: str) -> None:
    member, kind = party.member, type(party)._meta.model_name
    party.refresh_from_db(fields=["suspended_at", "suspension"])
    tell(member, f"{kind}:{member.pk}:{act}:{now.timestamp():.6f}", said[:300])
    log_action(f"{kind}.{act}", actor=actor, target=member.code, reason=reason, community=member.community)
