# The Unix port as a board: a recorded sensor and a clock that may run faster than the wall's. For demos and tests.
import json
import time


class Board:
    """Reads ``clock.json`` {data, wall, rate} and ``power.csv`` (Unix second, mW from then on) in its folder."""

    def __init__(self):
        self.times = []
        self.powers = []
        with open("power.csv") as recording:
            for line in recording:
                start, power = line.split(",")
                self.times.append(int(start))
                self.powers.append(int(power))
        self.at = 0
        self.keys = 0
        self.on = None
        while not self._has_clock():
            time.sleep(0.1)

    def now_ms(self):
        with open("clock.json") as file:
            clock = json.load(file)
        # Doubles hold the milliseconds of 2100; the port's time is a double.
        return int((clock["data"] + (time.time() - clock["wall"]) * clock["rate"]) * 1000)

    def _has_clock(self):
        """As a board waits for NTP, this one waits for whoever plays the recording."""
        try:
            return self.now_ms() > 0
        except (OSError, ValueError):
            return False

    def power_mw(self):
        return self.power_mw_at(self.now_ms(), 0)

    def power_mw_at(self, moment_ms, measured):
        second = moment_ms // 1000
        if self.at and self.times[self.at] > second:
            self.at = 0
        while self.at + 1 < len(self.times) and self.times[self.at + 1] <= second:
            self.at += 1
        return self.powers[self.at] if self.times[self.at] <= second else 0

    def stored_mwh(self, registers):
        """A battery that ``battery.json`` {mwh} filled, less what has left the house since; none without the file."""
        try:
            with open("battery.json") as file:
                return json.load(file)["mwh"] - registers.exported
        except (OSError, ValueError):
            return 0

    def voltage_dv(self):
        return 2300

    def uptime_s(self):
        return time.time()

    def uptime_ms(self):
        """Of a prepaid meter, which needs no other time: the played one."""
        return self.now_ms()

    def sleep_ms(self, milliseconds):
        time.sleep(milliseconds / 1000)

    def typed(self):
        """The next line of ``keypad.txt``, which is the keypad of a prepaid meter."""
        try:
            with open("keypad.txt") as file:
                lines = file.read().split("\n")[:-1]
        except OSError:
            return None
        self.keys += 1
        if self.keys > len(lines):
            self.keys = len(lines)
            return None
        return lines[self.keys - 1]

    def say(self, text):
        with open("display.txt", "a") as file:
            file.write(text + "\n")

    def show_left(self, text):
        with open("left.txt", "w") as file:
            file.write(text + "\n")

    def alive(self):
        pass

    def switch(self, on):
        if on != self.on:
            self.on = on
            self.say("on" if on else "off")

    def tls(self, plain, host):
        raise OSError("no TLS on this board")

    def show(self, state):
        pass
