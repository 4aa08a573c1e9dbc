# The meter at a generator that is paid ahead: takes codes, lets through what they unlock, and tells of it when it can.
import json

import ed25519
import http
from credit import Credit
from openpaygo import Refused
from registers import Registers


class Prepaid:
    """``board`` gives time, power, keypad, display and the switch; everything else is the same on every machine."""

    def __init__(self, board, config):
        self.board = board
        self.config = config
        self.credit = Credit("credit.json", ed25519.own_key("seed.bin"), config)
        self.registers = Registers()
        self.measured_ms = board.now_ms()
        self.flowed = 0
        self.tried_at = board.uptime_s()
        board.switch(self.credit.left() > 0)

    def run(self):
        """Whatever goes wrong, nothing flows that nobody counts."""
        try:
            while True:
                self.step()
        finally:
            self.board.switch(False)

    def step(self):
        self._type()
        self._measure()
        self.board.switch(self.credit.left() > 0)
        now = self.board.uptime_s()
        if now - self.tried_at >= self.config["report_s"]:
            self.tried_at = now
            self.credit.save()
            self._report()
        self.board.sleep_ms(self.config["sample_ms"])

    def _type(self):
        code = self.board.typed()
        if not code:
            return
        try:
            self.credit.enter(code, self.board.now_ms() // 1000)
            self.board.say("%d left" % self.credit.left())
        except Refused as problem:
            self.board.say(str(problem))

    def _measure(self):
        """What has flowed since the last time; nothing does while there is no credit."""
        now_ms = self.board.now_ms()
        if self.credit.left():
            self.registers.add(-abs(self.board.power_mw()), now_ms - self.measured_ms)
        self.measured_ms = now_ms
        flowed = self.registers.imported * self.config["parts"] // 1000000
        self.credit.dispense(flowed - self.flowed)
        self.flowed = flowed

    def _report(self):
        """One page. Nothing flows meanwhile: what a slow network takes is time, not energy."""
        if not self.credit.has_news():
            return
        self._measure()
        self.board.switch(False)
        body, signature = self.credit.report()
        headers = {"Content-Type": "application/json", "X-Meter-Signature": signature}
        try:
            status, answer = http.post(self.config["report_url"], body, headers, self.board.tls)
            if status == 200:
                self.credit.take(json.loads(answer))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self.measured_ms = self.board.now_ms()
