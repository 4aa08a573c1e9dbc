"""What must not go wrong at a prepaid meter that nobody watches, on a real MicroPython: cuts, overdrafts, guesses."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from financing.metering.openpaygo import issue

from .test_meter_firmware import FIRMWARE, MICROPYTHON, micropython
from .test_prepaid_meter import KEY, START, kept

CONFIG = {
    "generator": "C",
    "serial": "S",
    "quantum": 100,
    "key": KEY.hex(),
    "starting_code": START,
    "count": 1,
    "parts": 1000,
    "report_s": 10**9,
    "sample_ms": 200,
}
SLICE = CONFIG["quantum"] // 2
# A tick of 200 ms at 9 kW.
PARTS_A_TICK = 0.5
# A world whose time is its steps: a full stop on stdout is a tick in which 9 kW flowed, and nothing else flows.
WORLD = """
import sys
from prepaid import Prepaid
CONFIG = {config!r}
class Board:
    clock, on, at = 0, False, 0
    codes = {codes!r}
    def uptime_ms(self): return self.clock
    def sleep_ms(self, ms):
        for _ in range(ms // 20):
            self.clock += 20
            if self.clock % 200 == 0:
                sys.stdout.write("." if self.on else "_")
    def typed(self):
        if self.clock % 200 or self.at >= len(self.codes): return None
        self.at += 1
        return self.codes[self.at - 1]
    def say(self, text): {say}
    def show_left(self, text): pass
    def alive(self): pass
    def switch(self, on): self.on = on
    def power_mw(self): return {power}
    tls = None
"""


def world(codes: list[str], *, say: str = "pass", power: int = 9_000_000, **config: object) -> str:
    return WORLD.format(config={**CONFIG, **config}, codes=codes, say=say, power=power)


def some_codes(*values: int) -> list[str]:
    count, made = 1, []
    for value in values:
        code, count = issue(KEY, START, count, value)
        made.append(code)
    return made


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    (tmp_path / "seed.bin").write_bytes(bytes(range(32)))
    return tmp_path


def parts(pairs: list[list[int]]) -> int:
    return sum(one for _, one in pairs)


def test_who_cuts_the_supply_again_and_again_gains_nothing(flash: Path) -> None:
    """Killed 60 times at any moment: what flowed is never more than was paid, and each cut costs one slice at most."""
    values = [10, 30, 7]
    code = world(some_codes(*values)) + "Prepaid(Board(), CONFIG).run()\n"
    chance, flowed, cuts = random.Random(9), 0, 0
    while cuts < 60:
        meter = subprocess.Popen(
            [MICROPYTHON, "-c", code],
            cwd=flash,
            env={"MICROPYPATH": f"{FIRMWARE}:.frozen", "HOME": str(flash)},
            stdout=subprocess.PIPE,
        )
        assert meter.stdout is not None
        said = meter.stdout.read(chance.randrange(1, 60))
        meter.kill()
        said += meter.stdout.read()
        meter.wait()
        assert set(said) <= {*b"._"}
        flowed += said.count(b".")
        cuts += 1
        state = kept(flash)
        taken = parts(state["slice"]) + parts(state["unsigned"])
        # All that codes have unlocked is either left or counts as dispensed, and that covers what flowed.
        assert parts(state["unlocked"]) + taken - state["debt"] in {0, 1000, 4000, 4700}
        assert flowed * PARTS_A_TICK <= taken + state["debt"] + PARTS_A_TICK
        assert taken - flowed * PARTS_A_TICK <= cuts * SLICE
    assert flowed > 100


def test_what_a_clean_end_has_not_let_flow_is_given_back(flash: Path) -> None:
    micropython(
        world(some_codes(10))
        + "meter = Prepaid(Board(), CONFIG)\n"
        + "meter.board.sleep_ms = lambda ms, wait=meter.board.sleep_ms: wait(ms) if meter.board.clock < 4000 else 1 / 0\n"
        + "try:\n    meter.run()\nexcept ZeroDivisionError:\n    pass\n",
        flash,
    )
    state = kept(flash)
    assert (state["slice"], parts(state["unlocked"]) + parts(state["unsigned"])) == ([], 1000)
    # 3.6 s of 9 kW are nine parts, and the begun one counts.
    assert 9 <= parts(state["unsigned"]) <= 11


def test_what_flows_beyond_the_credit_is_paid_by_the_next_code(flash: Path) -> None:
    said = micropython(
        "from credit import Credit\n"
        f"credit = Credit('credit.json', None, {CONFIG!r})\n"
        f"first, second = {some_codes(1, 2)!r}\n"
        "credit.enter(first, 0)\n"
        "assert credit.ready(0)\n"
        "credit.dispense(103, 0)\n"
        "print(credit.ready(0), credit.left(), credit.debt)\n"
        f"again = Credit('credit.json', None, {CONFIG!r})\n"
        "again.enter(second, 0)\n"
        "print(again.ready(0), again.left(), again.debt, again.unsigned)\n",
        flash,
    )
    assert said.splitlines() == ["False 0 3", "True 197 0 [[2, 100], [4, 3]]"]


def test_a_debt_larger_than_a_code_stays_owed(flash: Path) -> None:
    said = micropython(
        "from credit import Credit\n"
        f"credit = Credit('credit.json', None, {CONFIG!r})\n"
        "credit.debt = 130\n"
        f"print(credit.enter({some_codes(1)[0]!r}, 0), credit.ready(0), credit.debt, credit.unsigned)\n",
        flash,
    )
    assert said.strip() == "100 False 30 [[2, 100]]"


def test_a_code_of_many_slices_is_saved_some_times_and_not_each_sample(flash: Path) -> None:
    said = micropython(
        "from credit import Credit\n"
        f"credit = Credit('credit.json', None, {CONFIG!r})\n"
        f"credit.enter({some_codes(10)[0]!r}, 0)\n"
        "saves, save = [0], credit.save\n"
        "def counted(now):\n    saves[0] += 1\n    save(now)\n"
        "credit.save = counted\n"
        "while credit.ready(0):\n    credit.dispense(1, 0)\n"
        "print(saves[0], credit.unsigned, credit.debt)\n",
        flash,
    )
    # A slice of 50, then 40 at a time, and the last one.
    assert said.strip() == "26 [[2, 1000]] 0"


def test_a_restart_begins_the_wait_after_wrong_codes_again(flash: Path) -> None:
    """No clock is set here: seconds are counted from the start, which is each time nought."""
    guess = f"credit = Credit('credit.json', None, {CONFIG!r})\n"
    guess += "def enter(code, now):\n    try:\n        print(credit.enter(code, now))\n"
    guess += "    except Refused as problem:\n        print(problem)\n"
    good = some_codes(5)[0]
    said = micropython(
        "from credit import Credit\nfrom openpaygo import Refused\n"
        + guess
        + "for _ in range(5):\n    enter('123456789', 1000)\n"
        + f"enter({good!r}, 1899)\ncredit.keep_lock(1600)\n"
        + guess
        + f"enter({good!r}, 0)\nenter({good!r}, 299)\n"
        + guess
        + f"enter({good!r}, 299)\nenter({good!r}, 300)\n",
        flash,
    )
    assert said.splitlines()[5:] == ["wait 1 min", "wait 5 min", "wait 1 min", "wait 1 min", "500"]


def test_energy_is_counted_and_cut_while_a_code_is_looked_for(flash: Path) -> None:
    said = micropython(
        world([])
        + "board = Board()\nmeter = Prepaid(board, CONFIG)\n"
        + f"meter.credit.enter({some_codes(1)[0]!r}, 0)\n"
        + "meter._tick()\nprint(board.on)\n"
        + "def passes():\n    board.clock += 30000\n    tick()\n    print(board.on)\n"
        + "tick, meter.credit.codes.meanwhile = meter._tick, passes\n"
        + "meter._enter('123456789')\n",
        flash,
    )
    # A hundred parts are gone after 40 s: the second look, long before the search has ended.
    assert said.split()[:4] == ["True", "True", "False", "False"]


def test_keys_are_looked_at_between_samples(flash: Path) -> None:
    """A sample of a second, and a code whose digits are held for 60 ms each."""
    code = some_codes(5)[0]
    said = micropython(
        world([], say="print(text)", sample_ms=1000)
        + "from keypad import Keypad\n"
        + f"typed = {code + '#'!r}\n"
        + "class Hand(Board):\n"
        + "    def __init__(self): self.pad = Keypad(self.key)\n"
        + "    def key(self):\n"
        + "        at = self.clock - 5000\n"
        + "        return typed[at // 120] if 0 <= at < 120 * len(typed) and at % 120 < 60 else None\n"
        + "    def typed(self): return self.pad.scan()\n"
        + "meter = Prepaid(Hand(), CONFIG)\n"
        + "while meter.board.clock < 8000:\n    meter.step()\n",
        flash,
    )
    assert "500 left" in said


def test_the_watchdog_is_fed_by_what_goes_on_and_nothing_else(flash: Path) -> None:
    said = micropython(
        world([])
        + "fed = [0]\n"
        + "class Watched(Board):\n"
        + "    def alive(self): fed[0] += 1\n"
        + "meter = Prepaid(Watched(), CONFIG)\nprint(fed[0])\n"
        + "for _ in range(3):\n    meter.step()\n"
        + "print(fed[0])\n",
        flash,
    )
    assert said.replace("_", "").split() == ["0", "3"]


def test_unknown_counts_are_told_again_seldom(flash: Path) -> None:
    said = micropython(
        "from credit import Credit\nimport json\n"
        "class Nobody:\n    def sign(self, message): return b''\n"
        f"credit = Credit('credit.json', Nobody(), {CONFIG!r})\n"
        f"credit.enter({some_codes(1)[0]!r}, 0)\n"
        "unknown = {'counts': [], 'unknown': [2], 'counter': 0, 'payers': []}\n"
        "credit.take(unknown, 0)\n"
        "print(credit.told, credit.unknown, credit.has_news())\n"
        f"credit = Credit('credit.json', Nobody(), {CONFIG!r})\n"
        "credit.tell_unknown_again()\n"
        "print(json.loads(credit.report(0)[0])['used'], credit.has_news())\n"
        "credit.take({'counts': [2], 'unknown': [], 'counter': 0, 'payers': [{'count': 2, 'user': 'G'}]}, 0)\n"
        "credit.ready(0)\ncredit.dispense(4, 0)\n"
        "print(credit.told, credit.unknown, json.loads(credit.report(0)[0])['dispensed'][0]['quantity'])\n",
        flash,
    )
    assert said.splitlines() == ["[] [2] False", "[2] True", "[] [] 4"]
