# The meter: sample power, integrate to registers, report on a fixed grid, send, keep until acknowledged.
import ed25519
import mqtt
import wire
from locks import Locks
from outbox import Outbox
from registers import Registers

RETRY_S = 2
PING_S = 10
SILENCE_S = 5


class Meter:
    """``board`` gives time, power, voltage and sleep; everything else is the same on every machine."""

    def __init__(self, board, config):
        self.board = board
        self.config = config
        self.key = bytes.fromhex(config["key"])
        self.outbox = Outbox("outbox.jsonl")
        last = self.outbox.last
        self.sequence = last[0] if last else 0
        self.boot = last[1] + 1 if last else 1
        self.registers = Registers(last[3], last[4]) if last else Registers()
        self.locks = Locks("locks.json", ed25519.own_key("seed.bin"))
        self.link = None
        self.tried_at = self.pinged_at = self.heard_at = 0
        # A clock behind our own last reading is not set yet.
        while last and board.now_ms() // 1000 <= last[2]:
            board.sleep_ms(config["sample_ms"])
        # Time that passed without power is not ours to measure: start at the next moment we see.
        self.measured_ms = board.now_ms()
        self.power_mw = board.power_mw()
        self._report(self.measured_ms // 1000)

    def run(self):
        while True:
            self.step()

    def step(self):
        self._measure()
        self._keep_link()
        if self.link:
            try:
                self._talk()
            except OSError:
                self._drop_link()
        else:
            self.board.sleep_ms(self.config["sample_ms"])

    def _measure(self):
        """Integrate up to now, stopping at every report boundary on the way, so that readings lie on the grid."""
        now_ms = self.board.now_ms()
        grid_ms = self.config["report_s"] * 1000
        while self.measured_ms < now_ms:
            until = min(now_ms, (self.measured_ms // grid_ms + 1) * grid_ms)
            before = self.registers.exported
            self.registers.add(self.board.power_mw_at(self.measured_ms, self.power_mw), until - self.measured_ms)
            self.measured_ms = until
            self.locks.exported(self.registers.exported - before, until // 1000)
            if until % grid_ms == 0:
                self._report(until // 1000)
        self.power_mw = self.board.power_mw()

    def _report(self, t):
        if self.locks.locks:
            self.locks.save()
        self.sequence += 1
        registers = self.registers
        self.outbox.add(
            (
                self.sequence,
                self.boot,
                t,
                registers.exported,
                registers.imported,
                self.power_mw // 1000,
                self.board.voltage_dv(),
            )
        )

    def _keep_link(self):
        now = self.board.uptime_s()
        if self.link or now - self.tried_at < RETRY_S:
            return
        self.tried_at = now
        config = self.config
        try:
            self.link = mqtt.Client(
                config["mqtt_host"],
                config["mqtt_port"],
                config["device"],
                config.get("mqtt_user"),
                config.get("mqtt_password"),
                tls=self.board.tls if config.get("mqtt_tls") else None,
            )
            self.link.subscribe("st/v1/%s/ack" % config["device"])
            self.link.subscribe("st/v1/%s/command" % config["device"])
            self._answer("hello", "", 0, b"")
            self.outbox.send_again()
            self.heard_at = self.pinged_at = now
            self.board.show("online")
        except (OSError, mqtt.Refused):
            self._drop_link()

    def _drop_link(self):
        if self.link:
            self.link.close()
        self.link = None
        self.board.show("offline")

    def _talk(self):
        now = self.board.uptime_s()
        while True:
            reading = self.outbox.next()
            if reading is None:
                break
            payload = wire.encode(self.key, self.config["device"], reading, self.outbox.low())
            self.link.publish("st/v1/%s/telemetry" % self.config["device"], payload)
        if now - self.pinged_at > PING_S:
            self.link.ping()
            self.pinged_at = now
        message = self.link.receive(self.config["sample_ms"])
        if message and message[0].endswith("/command"):
            self._obey(message[1])
        elif message:
            self._take(message[1])
        if self.outbox.readings and now - self.heard_at > SILENCE_S:
            self.outbox.send_again()
            self.heard_at = now

    def _obey(self, payload):
        command = wire.opened(self.key, payload)
        try:
            if command:
                stored = self.board.stored_mwh(self.registers)
                do, wh, signature = self.locks.answer(command, stored, self.measured_ms // 1000)
                self._answer(do, command["id"], wh, signature)
        except (KeyError, TypeError, ValueError):
            # Sealed, but of a version to come: whoever asked asks again, or gives up in time.
            pass

    def _answer(self, do, name, wh, signature):
        device = self.config["device"]
        payload = wire.encode_answer(self.key, device, do, self.locks.key.public, name, wh, signature)
        self.link.publish("st/v1/%s/answer" % device, payload)

    def _take(self, payload):
        ack = wire.decode_ack(self.key, payload)
        if ack:
            self.outbox.acknowledge(ack[0], ack[1])
            self.heard_at = self.board.uptime_s()
