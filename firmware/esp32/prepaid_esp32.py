# The ESP32 board of a prepaid meter: relay, INA228, keypad, display if there is one, watchdog; Wi-Fi as far as it goes.
import json
import time

import lcd
import machine
from board_esp32 import EPOCH_2000, SCL, SDA, join, tls
from ina228 import Ina228
from keypad import Keypad, Matrix

KEYS = ("123", "456", "789", "*0#")
ROWS, COLUMNS, RELAY = (16, 17, 18, 19), (13, 14, 23), 33
# Longer than the longest step: a report takes 5 s to connect, 20 for its answer (http.py), some for a name and for TLS.
WATCHDOG_MS = 60000
# The chip wakes up in the year 2000; certificates are younger.
CLOCK_SET_S = 1750000000 - EPOCH_2000
FIRST_LINE, SECOND_LINE = 0, 1


class Board:
    def __init__(self):
        # First of all: whatever comes next may fail.
        self.relay = machine.Pin(RELAY, machine.Pin.OUT, value=0)
        self.ticks, self.elapsed_ms = time.ticks_ms(), 0
        self.watchdog = machine.WDT(timeout=WATCHDOG_MS)
        i2c = machine.I2C(0, scl=machine.Pin(SCL), sda=machine.Pin(SDA), freq=100000)
        self.sensor = Ina228(i2c)
        self.lcd = self._display(i2c)
        rows = [machine.Pin(pin, machine.Pin.OUT, value=0) for pin in ROWS]
        columns = [machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_DOWN) for pin in COLUMNS]
        self.keypad = Keypad(Matrix(rows, columns, KEYS).pressed)
        self.line = ""
        with open("config.json") as file:
            join(json.load(file))

    def uptime_ms(self):
        """Asked for every sample, so that the ticks, which begin anew after twelve days, are never behind by a round."""
        ticks = time.ticks_ms()
        self.elapsed_ms += time.ticks_diff(ticks, self.ticks)
        self.ticks = ticks
        return self.elapsed_ms

    def sleep_ms(self, milliseconds):
        time.sleep_ms(milliseconds)

    def power_mw(self):
        return self.sensor.power_mw()

    def switch(self, on):
        self.relay.value(on)

    def alive(self):
        self.watchdog.feed()

    def typed(self):
        """A line that ``#`` has ended, else None; what is typed stands on the display."""
        line = self.keypad.scan()
        if self.keypad.line != self.line:
            self.line = self.keypad.line
            self._write(SECOND_LINE, self.line)
        return line

    def say(self, text):
        print(text)
        self._write(SECOND_LINE, text)

    def show_left(self, text):
        self._write(FIRST_LINE, text)

    def tls(self, plain, host):
        """A certificate's dates need a clock: the one thing here that does, so that codes are taken without NTP."""
        if time.time() < CLOCK_SET_S:
            import ntptime

            ntptime.settime()
        return tls(plain, host)

    def _display(self, i2c):
        try:
            return lcd.found(i2c)
        except OSError:
            return None

    def _write(self, row, text):
        """Energy flows on without a display."""
        try:
            if self.lcd:
                self.lcd.show(row, text)
        except OSError:
            self.lcd = None
