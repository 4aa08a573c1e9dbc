"""What is around a prepaid meter: keys, display, network, and its board as far as no chip is needed."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

from .test_meter_firmware import FIRMWARE, micropython

# As much of an ESP32 as the board asks for; it shows the order of things, not that the wires are right.
CHIP = """
import sys
class Pin:
    OUT, IN, PULL_DOWN = 1, 2, 3
    made = []
    def __init__(self, number, mode=None, pull=None, value=0):
        self.number, self.now = number, value
        self.made.append((number, value))
    def value(self, new=None):
        if new is None: return self.now
        self.now = int(new)
class WDT:
    def __init__(self, timeout): self.timeout, self.fed = timeout, 0
    def feed(self): self.fed += 1
class I2C:
    broken = present = False
    def __init__(self, number, scl, sda, freq): self.sent = bytearray()
    def scan(self): return [0x40, 0x27] if self.present else [0x40]
    def writeto(self, address, data):
        if self.broken: raise OSError('no answer')
        self.sent += data
    def writeto_mem(self, address, register, data): pass
    def readfrom_mem(self, address, register, length): return bytes((0, 0x10, 0))
class WLAN:
    STA_IF = 0
    def __init__(self, kind): pass
    def active(self, on): pass
    def connect(self, name, password): pass
class Module: pass
machine, network, ntptime = Module(), Module(), Module()
machine.Pin, machine.WDT, machine.I2C = Pin, WDT, I2C
network.WLAN, network.STA_IF = WLAN, 0
def settime(): raise OSError('no network')
ntptime.settime = settime
for name, module in (('machine', machine), ('network', network), ('ntptime', ntptime)):
    sys.modules[name] = module
from prepaid_esp32 import Board
"""


def test_a_key_is_taken_once_however_it_bounces_and_however_short_it_is(tmp_path: Path) -> None:
    looks = [None, "1", None, "1", "1", "1", "1", None, "1", None, None, "1", "1", None, None, "2", "2"]
    looks += [None, None, "*", "*", "3", "3", "4", "4", "4", None, None, "#", "#", "#", None, None, "#", "#"]
    said = micropython(
        "from keypad import Keypad\n"
        f"looks = iter({looks!r})\n"
        "keypad = Keypad(lambda: next(looks))\n"
        f"for _ in range({len(looks)}):\n"
        "    line = keypad.scan()\n"
        "    print(repr((keypad.line, line)))\n",
        tmp_path,
    ).splitlines()
    assert said[16] == "('112', None)"
    assert [line for line in said if "None" not in line] == ["('', '34')", "('', '')"]


def test_the_matrix_finds_the_key_at_the_crossing(tmp_path: Path) -> None:
    said = micropython(
        "from keypad import Matrix\n"
        "class Row:\n"
        "    def __init__(self): self.high = 0\n"
        "    def value(self, high): self.high = high\n"
        "rows = [Row() for _ in range(4)]\n"
        "class Column:\n"
        "    def __init__(self, row): self.row = row\n"
        "    def value(self): return self.row.high if self.row else 0\n"
        "keys = ('123', '456', '789', '*0#')\n"
        "for held in ((None, None, None), (None, rows[1], None), (None, None, rows[3])):\n"
        "    print(Matrix(rows, [Column(row) for row in held], keys).pressed())\n",
        tmp_path,
    )
    assert said.split() == ["None", "5", "#"]


def test_the_display_gets_letters_in_halves(tmp_path: Path) -> None:
    """What the chip understands: a half of four bits each time the enable line falls."""
    said = micropython(
        "import lcd\n"
        "class Wires:\n"
        "    def __init__(self): self.sent = []\n"
        "    def scan(self): return [0x40, 0x27]\n"
        "    def writeto(self, address, data): self.sent.append((address, data))\n"
        "wires = Wires()\n"
        "found = lcd.found(wires)\n"
        "print([data[0] >> 4 for _, data in wires.sent[:4]])\n"
        "wires.sent = []\n"
        "found.show(1, 'wait 15 min and no more')\n"
        "halves = [data[0] for _, data in wires.sent]\n"
        "print(all(address == 0x27 and data[0] & 4 and not data[1] & 4 for address, data in wires.sent))\n"
        "whole = [(high & 0xF0) | low >> 4 for high, low in zip(halves[::2], halves[1::2])]\n"
        "print(hex(whole[0]), bytes(whole[1:]).decode())\n"
        "class Bare:\n"
        "    def scan(self): return [0x40]\n"
        "print(lcd.found(Bare()))\n",
        tmp_path,
    )
    assert said.splitlines() == ["[3, 3, 3, 2]", "True", "0xc0 wait 15 min and ", "None"]


def test_a_server_that_trickles_is_left_in_time(tmp_path: Path) -> None:
    """A byte now and then keeps each step short: it is the whole that must end before the watchdog does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            link, _ = server.accept()
            with link:
                try:
                    while True:
                        link.sendall(b"H")
                        time.sleep(0.1)
                except OSError:
                    pass

        threading.Thread(target=trickle, daemon=True).start()
        began = time.monotonic()
        said = micropython(
            "import http\nhttp.LONGEST_S = 1\n"
            f"try:\n    http.post('http://127.0.0.1:{server.getsockname()[1]}/', b'', {{}}, None)\n"
            "except OSError as problem:\n    print(problem)\n",
            tmp_path,
        )
    assert said.strip() == "the answer takes too long"
    assert time.monotonic() - began < 5


def test_the_watchdog_outlasts_the_longest_step_on_the_network(tmp_path: Path) -> None:
    said = micropython("import http\nprint(http.STEP_S, http.LONGEST_S)", tmp_path)
    step, longest = map(int, said.split())
    [watchdog] = [
        int(line.split("=")[1])
        for line in (FIRMWARE / "prepaid_esp32.py").read_text().splitlines()
        if line.startswith("WATCHDOG_MS")
    ]
    # Connecting, sending, and an answer whose last byte takes a whole step.
    assert 2 * (3 * step + longest) * 1000 <= watchdog


def test_the_board_opens_its_relay_first_and_does_without_time_and_display(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"wifi_ssid": "w", "wifi_password": "p"}')
    said = micropython(
        CHIP
        + "board = Board()\n"
        + "print(Pin.made[0], board.watchdog.timeout, board.lcd)\n"
        + "board.switch(True)\nboard.alive()\nboard.say('wait')\nboard.show_left('left 1.000')\n"
        + "print(board.relay.now, board.watchdog.fed, board.typed(), board.power_mw() > 0, board.uptime_ms() < 1000)\n",
        tmp_path,
    )
    assert said.splitlines() == ["(33, 0) 60000 None", "wait", "1 1 None True True"]


def test_a_display_that_breaks_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"wifi_ssid": "w", "wifi_password": "p"}')
    said = micropython(
        CHIP
        + "I2C.present = True\nboard = Board()\nprint(board.lcd is not None)\n"
        + "I2C.broken = True\nboard.show_left('left 1.000')\nprint(board.lcd)\n"
        + "I2C.broken = False\nboard.keypad.line = '12'\nboard.typed()\n",
        tmp_path,
    )
    assert said.splitlines() == ["True", "None"]


def test_only_tls_asks_for_the_time(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"wifi_ssid": "w", "wifi_password": "p"}')
    said = micropython(
        CHIP
        + "import prepaid_esp32\nboard = Board()\nprepaid_esp32.CLOCK_SET_S = 2 ** 60\n"
        + "try:\n    board.tls(None, 'coop')\nexcept OSError as problem:\n    print(problem)\n",
        tmp_path,
    )
    assert said.strip() == "no network"
