"""A scratch database with a community of any size in it, for measuring: rows only, no wallets' keys, no chain."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from devices.models import MeteringPoint, SlotReading
from market import parameters
from market.models import Mandate, Tariff
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.units import MWH_PER_WH, STROOPS
from stelltron.ledger.models import Asset, Holding, Seat
from stelltron.members.models import Member

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
SLOT = timedelta(minutes=15)
FEED_IN, RETAIL = 2 * STROOPS // 100, 28 * STROOPS // 100
CHUNK = 5_000
SEED = 20_261_121


@contextlib.contextmanager
def scratch_database() -> Iterator[None]:
    """An empty, migrated database beside the real one; it is gone afterwards."""
    real = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


def crowd(slug: str, count: int) -> tuple[Community, list[Member]]:
    """A community of ``count`` members with a point, a seat, money, energy and a mandate each, at noon of a slot."""
    community = Community.objects.create(
        slug=slug, name=slug, slot_minutes=15, clock=Community.Clock.DATA, data_time=START + SLOT
    )
    yesterday = START - timedelta(days=1)
    Tariff.objects.create(community=community, name="utility", retail=RETAIL, feed_in=FEED_IN, valid_from=yesterday)
    schedule(community, parameters.GRACE_SECONDS, 0, yesterday, "bench")
    draw = random.Random(SEED)
    first = Seat.objects.count()
    members = [
        Member(community=community, code=f"{slug}-{n}", name=f"Member {n}", kyc=Member.Kyc.APPROVED)
        for n in range(count)
    ]
    Member.objects.bulk_create(members, CHUNK)
    Seat.objects.bulk_create((Seat(member=member, index=first + n) for n, member in enumerate(members)), CHUNK)
    points = [MeteringPoint(community=community, member=member, code=member.code) for member in members]
    MeteringPoint.objects.bulk_create(points, CHUNK)
    Holding.objects.bulk_create(
        (
            Holding(member=member, asset=asset, available=amount)
            for member in members
            for asset, amount in ((Asset.WATT, 1000 * STROOPS), (Asset.KWH, 0))
        ),
        CHUNK,
    )
    Mandate.objects.bulk_create(
        (
            Mandate(
                member=member,
                sell_at_least=FEED_IN + draw.randrange(5) * STROOPS // 100,
                buy_at_most=RETAIL - draw.randrange(5) * STROOPS // 100,
                slot_wh=10**6,
                day_wh=10**7,
                valid_from=yesterday,
                valid_until=START + timedelta(days=365),
                state=Mandate.State.ACTIVE,
            )
            for member in members
        ),
        CHUNK,
    )
    return community, members


def readings(community: Community, members: list[Member]) -> None:
    """One slot's readings: every other member has a surplus."""
    draw = random.Random(SEED)
    points = dict(MeteringPoint.objects.filter(community=community).values_list("member_id", "pk"))
    made = []
    for n, member in enumerate(members):
        wh = draw.randrange(50, 1500)
        exported, imported = (wh, 0) if n % 2 else (0, wh)
        made.append(
            SlotReading(
                community=community,
                point_id=points[member.pk],
                slot=START,
                exported_wh=exported,
                imported_wh=imported,
                exported_from_mwh=0,
                exported_to_mwh=exported * MWH_PER_WH,
                imported_from_mwh=0,
                imported_to_mwh=imported * MWH_PER_WH,
            )
        )
    SlotReading.objects.bulk_create(made, CHUNK)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
