"""Announcing what the utility will charge and pay."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import LARGEST_PRICE
from stelltron.members.models import User

from .models import Tariff


@transaction.atomic
def announce_tariff(
    community: Community, *, name: str, retail: int, feed_in: int, valid_from: datetime, actor: User, reason: str
) -> Tariff:
    """A tariff (stroops per kWh) from ``valid_from`` on. Raises Refused: slots of the past keep theirs."""
    if not 0 <= feed_in <= retail <= LARGEST_PRICE:
        raise Refused("tariff_out_of_range", "the feed-in price must lie between zero and the retail price")
    if valid_from < community.now():
        raise Refused(
            "tariff_in_the_past", "a tariff starts now or later: slots of the past were settled with the old one"
        )
    try:
        with transaction.atomic():
            tariff = Tariff.objects.create(
                community=community, name=name, retail=retail, feed_in=feed_in, valid_from=valid_from
            )
    except IntegrityError:
        raise Refused("tariff_exists", "another tariff starts at that moment already") from None
    log_action(
        "tariff.announce", actor=actor, target=name, reason=reason, community=community, retail=retail, feed_in=feed_in
    )
    return tariff
