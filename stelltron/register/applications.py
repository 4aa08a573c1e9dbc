"""How somebody becomes a member: they apply, staff decide, and approval joins them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.members.models import Member, User
from stelltron.members.services import join

from .models import Application
from .parameters import FEWEST_SHARES

MOST_SHARES = 100_000
KEPT_AFTER_REJECTION = timedelta(days=180)
State = Application.State


@transaction.atomic
def apply(
    community: Community,
    *,
    kind: str,
    name: str,
    email: str,
    password: str,
    address: str,
    shares: int,
    representative: str = "",
    phone: str = "",
) -> Application:
    """Ask for membership. Raises Refused for a bad wish, and for an e-mail that is known."""
    email = email.strip().lower()
    fewest = value_at(community, FEWEST_SHARES, community.now())
    if not fewest <= shares <= MOST_SHARES:
        raise Refused("bad_shares", f"ask for {fewest:,} to {MOST_SHARES:,} shares")
    if (kind == Member.Kind.PERSON) == bool(representative):
        raise Refused("bad_representative", "a company or an institution names who acts for it; a person acts alone")
    if User.objects.filter(email=email).exists():
        raise Refused("email_taken", "somebody signs in with this e-mail already: sign in, or use another one")
    try:
        with transaction.atomic():
            application = Application.objects.create(
                community=community,
                kind=kind,
                name=name,
                representative=representative,
                email=email,
                phone=phone,
                address=address,
                shares=shares,
                password=make_password(password),
            )
    except IntegrityError:
        raise Refused(
            "already_applied", "an application with this e-mail waits already: the co-op will answer"
        ) from None
    log_action("application.receive", target=f"application {application.pk}", community=community, shares=shares)
    return application


@transaction.atomic
def approve(application: Application, code: str, *, actor: User, reason: str) -> Member:
    """The applicant is a member from now on, and signs in with the password they chose. Raises Refused."""
    member = join(
        application.community,
        name=application.name,
        code=code,
        kind=application.kind,
        email=application.email,
        actor=actor,
        reason=reason,
    )
    User.objects.filter(pk=member.user_id).update(password=application.password)
    _decide(application, State.APPROVED, actor, reason, member=member)
    return member


@transaction.atomic
def reject(application: Application, *, actor: User, reason: str) -> None:
    _decide(application, State.REJECTED, actor, reason)


def forget_rejected() -> int:
    """Nothing is kept of who was not admitted, once they can no longer ask why. Returns how many that was."""
    old = datetime.now(UTC) - KEPT_AFTER_REJECTION
    return Application.objects.filter(state=State.REJECTED, decided_at__lt=old).delete()[0]


def _decide(application: Application, state: str, actor: User, reason: str, **changes: Member) -> None:
    change_state(
        application,
        Application.TRANSITIONS,
        state,
        decided_by=actor,
        decided_at=datetime.now(UTC),
        reason=reason,
        password="",
        **changes,
    )
    log_action(
        f"application.{state.lower()}",
        actor=actor,
        target=f"application {application.pk}",
        reason=reason,
        community=application.community,
    )
