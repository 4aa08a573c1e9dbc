"""How long a trade of stored energy takes before its slots count."""

from __future__ import annotations

from datetime import datetime, timedelta

from stelltron.core import slots
from stelltron.core.models import Community

# The device locks within this, or everything goes back.
LOCK_WITHIN = timedelta(minutes=15)
# Both parts leave the market, which waits a quarter of an hour; then the device locks.
PREPARATION = timedelta(minutes=15) + LOCK_WITHIN


def first_boundary(community: Community, after: timedelta = timedelta()) -> datetime:
    """The start of the first slot that begins ``after`` from now or later, on the community's clock."""
    moment = community.now() + after
    slot = slots.slot_of(moment, community.slot_minutes)
    return slot if slot == moment else slots.next_slot(slot, community.slot_minutes)
