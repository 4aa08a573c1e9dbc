"""What was minted is what was metered, or one device is frozen and not the co-op."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from devices import services as device_services
from devices.models import Device, SlotReading
from market import proof
from market.clearing.closing import close_due_slots
from market.models import EnergyProof
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.members.models import Member, User
from tests.conftest import START, Chain
from tests.market.test_mandate_room import move_clock, read


@pytest.fixture
def day(trader: Callable, community: Community, chain: Chain) -> tuple[Member, Member]:
    """A settled day of two homes."""
    sun, home = trader("sun"), trader("home")
    for hour in range(3):
        read(sun, exported=3000 + hour, hour=hour)
        read(home, imported=1000, hour=hour)
    move_clock(community, hours=4)
    close_due_slots(community)
    chain.settle()
    move_clock(community, hours=24)
    return sun, home


def states() -> dict[str, str]:
    return dict(Device.objects.values_list("owner__code", "state"))


def test_a_true_day_is_proved_once_and_freezes_nobody(day, community: Community) -> None:
    assert proof.prove_due_days(community) == 0
    assert dict(EnergyProof.objects.values_list("member__code", "minted_wh")) == {"sun": 9003, "home": 0}
    assert not EnergyProof.objects.filter(equal=False).exists()
    assert proof.prove_due_days(community) == 0
    assert EnergyProof.objects.count() == 2
    assert Device.State.BLOCKED not in states().values()


def test_a_reading_changed_after_the_mint_freezes_that_device_alone(day, community: Community) -> None:
    SlotReading.objects.filter(exported_wh=3001).update(exported_to_mwh=9_000_000)
    assert proof.prove_due_days(community) == 1
    assert states() == {"sun": Device.State.BLOCKED, "home": Device.State.REGISTERED}
    wrong = EnergyProof.objects.get(equal=False)
    assert (wrong.metered_wh, wrong.minted_wh) == (9003 + 5999, 9003)
    assert "proof of energy" in ActionLog.objects.get(action="device.block").reason
    staff = User.objects.create_superuser("s@coop.example")
    device = Device.objects.get(owner=day[0])
    device_services.unblock(device, actor=staff, reason="the register was repaired")
    assert states()["sun"] == Device.State.ACTIVE
    with pytest.raises(Refused, match="not blocked"):
        device_services.unblock(device, actor=staff, reason="again")


def test_a_day_that_is_not_settled_waits(trader: Callable, community: Community) -> None:
    read(trader("sun"), exported=1000)
    move_clock(community, hours=2)
    close_due_slots(community)
    move_clock(community, hours=48)
    assert proof.prove_due_days(community) == 0
    assert not EnergyProof.objects.exists()


def test_what_was_measured_before_the_first_deposit_freezes_nobody(
    new_member: Callable, trader: Callable, community: Community, chain: Chain
) -> None:
    from stelltron.ledger.funding import receive_payment

    late = new_member("late")
    read(late, exported=500)
    move_clock(community, hours=1)
    close_due_slots(community)
    receive_payment(late, 10_000_000, "first")
    chain.settle()
    read(late, exported=700, hour=1)
    move_clock(community, hours=2)
    close_due_slots(community)
    chain.settle()
    community.data_time = START + timedelta(days=1)
    community.save()
    assert proof.prove_due_days(community) == 0
    assert EnergyProof.objects.get().metered_wh == 700
