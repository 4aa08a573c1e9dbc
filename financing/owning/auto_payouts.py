"""Income that pays itself out: an owner says from how much on, a beat sends the claims."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.core.units import CENT, money
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member, Wallet

from .. import parameters
from ..calls import managed
from ..models import AutoClaim, AutoPayout, Payout, Stake
from . import owning

logger = logging.getLogger(__name__)
# So that one run neither holds up the chain's queue nor outlasts the minute.
MOST_A_RUN = 50
# A claim that the contract refused is not sent again and again.
AGAIN_AFTER = timedelta(days=1)


@transaction.atomic
def pay_out_from(member: Member, least: int) -> AutoPayout:
    """From now on each generator's income goes to the wallet once it is ``least`` stroops. Raises Refused."""
    managed(member)
    lowest = smallest(member)
    if least < lowest:
        raise Refused(
            "payout_too_small",
            f"each payout costs the co-op a network fee: choose {money(lowest)} WATT or more",
        )
    asked, _ = AutoPayout.objects.update_or_create(
        member=member, defaults={"least": least, "set_at": datetime.now(UTC)}
    )
    log_action("auto_payout.set", actor=member.user, target=member.code, community=member.community, least=least)
    return asked


@transaction.atomic
def stop(member: Member) -> None:
    """Raises Refused where nothing was chosen."""
    deleted, _ = AutoPayout.objects.filter(member=member).delete()
    if not deleted:
        raise Refused("no_auto_payout", "your income is not paid out by itself: claim it at any time")
    log_action("auto_payout.stop", actor=member.user, target=member.code, community=member.community)


def smallest(member: Member) -> int:
    """The least that may be chosen, in stroops."""
    return value_at(member.community, parameters.SMALLEST_PAYOUT, datetime.now(UTC)) * CENT


def claim_due(now: datetime) -> int:
    """Send the claims that are due, at most ``MOST_A_RUN`` of them, the largest first."""
    return each(due(now)[:MOST_A_RUN], _claim)


def due(now: datetime) -> QuerySet[Stake]:
    """Stakes that have earned enough and have no claim on its way, or refused of late."""
    claimable = F("earned") + (F("units") - F("lent")) * (F("generator__index") - F("index"))
    of_stake = AutoClaim.objects.filter(stake=OuterRef("pk"))
    # One that is confirmed is on its way until the follower has read what it paid.
    read = Payout.objects.filter(transaction_hash=OuterRef("intent__transaction"))
    on_its_way = of_stake.filter(
        Q(intent__state__in=owning.OPEN) | Q(intent__state=ChainIntent.State.CONFIRMED) & ~Exists(read)
    )
    refused = of_stake.filter(intent__state=ChainIntent.State.FAILED, sent_at__gt=now - AGAIN_AFTER)
    return (
        Stake.objects.filter(
            member__is_active=True,
            member__wallet__kind=Wallet.Kind.MANAGED,
            member__wallet__address=F("address"),
            member__auto_payout__isnull=False,
        )
        .annotate(due=claimable)
        .filter(due__gte=F("member__auto_payout__least"))
        .exclude(Exists(on_its_way))
        .exclude(Exists(refused))
        .select_related("member__wallet", "member__community", "generator__community")
        .order_by("-due", "pk")
    )


def _claim(found: Stake) -> ChainIntent | None:
    member, made = found.member, found.generator
    # Of two runs at once the second waits here, and then finds the claim on its way.
    Stake.objects.select_for_update().get(pk=found.pk)
    asked = AutoPayout.objects.filter(member=member).first()
    if asked is None or found.due < max(asked.least, smallest(member)):
        return None
    try:
        intent = owning.claim(made, member, by_itself=True)
    except Refused as problem:
        logger.info("no claim of stake %d by itself: %s", found.pk, problem)
        return None
    AutoClaim.objects.get_or_create(intent=intent, defaults={"stake": found, "sent_at": datetime.now(UTC)})
    return intent
