# The meter at a generator that is paid ahead: takes codes, lets through what they unlock, and tells of it when it can.
import json

import ed25519
import http
from credit import Credit
from openpaygo import Refused
from registers import Registers

KEYS_MS = 20
# Counts that the co-op did not know are told again so often: it may have learnt of them.
UNKNOWN_AGAIN_S = 86400
MWH_PER_MEASURE = 1000000


class Prepaid:
    """``board`` gives uptime, power, keypad, display, switch and watchdog; all else is the same on every machine."""

    def __init__(self, board, config):
        self.board = board
        self.config = config
        self.on = False
        board.switch(False)
        self.measured_ms = board.uptime_ms()
        self.registers = Registers()
        self.flowed = 0
        self.shown = None
        self.credit = Credit("credit.json", ed25519.own_key("seed.bin"), config, self._now(), self._tick)
        self.tried_at = self.asked_at = self._now()
        self.credit.tell_unknown_again()

    def run(self):
        """Whatever goes wrong, nothing flows that nobody counts."""
        try:
            while True:
                self.step()
        finally:
            self._switch(False)
            self.credit.give_back(self._now())

    def step(self):
        self._tick()
        self._show()
        now = self._now()
        self.credit.keep_lock(now)
        if now - self.asked_at >= UNKNOWN_AGAIN_S:
            self.asked_at = now
            self.credit.tell_unknown_again()
        if now - self.tried_at >= self.config["report_s"]:
            self.tried_at = now
            self._report()
        self._wait()

    def _now(self):
        return self.board.uptime_ms() // 1000

    def _tick(self):
        """Measure, and let flow what is covered; the watchdog sees that this goes on."""
        self._measure()
        self._switch(self.credit.ready(self._now()))
        self.board.alive()

    def _wait(self):
        """Until the next sample, with the keys in view: nobody holds one for as long as a sample takes."""
        until = self.board.uptime_ms() + self.config["sample_ms"]
        while True:
            code = self.board.typed()
            if code:
                self._enter(code)
            if self.board.uptime_ms() >= until:
                return
            self.board.sleep_ms(KEYS_MS)

    def _enter(self, code):
        self.board.say("wait")
        try:
            self.credit.enter(code, self._now())
            self.board.say("%d left" % self.credit.left())
        except Refused as problem:
            self.board.say(str(problem))

    def _show(self):
        left = self.credit.left()
        if left != self.shown:
            self.shown = left
            parts = self.config["parts"]
            self.board.show_left("left %d.%03d" % (left // parts, left % parts * 1000 // parts))

    def _measure(self):
        """What has flowed since the last time; nothing does while the switch is off."""
        now_ms = self.board.uptime_ms()
        if self.on:
            self.registers.add(-abs(self.board.power_mw()), now_ms - self.measured_ms)
        self.measured_ms = now_ms
        flowed = self.registers.imported * self.config["parts"] // MWH_PER_MEASURE
        self.credit.dispense(flowed - self.flowed, now_ms // 1000)
        self.flowed = flowed

    def _switch(self, on):
        self.on = on
        self.board.switch(on)

    def _report(self):
        """One page. Nothing flows meanwhile: what a slow network takes is time, not energy."""
        if not self.credit.has_news():
            return
        self._measure()
        self._switch(False)
        body, signature = self.credit.report(self._now(), self.board.alive)
        headers = {"Content-Type": "application/json", "X-Meter-Signature": signature}
        self.board.alive()
        try:
            status, answer = http.post(self.config["report_url"], body, headers, self.board.tls)
            if status == 200:
                self.credit.take(json.loads(answer), self._now())
        except (OSError, ValueError, KeyError, TypeError):
            pass
