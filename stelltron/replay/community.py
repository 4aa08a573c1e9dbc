"""A community of recorded homes: members, wallets, meters, tariff, deposits and mandates, through the services."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from devices.models import MeteringPoint
from devices.services import assign, register_device
from market import parameters
from market.engine.mechanisms import NEXT_TO_NOTHING, Mechanism
from market.mandates import give_mandate
from market.models import AllocationKey, Mandate, Tariff
from stelltron.core.models import Community
from stelltron.core.parameters import schedule, value_at
from stelltron.core.units import amount
from stelltron.ledger.funding import receive_payment
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, join

from .profile import Profile, meter_states

STROOPS_PER_CENT = 100_000
# More than any home trades in a slot or a day; the contract counts slot energy in 24 bits.
MOST_SLOT_WH, MOST_DAY_WH = 16_000_000, 1_000_000_000
MANDATE_YEARS = timedelta(days=3650)


@transaction.atomic
def create_community(
    profile: Profile,
    *,
    slug: str,
    name: str,
    time_zone: str,
    retail: int,
    feed_in: int,
    banking_slots: int,
    group_slots: int,
    mechanism: Mechanism = Mechanism.AUCTION,
    is_demo: bool = False,
) -> Community:
    """The community on its data clock. ``retail`` and ``feed_in`` in stroops per kWh."""
    first = profile.slots[0]
    community = Community.objects.create(
        slug=slug,
        name=name,
        time_zone=time_zone,
        slot_minutes=profile.minutes,
        clock=Community.Clock.DATA,
        data_time=first,
        is_demo=is_demo,
    )
    Tariff.objects.create(community=community, name="utility", retail=retail, feed_in=feed_in, valid_from=first)
    for parameter, value in (
        (parameters.BANKING_SLOTS, banking_slots),
        # The head end says what is complete: waiting longer would gain nothing.
        (parameters.GRACE_SECONDS, 0),
        (parameters.SETTLEMENT_GROUP_SLOTS, group_slots),
        (parameters.MECHANISM, mechanism),
    ):
        schedule(community, parameter, value, first, "set up for the replay")
    return community


@transaction.atomic
def add_home(
    community: Community,
    home: str,
    profile: Profile,
    tariff: Tariff,
    *,
    name: str | None = None,
    email: str | None = None,
    password: str | None = None,
) -> Member:
    """One home with its meter, a deposit for everything it could ever buy, and a mandate at the utility's prices."""
    member = join(community, name=name or f"Home {home}", code=home, email=email, password=password)
    decide_kyc(member, Member.Kyc.APPROVED, actor=None, reason="recorded household of the sample")
    device, _ = register_device(community, home, key=demo_key(community.slug, home))
    point = MeteringPoint.objects.create(
        community=community, member=member, code=home, most_power_w=_most_power_w(profile, home)
    )
    assign(device, point)
    last = list(meter_states(profile.homes[home], profile.minutes))[-1]
    # What all of its import would cost at retail, and a little for a home that never imports.
    receive_payment(
        member, amount(last.imported_mwh // 1000, tariff.retail) + 10_000_000, f"DEMO-{community.slug}-{home}"
    )
    give_default_mandate(member, tariff, profile.slots[0])
    return member


def share_by_consumption(community: Community, profile: Profile) -> None:
    """Static allocation keys: each home's part of what all of them consume."""
    used = {home: sum(i.consumption_mwh for i in intervals) for home, intervals in profile.homes.items()}
    whole = sum(used.values()) or 1
    AllocationKey.objects.bulk_create(
        AllocationKey(member=member, basis_points=10_000 * used[member.code] // whole)
        for member in Member.objects.filter(community=community)
    )


def give_default_mandate(member: Member, tariff: Tariff, start: datetime) -> Mandate:
    """Sell at the feed-in tariff or above, buy at retail or below; who shares one bill sells for next to nothing."""
    shares_bill = value_at(member.community, parameters.MECHANISM, start) == Mechanism.BILL_SHARING
    return give_mandate(
        member,
        sell_at_least=NEXT_TO_NOTHING if shares_bill else max(tariff.feed_in, 1),
        buy_at_most=tariff.retail,
        slot_wh=MOST_SLOT_WH,
        day_wh=MOST_DAY_WH,
        valid_from=start,
        valid_until=start + MANDATE_YEARS,
    )


def demo_key(community: str, home: str) -> bytes:
    """Replayed meters have no flash to keep a key in: theirs follow from their name, in demos only."""
    return hashlib.sha256(f"stelltron demo meter {community} {home}".encode()).digest()


def _most_power_w(profile: Profile, home: str) -> int:
    """A recorded connection carried what it carried: its own peak, and never less than an ordinary house."""
    per_hour = 60 // profile.minutes
    peak = max(max(i.generation_mwh, i.consumption_mwh) for i in profile.homes[home])
    return max(25_000, peak * per_hour // 1000 * 2)
