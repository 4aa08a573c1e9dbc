"""The sample co-op that bin/up shows: twelve real homes, replayed faster than they lived. Labelled as a demo everywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from devices.models import Device, MeteringPoint
from devices.services import assign, register_device
from market import parameters
from market.models import Tariff
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS
from stelltron.ledger.follower import Follower
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.submitter import Submitter
from stelltron.members.models import Member, User
from stelltron.members.services import decide_kyc, join, make_staff

from .community import STROOPS_PER_CENT, create_community, demo_key, give_default_mandate
from .profile import Profile, meter_states, read_profile
from .simulated_meters import Meter, SimulatedMeters

SAMPLE = Path(__file__).parent / "sample" / "homes.csv.gz"
SLUG = "sunrise"
PASSWORD = "sunrise-demo"
STAFF_EMAIL = "staff@sunrise.example"
# The recording starts in August; the demo starts where spring sun and evening load trade well.
STARTS_AT = datetime.fromisoformat("2017-03-20T14:00:00+00:00")
NAMES = {
    "CL22-01": ("Maria Alvarez", "maria"),
    "CL22-02": ("Sarah Chen", "sarah"),
    "CL22-03": ("Mike Johnson", "mike"),
    "CL22-04": ("Priya Nair", "priya"),
    "CL22-05": ("Tom Becker", "tom"),
    "CL22-07": ("Aisha Bello", "aisha"),
    "CL22-08": ("Diego Ramos", "diego"),
    "CL22-09": ("Emma Larsen", "emma"),
    "CL22-10": ("Kenji Mori", "kenji"),
    "CL22-11": ("Lucia Rossi", "lucia"),
    "CL22-16": ("Noah Smith", "noah"),
    "CL22-17": ("Zara Khan", "zara"),
}
# This home's meter is the firmware itself, on the Unix port of MicroPython.
FIRMWARE_HOME = "CL22-17"
DEPOSIT = 200 * STROOPS
BANKING_SLOTS = 24
STEPS_PER_SLOT = 10
GRACE_SECONDS = 3600


def sample_profile() -> Profile:
    """The recording from STARTS_AT on."""
    whole = read_profile(SAMPLE)
    return Profile(
        whole.minutes, {home: [i for i in intervals if i.start >= STARTS_AT] for home, intervals in whole.homes.items()}
    )


def load(say: Callable[[str], None]) -> Community:
    """The sample co-op, created once and on the chain; a second run changes nothing."""
    community = Community.objects.filter(slug=SLUG).first() or _create(sample_profile())
    open_calls = ChainIntent.objects.filter(kind=ChainIntent.Kind.CALL).exclude(state=ChainIntent.State.CONFIRMED)
    gateway = Gateway(settings.STELLAR)
    submitter, follower = Submitter(gateway), Follower(gateway)
    told = 0.0
    while left := open_calls.count():
        failed = open_calls.filter(state=ChainIntent.State.FAILED).first()
        if failed:
            raise RuntimeError(f"{failed.key}: {failed.problem}")
        if not submitter.step() + follower.step():
            time.sleep(0.05)
        if time.monotonic() - told > 2:
            told = time.monotonic()
            say(f"opening wallets and mandates on the chain, {left} steps left")
    return community


@transaction.atomic
def _create(profile: Profile) -> Community:
    community = create_community(
        profile,
        slug=SLUG,
        name="Sunrise Energy Cooperative",
        time_zone="America/Los_Angeles",
        retail=28 * STROOPS_PER_CENT,
        feed_in=2 * STROOPS_PER_CENT,
        banking_slots=BANKING_SLOTS,
        group_slots=0,
        is_demo=True,
    )
    schedule(community, parameters.GRACE_SECONDS, GRACE_SECONDS, profile.slots[0], "one slot of patience in the demo")
    tariff = Tariff.objects.get(community=community)
    for home in profile.homes:
        name, first = NAMES[home]
        member = join(community, name=name, code=home, email=f"{first}@sunrise.example", password=PASSWORD)
        decide_kyc(member, Member.Kyc.APPROVED, actor=None, reason="sample household")
        device, _ = register_device(community, home, key=demo_key(SLUG, home))
        assign(device, MeteringPoint.objects.create(community=community, member=member, code=home))
        receive_payment(member, DEPOSIT, f"DEMO-{SLUG}-{home}")
        give_default_mandate(member, tariff, profile.slots[0])
    staff = make_staff(STAFF_EMAIL, PASSWORD)
    # The sample's staff user may do everything; a real co-op hands out roles.
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    return community


@dataclass(frozen=True)
class DataClock:
    """Recorded time as a straight function of wall time, shared with the firmware meter through a file."""

    data: float
    wall: float
    rate: float

    def now(self) -> float:
        return self.data + (time.time() - self.wall) * self.rate

    def write(self, path: Path) -> None:
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"data": self.data, "wall": self.wall, "rate": self.rate}))
        partial.replace(path)


class Feed:
    """Publishes the recorded homes at ``seconds_per_slot`` and moves the community's data clock."""

    def __init__(self, community: Community, seconds_per_slot: float, *, without: str | None = FIRMWARE_HOME) -> None:
        self.community = community
        profile = sample_profile()
        self.end = profile.slots[-1] + timedelta(minutes=profile.minutes)
        rate = profile.minutes * 60 / seconds_per_slot
        self.clock = DataClock(community.now().timestamp(), time.time(), rate)
        self.meters = SimulatedMeters(settings.MQTT_URL, list(_meters(profile, without)))

    def step(self) -> bool:
        """Publish what is due. Returns False once the recording has ended."""
        now = datetime.fromtimestamp(self.clock.now(), self.end.tzinfo)
        self.meters.step(until=now)
        reached = min(now, self.meters.reached() or self.end + timedelta(days=1))
        Community.objects.filter(pk=self.community.pk, data_time__lt=reached).update(data_time=reached)
        return now < self.end + timedelta(hours=2)


def _meters(profile: Profile, without: str | None) -> list[Meter]:
    reached = dict(Device.objects.filter(community__slug=SLUG).values_list("pk", "register__sequence"))
    meters = []
    for home, intervals in profile.homes.items():
        if home != without:
            states = list(meter_states(intervals, profile.minutes, STEPS_PER_SLOT))
            done = reached.get(home) or 0
            meters.append(Meter(home, demo_key(SLUG, home), states, acknowledged=done, sent=done))
    return meters


def write_firmware_files(folder: Path) -> None:
    """What the firmware meter finds on its flash: its settings, and the recorded power its sensor shows."""
    profile = sample_profile()
    folder.mkdir(parents=True, exist_ok=True)
    # A clock of an earlier run would be far ahead by now.
    (folder / "clock.json").unlink(missing_ok=True)
    url = settings.MQTT_URL.removeprefix("mqtt://")
    host, _, port = url.rpartition("@")[2].partition(":")
    config = {
        "device": FIRMWARE_HOME,
        "key": demo_key(SLUG, FIRMWARE_HOME).hex(),
        "mqtt_host": host,
        "mqtt_port": int(port or 1883),
        "report_s": profile.minutes * 60 // STEPS_PER_SLOT,
        "sample_ms": 200,
    }
    (folder / "config.json").write_text(json.dumps(config))
    with (folder / "power.csv").open("w") as recording:
        for interval in profile.homes[FIRMWARE_HOME]:
            net = interval.generation_mwh - interval.consumption_mwh
            recording.write(f"{int(interval.start.timestamp())},{net * 60 // profile.minutes}\n")
