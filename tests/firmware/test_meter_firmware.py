"""The firmware on a real MicroPython, talking to the real broker and the real ingest."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from django.conf import settings
from paho.mqtt.enums import CallbackAPIVersion

from devices import wire
from devices.ingest import Ingest, Message
from devices.models import Device, Quarantined, Register, SlotReading

FIRMWARE = Path(__file__).parents[2] / "firmware" / "esp32"
MICROPYTHON = Path(sys.executable).parent / "micropython"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def micropython(code: str, folder: Path) -> str:
    done = subprocess.run(
        [MICROPYTHON, "-c", code],
        cwd=folder,
        env={"MICROPYPATH": f"{FIRMWARE}:.frozen", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Flash:
    """A meter's flash: its settings, its recorded sensor, and a clock that runs ``rate`` times as fast."""

    def __init__(self, folder: Path, device: Device, port: int, *, rate: float = 600, start: datetime = NOON) -> None:
        self.folder, self.rate = folder, rate
        self.config = {
            "device": device.pk,
            "key": device.hmac_key().hex(),
            "mqtt_host": "127.0.0.1",
            "mqtt_port": port,
            "report_s": 360,
            "sample_ms": 50,
        }
        (folder / "config.json").write_text(json.dumps(self.config))
        begin = int(NOON.timestamp())
        # 2 kW of export for two hours, then 1 kW of import.
        (folder / "power.csv").write_text(f"{begin},2000000\n{begin + 7200},-1000000\n")
        self.set_clock(start)

    def set_clock(self, moment: datetime) -> None:
        clock = {"data": moment.timestamp(), "wall": time.time(), "rate": self.rate}
        (self.folder / "clock.json").write_text(json.dumps(clock))

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen]:
        meter = subprocess.Popen(
            [MICROPYTHON, FIRMWARE / "main.py"],
            cwd=self.folder,
            env={"MICROPYPATH": f"{FIRMWARE}:.frozen", "HOME": str(self.folder)},
            stderr=subprocess.PIPE,
        )
        try:
            yield meter
        finally:
            meter.kill()
            meter.wait()


class Desk:
    """Ingest turned by hand between the broker and the database."""

    def __init__(self) -> None:
        self.ingest, self.arrived = Ingest(), []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _c, _d, m: self.arrived.append(Message(m.topic, m.payload))
        self.client.connect("127.0.0.1", urlsplit(settings.MQTT_URL).port)
        self.client.subscribe("st/v1/+/telemetry")
        self.client.loop_start()

    def take(self) -> None:
        batch, self.arrived = self.arrived, []
        outcome = self.ingest.take(batch)
        for device, (sequence, again) in outcome.acks.items():
            self.client.publish(
                wire.ack_topic(device), wire.encode_ack(self.ingest.key_of(device), sequence, again=again)
            )

    def take_until(self, done: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "the meter did not report in time"
            self.take()
            time.sleep(0.02)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.client.disconnect()
    made.client.loop_stop()


@pytest.fixture
def flash(tmp_path: Path, new_member: Callable) -> Flash:
    device = Device.objects.get(owner=new_member("A"))
    return Flash(tmp_path, device, urlsplit(settings.MQTT_URL).port)


def test_the_firmware_writes_the_very_bytes_the_replay_writes(tmp_path: Path) -> None:
    code = "import wire, sys; sys.stdout.write(wire.encode(b'k' * 32, 'm-1', (7, 2, 1700000000, 10, 20, -3, 2301), 5).decode())"
    ours = wire.encode(
        b"k" * 32, wire.Reading(v=1, device="m-1", seq=7, low=5, boot=2, t=1_700_000_000, exp=10, imp=20, p=-3, u=2301)
    )
    assert micropython(code, tmp_path).encode() == ours


def test_the_firmware_believes_only_sealed_acknowledgements(tmp_path: Path) -> None:
    ack = wire.encode_ack(b"k" * 32, 41, again=True)
    assert micropython(f"import wire; print(wire.decode_ack(b'k' * 32, {ack!r}))", tmp_path).strip() == "(41, True)"
    for bad in (ack.replace(b"41", b"42"), b"", b"{}", ack[:-3]):
        assert micropython(f"import wire; print(wire.decode_ack(b'k' * 32, {bad!r}))", tmp_path).strip() == "None"


def test_integration_loses_no_remainder(tmp_path: Path) -> None:
    code = (
        "from registers import Registers; r = Registers()\n"
        "for _ in range(36000): r.add(1000, 100)\n"
        "for _ in range(36000): r.add(-7000, 100)\n"
        "print(r.exported, r.imported)"
    )
    assert micropython(code, tmp_path).split() == ["1000", "7000"]


def test_a_meters_power_becomes_slot_readings(flash: Flash, desk: Desk) -> None:
    flash.rate = 2400
    flash.set_clock(NOON)
    with flash.running():
        desk.take_until(lambda: SlotReading.objects.count() >= 3)
    energies = list(SlotReading.objects.order_by("slot").values_list("exported_wh", "imported_wh")[:3])
    # It started a moment after noon, so its first whole slot is the second hour.
    assert energies[:3] in (
        [(2000, 0), (0, 1000), (0, 1000)],
        [(1999, 0), (0, 1000), (0, 1000)],
        [(2000, 0), (0, 1000), (0, 999)],
    )
    assert not Quarantined.objects.exists()


def test_what_is_measured_offline_arrives_later(flash: Flash, desk: Desk) -> None:
    reachable = flash.config["mqtt_port"]
    (flash.folder / "config.json").write_text(json.dumps({**flash.config, "mqtt_port": 9}))
    outbox = flash.folder / "outbox.jsonl"
    with flash.running():
        desk.take_until(lambda: outbox.exists() and outbox.read_text().count("\n") >= 4)
    # It was cut off, perhaps in the middle of a line.
    kept = [json.loads(line) for line in outbox.read_text().rpartition("\n")[0].splitlines()]
    (flash.folder / "config.json").write_text(json.dumps({**flash.config, "mqtt_port": reachable}))
    with flash.running():
        desk.take_until(lambda: Register.objects.filter(sequence__gt=len(kept)).exists())
    register = Register.objects.get()
    assert register.boot == 2
    assert register.exported_mwh >= kept[-1][3]
    assert not Quarantined.objects.exists()


def test_a_reading_nobody_acknowledged_is_sent_again(flash: Flash, desk: Desk) -> None:
    with flash.running():
        deadline = time.monotonic() + 60
        while not desk.arrived and time.monotonic() < deadline:
            time.sleep(0.02)
        desk.arrived.clear()
        desk.take_until(lambda: Register.objects.filter(sequence__gte=3).exists())
    assert not Quarantined.objects.exists()


def test_a_torn_line_on_flash_is_not_the_end(flash: Flash, desk: Desk) -> None:
    (flash.folder / "outbox.jsonl").write_text("[1, 1, 1780315200, 5000, 0, 2000, 2300]\n[2, 1, 17803")
    flash.set_clock(NOON.replace(hour=13))
    with flash.running():
        desk.take_until(lambda: Register.objects.filter(sequence__gte=2).exists())
    assert Register.objects.get().exported_mwh >= 5000
