from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from devices.models import SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.members.models import Member
from tests.conftest import START


@pytest.fixture
def seller(trader: Callable[..., Member], community: Community) -> Member:
    """Sarah, holding 8 kWh that her meter exported and nobody needed."""
    schedule(community, parameters.BANKING_SLOTS, 24, START - timedelta(days=1), "test")
    member = trader("sarah")
    bank(community, member, 8000)
    return member


def bank(community: Community, member: Member, wh: int) -> None:
    SlotReading.objects.create(
        community=community,
        point=member.metering_points.get(),
        slot=START - timedelta(hours=1),
        exported_wh=wh,
        imported_wh=0,
        exported_from_mwh=0,
        exported_to_mwh=wh * 1000,
        imported_from_mwh=0,
        imported_to_mwh=0,
    )
    assert close_due_slots(community) == 1
