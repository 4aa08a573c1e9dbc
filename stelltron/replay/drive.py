"""Drives one replay inside its scratch instance: publish, advance the data clock, wait until all is settled."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from devices.models import Register, SlotReading
from market.engine.mechanisms import Mechanism
from market.models import SlotRun, Tariff
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger.intents import release_held_back
from stelltron.ledger.models import ChainIntent, ChainTransaction, Seat
from stelltron.members.models import Member

from .community import add_home, create_community, demo_key, share_by_consumption
from .profile import Profile, meter_states
from .simulated_meters import Meter, SimulatedMeters

SLUG = "replay"
CLOCK_SECONDS = 0.3
STUCK_SECONDS = 180
SLOTS_PER_TRANSACTION = 48
Progress = Callable[[int, int, str], None]


def prepare(profile: Profile, *, retail: int, feed_in: int, banking: int, mechanism: str) -> Community:
    """The replay's community: created once, found again when resumed. Raises Refused on unknown homes."""
    community = Community.objects.filter(slug=SLUG).first()
    if community is None:
        with transaction.atomic():
            community = create_community(
                profile,
                slug=SLUG,
                name="Replay",
                time_zone="UTC",
                retail=retail,
                feed_in=feed_in,
                banking_slots=banking,
                group_slots=SLOTS_PER_TRANSACTION,
                mechanism=Mechanism[mechanism.upper()],
            )
            tariff = Tariff.objects.get(community=community)
            for home in profile.homes:
                add_home(community, home, profile, tariff)
            share_by_consumption(community, profile)
    known = set(Member.objects.filter(community=community).values_list("code", flat=True))
    unknown = sorted(set(profile.homes) - known)
    if unknown:
        raise Refused("unknown_home", f"not a member of this replay: {', '.join(unknown)}")
    return community


def wait_for_onboarding(community: Community, progress: Progress) -> None:
    """Until every home has its deposit and an active mandate: nothing may trade before."""
    total = Member.objects.filter(community=community).count()
    _wait(
        lambda: ChainIntent.objects.filter(kind=ChainIntent.Kind.CALL, state=ChainIntent.State.CONFIRMED).count(),
        lambda: not _open_calls() and Seat.objects.filter(member__community=community).count() == total,
        lambda done: progress(done, 5 * total, "opening wallets and mandates"),
    )


def play(community: Community, profile: Profile, progress: Progress) -> None:
    """Send everything that is not in the books yet, and wait until the last slot is settled."""
    meters = SimulatedMeters(settings.MQTT_URL, _meters(community, profile))
    total = len(profile.slots)
    try:
        _publish_all(community, meters, total, progress)
    finally:
        meters.close()
    _set_clock(community, profile.slots[-1] + timedelta(days=2))
    readings = SlotReading.objects.filter(community=community, state=SlotReading.State.OPEN)
    runs = SlotRun.objects.filter(community=community)
    _wait(runs.count, lambda: not readings.exists(), lambda done: progress(done, total, "clearing"))
    release_held_back(community)
    _wait(
        lambda: runs.filter(state=SlotRun.State.SETTLED).count(),
        lambda: not _anything_under_way(),
        lambda done: progress(done, total, "settling"),
    )


def _meters(community: Community, profile: Profile) -> list[Meter]:
    reached = dict(Register.objects.filter(device__community=community).values_list("device_id", "sequence"))
    meters = []
    for home, intervals in profile.homes.items():
        states = list(meter_states(intervals, profile.minutes))
        done = reached.get(home, 0)
        meters.append(Meter(home, demo_key(community.slug, home), states, acknowledged=done, sent=done))
    return meters


def _publish_all(community: Community, meters: SimulatedMeters, total: int, progress: Progress) -> None:
    told = moved_at = time.monotonic()
    while (reached := meters.reached()) is not None:
        now = time.monotonic()
        if meters.step():
            moved_at = now
        else:
            time.sleep(0.005)
        if now - moved_at > STUCK_SECONDS:
            raise Refused("stuck", f"no reading was acknowledged for {STUCK_SECONDS} s; see the ingest log")
        if now - told > CLOCK_SECONDS:
            told = now
            _set_clock(community, reached - timedelta(seconds=1))
            progress(SlotRun.objects.filter(community=community).count(), total, f"{reached:%Y-%m-%d}")


def _set_clock(community: Community, moment: datetime) -> None:
    Community.objects.filter(pk=community.pk, data_time__lt=moment).update(data_time=moment)


def _anything_under_way() -> bool:
    """An event confirms intents before their transaction's fee is known: the transactions are waited for as well."""
    return (
        ChainIntent.objects.filter(state__in=("PENDING", "SENT")).exists()
        or ChainTransaction.objects.filter(state__in=("SIGNED", "SUBMITTED")).exists()
    )


def _open_calls() -> bool:
    calls = ChainIntent.objects.filter(kind=ChainIntent.Kind.CALL)
    failed = calls.filter(state=ChainIntent.State.FAILED).first()
    if failed:
        raise Refused("onboarding_failed", f"{failed.key}: {failed.problem}")
    return calls.exclude(state=ChainIntent.State.CONFIRMED).exists()


def _wait(measure: Callable[[], int], done: Callable[[], bool], tell: Callable[[int], None]) -> None:
    """Until ``done``; gives up only when ``measure`` has not moved for a long while."""
    last, moved_at = -1, time.monotonic()
    while not done():
        now = measure()
        if now != last:
            last, moved_at = now, time.monotonic()
            tell(now)
        if time.monotonic() - moved_at > STUCK_SECONDS:
            raise Refused("stuck", f"no progress for {STUCK_SECONDS} s; see the logs of worker and chain")
        time.sleep(0.2)
