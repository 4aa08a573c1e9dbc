from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client

from devices.models import SlotReading
from market import parameters
from market.clearing.closing import close_due_slots
from market.models import SlotRun
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.members.models import Member, User
from stelltron.portal import throttle
from tests.bank.conftest import bank, live_bank  # noqa: F401  fixtures
from tests.conftest import START

PASSWORD = "a long enough password"


@pytest.fixture
def signed_in() -> Callable[[Member], Client]:
    """A browser in which the member has signed in already."""

    def open_session(member: Member) -> Client:
        if member.user is None:
            member.user = User.objects.create_user(f"{member.code}@test.example", PASSWORD)
            member.save(update_fields=["user"])
        client = Client()
        client.force_login(member.user)
        return client

    return open_session


def read_slot(member: Member, *, exported_wh: int = 0, imported_wh: int = 0, hours_ago: int = 1) -> SlotReading:
    """What the member's meter counted in one slot before START."""
    return SlotReading.objects.create(
        community=member.community,
        point=member.metering_points.get(),
        slot=START - timedelta(hours=hours_ago),
        exported_wh=exported_wh,
        imported_wh=imported_wh,
        exported_from_mwh=0,
        exported_to_mwh=exported_wh * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported_wh * 1000,
    )


@dataclass(frozen=True)
class Neighbours:
    """Sarah sold Mike 2 kWh at 15 cents; her third kWh is kept, his third came from the utility."""

    seller: Member
    buyer: Member
    run: SlotRun


@pytest.fixture
def neighbours(trader: Callable[..., Member], community: Community) -> Neighbours:
    """Cleared in the books; the chain has not confirmed it yet."""
    schedule(community, parameters.BANKING_SLOTS, 24, START - timedelta(days=1), "test")
    seller, buyer = trader("sarah"), trader("mike")
    read_slot(seller, exported_wh=3000)
    read_slot(buyer, imported_wh=2000)
    assert close_due_slots(community) == 1
    read_slot(buyer, imported_wh=1000, hours_ago=0)
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(hours=1))
    assert close_due_slots(community) == 1
    for member in (seller, buyer):
        member.refresh_from_db()
    return Neighbours(seller, buyer, SlotRun.objects.get(slot=START - timedelta(hours=1)))


@pytest.fixture
def within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries are counted by the minute, and none turns over while a test counts them."""
    cache.clear()
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: 1_800_000_015.0))
