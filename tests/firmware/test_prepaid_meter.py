"""A prepaid meter's firmware on a real MicroPython: codes typed in, energy let through, receipts that the contract takes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from financing.metering import codes
from financing.metering.openpaygo import LARGEST_VALUE, Acceptor, CodeRefused, issue
from financing.models import EnergyCode, Generator, PrepaidMeter
from financing.proof import differences
from tests.financing.conftest import Village
from tests.financing.conftest import contracts as contracts
from tests.financing.conftest import village as village

from .test_meter_firmware import FIRMWARE, MICROPYTHON, NOON, micropython

KEY, START = bytes.fromhex("bc41ec9530f6dac86b1a29ab82edc5fb"), 516_959_010


def test_the_firmware_takes_and_refuses_as_the_co_op_expects(tmp_path: Path) -> None:
    count, made = 1, []
    for value in (1, 25, LARGEST_VALUE, 7, 300):
        code, count = issue(KEY, START, count, value)
        made.append(code)
    wrong = [f"{int(made[0]) + 1:09}", "12345", "123456789", made[1]]
    typed = [made[2], made[0], made[2], *wrong, "000000000", *made[3:]]
    twin, expected = Acceptor(KEY, START), []
    for code in typed:
        try:
            expected.append(twin.enter(code, 0))
        except CodeRefused:
            expected.append(None)
    assert expected.count(None) >= 4
    said = micropython(
        "from openpaygo import Codes, Refused\n"
        f"codes = Codes({KEY!r}, {START})\n"
        f"for code in {typed!r}:\n"
        "    try:\n"
        "        print(codes.enter(code, 0)[1])\n"
        "    except Refused:\n"
        "        print(None)\n",
        tmp_path,
    )
    assert said.split() == [str(one) for one in expected]


def test_a_meter_that_is_given_wrong_codes_waits(tmp_path: Path) -> None:
    good = issue(KEY, START, 1, 5)[0]
    said = micropython(
        "from openpaygo import Codes, Refused\n"
        f"codes = Codes({KEY!r}, {START})\n"
        f"for code, now in [('123456789', 0)] * 5 + [({good!r}, 899), ({good!r}, 900)]:\n"
        "    try:\n"
        "        print(codes.enter(code, now)[1])\n"
        "    except Refused as problem:\n"
        "        print(problem)\n",
        tmp_path,
    )
    assert said.splitlines()[-2:] == ["wait 1 min", "5"]


def test_who_goes_on_guessing_waits_longer_each_time(tmp_path: Path) -> None:
    twin, waits, now = Acceptor(KEY, START), [], 0
    for _ in range(8):
        for _ in range(5):
            with pytest.raises(CodeRefused, match="not a code"):
                twin.enter("123456789", now)
        waits.append(twin.locked_until - now)
        now = twin.locked_until
    assert waits == [900, 1800, 3600, 7200, 14_400, 28_800, 28_800, 28_800]
    said = micropython(
        "from openpaygo import Codes, Refused\n"
        f"codes, now = Codes({KEY!r}, {START}), 0\n"
        "for _ in range(8):\n"
        "    for _ in range(5):\n"
        "        try:\n"
        "            codes.enter('123456789', now)\n"
        "        except Refused:\n"
        "            pass\n"
        "    print(codes.locked_until - now)\n"
        "    now = codes.locked_until\n",
        tmp_path,
    )
    assert [int(line) for line in said.split()] == waits


def test_whatever_goes_wrong_the_switch_is_off(tmp_path: Path) -> None:
    (tmp_path / "seed.bin").write_bytes(bytes(range(32)))
    code = issue(KEY, START, 1, 5)[0]
    said = micropython(
        "from prepaid import Prepaid\n"
        "class Board:\n"
        "    steps, on = 0, None\n"
        "    def uptime_ms(self): return self.steps * 1000\n"
        f"    def typed(self): return {code!r} if self.steps == 1 else None\n"
        "    def say(self, text): pass\n"
        "    def show_left(self, text): pass\n"
        "    def alive(self): pass\n"
        "    def switch(self, on): self.on = on\n"
        "    def sleep_ms(self, ms): self.steps += 1\n"
        "    def power_mw(self):\n"
        "        if self.steps == 3:\n"
        "            print(self.on)\n"
        "            raise OSError('the sensor is gone')\n"
        "        return 1000\n"
        f"config = {{'generator': 'C', 'serial': 'S', 'quantum': 100, 'key': {KEY.hex()!r}, 'starting_code': {START},\n"
        "          'count': 1, 'parts': 1000, 'report_s': 60, 'sample_ms': 1}\n"
        "board = Board()\n"
        "try:\n"
        "    Prepaid(board, config).run()\n"
        "except OSError:\n"
        "    print(board.on)\n",
        tmp_path,
    )
    assert said.split() == ["True", "False"]


@pytest.mark.parametrize("damage", ["", '{"counter": 3'])
def test_a_damaged_memory_takes_no_code_again(tmp_path: Path, damage: str) -> None:
    (tmp_path / "credit.json").write_text(damage)
    said = micropython(
        "from credit import Credit\n"
        f"config = {{'generator': 'C', 'serial': 'S', 'quantum': 100, 'key': {KEY.hex()!r}, 'starting_code': {START}, 'count': 1}}\n"
        "try:\n"
        "    Credit('credit.json', None, config)\n"
        "except ValueError:\n"
        "    print('stopped')\n",
        tmp_path,
    )
    assert said.strip() == "stopped"


class Portal(HTTPServer):
    """The co-op's own view behind a real socket; one request is served when the test says so."""

    client = Client()
    timeout = 0.05

    def serve(self) -> None:
        self.handle_request()


class Handler(BaseHTTPRequestHandler):
    server: Portal

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.client.post(
            self.path,
            body,
            content_type=self.headers["Content-Type"],
            headers={"X-Meter-Signature": self.headers["X-Meter-Signature"]},
        )
        self.send_response(answer.status_code)
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def portal(db: None) -> Iterator[Portal]:
    with Portal(("127.0.0.1", 0), Handler) as server:
        yield server


@contextmanager
def running(folder: Path) -> Iterator[None]:
    meter = subprocess.Popen(
        [MICROPYTHON, FIRMWARE / "prepaid_main.py"],
        cwd=folder,
        env={"MICROPYPATH": f"{FIRMWARE}:.frozen", "HOME": str(folder)},
    )
    try:
        yield
        assert meter.poll() is None
    finally:
        meter.kill()
        meter.wait()


def flash(folder: Path, village: Village, made: Generator, port: int) -> None:
    """A load of 6 kW at a clock that runs a thousand times as fast."""
    row, key = codes.register_meter(made, "SL-7", village.device.raw_public_key(), actor=None, reason="delivered")
    (folder / "seed.bin").write_bytes(village.device.raw_secret_key())
    config = {
        "serial": row.serial,
        "generator": made.address,
        "key": key.hex(),
        "starting_code": row.starting_code,
        "count": row.seen_count,
        "quantum": codes.QUANTUM,
        "parts": 1000,
        "report_url": f"http://127.0.0.1:{port}/api/v1/meters/{row.serial}/report",
        "report_s": 200,
        "sample_ms": 20,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "power.csv").write_text(f"{int(NOON.timestamp())},6000000\n")
    clock = {"data": NOON.timestamp(), "wall": time.time(), "rate": 1000}
    (folder / "clock.json").write_text(json.dumps(clock))
    (folder / "keypad.txt").write_text("")


def press(folder: Path, code: str) -> None:
    with (folder / "keypad.txt").open("a") as keypad:
        keypad.write(f"{code}\n")


def shown(folder: Path) -> list[str]:
    display = folder / "display.txt"
    return display.read_text().splitlines() if display.exists() else []


def kept(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "credit.json").read_text())


def all_told(folder: Path) -> bool:
    """Every code is used up, and every receipt taken."""
    now = kept(folder)
    return now["counter"] > 0 and not (now["slice"] or now["unlocked"] or now["unsigned"] or now["receipts"])


def until(portal: Portal, happened: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        portal.serve()


def test_what_is_typed_flows_and_is_receipted_on_the_chain(tmp_path: Path, village: Village, portal: Portal) -> None:
    made = village.running(ann=5000, bob=5000)
    flash(tmp_path, village, made, portal.server_port)
    village.buy(made, "user", 3_000)
    village.buy(made, "dan", 2_000)
    first, second = EnergyCode.objects.order_by("count")
    with running(tmp_path):
        until(portal, lambda: shown(tmp_path) == ["off"])
        press(tmp_path, first.code)
        until(portal, lambda: "on" in shown(tmp_path))
        until(portal, lambda: all_told(tmp_path))
        assert shown(tmp_path)[-1] == "off"
        press(tmp_path, first.code)
        until(portal, lambda: "used or too old" in shown(tmp_path))
        until(portal, lambda: EnergyCode.objects.filter(used_at__isnull=False).count() == 1)
    # The power went; what was learnt is on flash. It goes again while energy flows, which costs a part of the credit.
    with running(tmp_path):
        press(tmp_path, second.code)
        until(portal, lambda: kept(tmp_path)["slice"] != [])
    with running(tmp_path):
        until(portal, lambda: PrepaidMeter.objects.get().seen_count == second.count)
        until(portal, lambda: all_told(tmp_path))
    village.chain.settle()
    made = village.fresh(made)
    assert (made.credited, made.dispensed) == (5_000, 5_000)
    assert PrepaidMeter.objects.get().unknown_counts == []
    assert differences(made, village.chain.gateway) == []


def test_a_count_that_the_books_lost_is_told_again_and_receipted(
    tmp_path: Path, village: Village, portal: Portal
) -> None:
    made = village.running(ann=5000, bob=5000)
    flash(tmp_path, village, made, portal.server_port)
    payment = village.buy(made, "user", 1_000)
    lost = EnergyCode.objects.get()
    code, count = lost.code, lost.count
    lost.delete()
    PrepaidMeter.objects.update(count=1)
    with running(tmp_path):
        press(tmp_path, code)
        until(portal, lambda: PrepaidMeter.objects.get().unknown_counts != [])
        until(portal, lambda: shown(tmp_path)[-1] == "off" and kept(tmp_path)["unknown"] == [count])
    # The ledger of the test is ahead of the clock by which the report came.
    PrepaidMeter.objects.update(unknown_counts=[[count, int(payment.at.timestamp()) + 60]])
    found = codes.issue_code(payment)
    assert found is not None
    assert (found.code, found.used_at is not None) == (code, True)
    with running(tmp_path):
        until(portal, lambda: all_told(tmp_path))
    village.chain.settle()
    assert village.fresh(made).dispensed == 1_000
