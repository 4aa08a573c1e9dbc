"""What a rehearsal says is what the same slots then come to under the new rules, to the stroop."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from devices.models import MeteringPoint, SlotReading
from governance.models import Proposal, Rehearsal
from governance.rehearsal import rehearsing
from market import parameters
from market.clearing.closing import close_due_slots
from market.models import (
    AllocationKey,
    BankedEnergy,
    FriendContract,
    GridFee,
    Mandate,
    MemberPlan,
    SlotRun,
    StatementLine,
    Tariff,
)
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import REGISTRY, schedule
from stelltron.core.units import MWH_PER_WH, STROOPS, amount
from stelltron.ledger.models import Asset, Holding, Seat
from stelltron.members.models import Member
from tests.conftest import CENT, FEED_IN, RETAIL, START

HOURS = 36
NEVER = START + timedelta(days=3650)


def recorded_community(slug: str, values: dict[str, int] | None = None) -> Community:
    """Twelve members over a day and a half: zones with fees and a feeder, friends, limits, an own plan; the same each time."""
    community = Community.objects.create(
        slug=slug, name=slug, slot_minutes=60, clock=Community.Clock.DATA, data_time=START
    )
    since = START - timedelta(days=1)
    Tariff.objects.create(community=community, name="usual", retail=RETAIL, feed_in=FEED_IN, tax=800, valid_from=since)
    Tariff.objects.create(
        community=community, plan="green", name="green", retail=31 * CENT, feed_in=4 * CENT, valid_from=since
    )
    for zone, fees in ((0, (CENT, 2 * CENT, CENT)), (1, (0, CENT, 3 * CENT))):
        inside, out, into = fees
        GridFee.objects.create(
            community=community,
            zone=zone,
            name=f"{zone}",
            inside=inside,
            out=out,
            into=into,
            feeder_w=4000,
            valid_from=since,
        )
    for key, value in {parameters.GRACE_SECONDS.key: 0, **(values or {})}.items():
        schedule(community, REGISTRY[key], value, since, "tests")
    draw = random.Random(7)
    members = [_member(community, n, draw) for n in range(12)]
    MemberPlan.objects.create(member=members[3], plan="green", valid_from=since)
    FriendContract.objects.create(
        seller=members[0],
        buyer=members[1],
        price=10 * CENT,
        slot_wh=300,
        valid_from=since,
        valid_until=NEVER,
        state=FriendContract.State.ACTIVE,
        offered_by=members[0],
    )
    _read(community, draw)
    community.data_time = START + timedelta(hours=HOURS)
    community.save()
    return community


def _member(community: Community, n: int, draw: random.Random) -> Member:
    member = Member.objects.create(community=community, name=f"m{n}", code=f"{n:02}", kyc=Member.Kyc.APPROVED)
    # Pages of seats of its own: who shares one with a market that is further on may not trade in the past.
    Seat.objects.create(member=member, index=1_000 * Community.objects.count() + n)
    MeteringPoint.objects.create(community=community, member=member, code=f"{n:02}", zone=n % 3)
    for asset, holding in ((Asset.WATT, 10_000 * STROOPS), (Asset.KWH, 0)):
        Holding.objects.create(member=member, asset=asset, available=holding)
    AllocationKey.objects.create(member=member, basis_points=800)
    Mandate.objects.create(
        member=member,
        sells=n != 5,
        sell_at_least=FEED_IN + draw.randrange(4) * CENT,
        buy_at_most=RETAIL - draw.randrange(6) * CENT,
        slot_wh=900 if n == 2 else 10**6,
        day_wh=4_000 if n == 4 else 10**7,
        valid_from=START - timedelta(days=1),
        valid_until=START + timedelta(hours=20) if n == 6 else NEVER,
        state=Mandate.State.ACTIVE,
    )
    return member


def _read(community: Community, draw: random.Random) -> None:
    registers: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    points = list(MeteringPoint.objects.filter(community=community).order_by("code"))
    made = []
    for hour in range(HOURS):
        sunny = 6 <= (START.hour + hour) % 24 <= 18
        for point in points:
            exported = draw.randrange(2_500_000) if sunny and draw.random() < 0.5 else 0
            before, after = registers[point.pk], [0, 0]
            after[0] = before[0] + exported
            after[1] = before[1] + (0 if exported else draw.randrange(1_500_000))
            made.append(
                SlotReading(
                    community=community,
                    point=point,
                    slot=START + timedelta(hours=hour),
                    exported_wh=after[0] // MWH_PER_WH - before[0] // MWH_PER_WH,
                    imported_wh=after[1] // MWH_PER_WH - before[1] // MWH_PER_WH,
                    exported_from_mwh=before[0],
                    exported_to_mwh=after[0],
                    imported_from_mwh=before[1],
                    imported_to_mwh=after[1],
                )
            )
            registers[point.pk] = after
    SlotReading.objects.bulk_create(made)


def billed(community: Community) -> dict[str, int]:
    """Per member code, with what is still held at the price it would get."""
    lines = StatementLine.objects.filter(run__community=community)
    sums = dict(lines.values_list("member__code").annotate(Sum("amount")))
    green = {"03": 4 * CENT}
    held = BankedEnergy.objects.filter(member__community=community).values_list("member__code").annotate(Sum("wh"))
    for code, wh in held:
        sums[code] = sums.get(code, 0) + amount(wh, green.get(code, FEED_IN))
    return sums


def rehearse(community: Community, key: str, value: int) -> Rehearsal:
    proposal = Proposal(community=community, kind="PARAMETER", change={"key": key, "value": value})
    rehearsal, to_play = rehearsing.ask(proposal)
    assert to_play
    for side in rehearsing.SIDES:
        rehearsing.play_half(rehearsal, side)
    rehearsal.refresh_from_db()
    return rehearsal


def bills(rehearsal: Rehearsal, side: str) -> dict[str, int]:
    return dict(rehearsal.bills.values_list("member__code", side))


OTHER_WAYS = [
    *((parameters.MECHANISM.key, number) for number in (1, 2, 3, 4, 5)),
    (parameters.BANKING_SLOTS.key, 5),
    (parameters.GRID_DISTANCE.key, 0),
    (parameters.GRID_DISTANCE.key, 25_000),
]


def test_prediction_is_what_the_slots_come_to_under_the_new_rules(db: None):
    as_it_was = recorded_community("as-it-was")
    assert close_due_slots(as_it_was) == HOURS
    for number, (key, value) in enumerate(OTHER_WAYS):
        rehearsal = rehearse(as_it_was, key, value)
        assert bills(rehearsal, "before") == billed(as_it_was)
        assert rehearsing.billed(rehearsal) == rehearsal.before["stroops"]
        then = recorded_community(f"then-{number}", {key: value})
        close_due_slots(then)
        assert bills(rehearsal, "after") == billed(then), (key, value)
        traded = SlotRun.objects.filter(community=then).aggregate(sum=Sum("traded_wh"))["sum"]
        assert rehearsal.after["traded_wh"] == traded > 0
        told = rehearsing.effects(rehearsal)
        assert told["better"] + told["worse"] + told["even"] == 12
        assert told["gain"] == sum(billed(then).values()) - sum(billed(as_it_was).values())


def test_distance_changes_prices_and_bills(db: None):
    near, far = recorded_community("near", {parameters.GRID_DISTANCE.key: 0}), recorded_community("far")
    for community in (near, far):
        close_due_slots(community)
    fees = StatementLine.objects.filter(kind=StatementLine.Kind.GRID_FEE)
    assert not fees.filter(run__community=near).exists()
    assert fees.filter(run__community=far).exists()
    assert billed(near) != billed(far)


def test_rehearsal_is_kept_and_played_once(db: None):
    community = recorded_community("once")
    close_due_slots(community)
    first = rehearse(community, parameters.MECHANISM.key, 1)
    again, to_play = rehearsing.ask(
        Proposal(community=community, kind="MECHANISM", change={"key": parameters.MECHANISM.key, "value": 1})
    )
    assert (again, to_play, again.state, again.percent) == (first, False, Rehearsal.State.DONE, 100)


def test_what_does_not_touch_bills_is_not_rehearsed(db: None):
    community = recorded_community("nothing")
    proposal = Proposal(community=community, kind="PARAMETER", change={"key": "price.base", "value": 5})
    with pytest.raises(Refused, match="does not change how energy is shared"):
        rehearsing.ask(proposal)
    mechanism = Proposal(community=community, kind="MECHANISM", change={"key": parameters.MECHANISM.key, "value": 1})
    with pytest.raises(Refused, match="no slot was cleared yet"):
        rehearsing.ask(mechanism)
