"""Energy that is given away while owners have submitted no price: chunks by code, so much a day for each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.ledger.gateway import Gateway
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from .. import parameters
from ..metering.codes import issue_code
from ..models import Generator, Payment, PrepaidMeter
from .running import price_now, require_chunk

DAY = timedelta(days=1)


@transaction.atomic
def take_free(
    made: Generator,
    member: Member,
    quantity: int,
    *,
    phone: str = "",
    now: datetime | None = None,
    gateway: Gateway | None = None,
) -> Payment:
    """A code for ``quantity`` parts that nobody pays. Raises Refused, also beyond what is given to one member a day.

    The generator itself stands as the payer: its meter signs the receipt for it, which the contract counts as free.
    """
    now = now or datetime.now(UTC)
    # Who could be somebody else tomorrow would take a day's share for each name.
    require_kyc(member)
    require_chunk(made, quantity, phone)
    # Locked, so that two requests of one member count each other.
    if not PrepaidMeter.objects.select_for_update().filter(generator=made).exists():
        raise Refused(
            "no_meter", f"{made} has no prepaid meter that would take a code: ask the village how it is shared"
        )
    if price_now(made, gateway) > 0:
        raise Refused("not_free", f"{made} has a price now: buy what you need")
    left = left_today(made, member, now)
    if quantity > left:
        wanted = made.offering.request
        raise Refused(
            "free_used_up",
            f"{left / wanted.parts:g} {wanted.measure} are left for you within a day: take that, or come back tomorrow",
        )
    given = Payment.objects.create(
        generator=made,
        payer=made.address,
        member=member,
        quantity=quantity,
        phone=phone,
        state=Payment.State.PAID,
        at=now,
    )
    issue_code(given)
    log_action("generator.give", actor=member.user, target=made.pk, community=made.community, quantity=quantity)
    return given


def left_today(made: Generator, member: Member, now: datetime | None = None) -> int:
    """Parts that the member may still take for nothing, of a day's share that returns as the day goes by."""
    now = now or datetime.now(UTC)
    taken = made.payments.filter(member=member, payer=made.address, at__gt=now - DAY)
    share = value_at(made.community, parameters.FREE_A_DAY, now)
    return max(share - (taken.aggregate(sum=Sum("quantity"))["sum"] or 0), 0)
