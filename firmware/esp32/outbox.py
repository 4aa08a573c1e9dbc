# Readings that are not acknowledged yet, kept on flash: an outage or a restart loses none of them.
import json
import os

CAPACITY = 4000
COMPACT_AFTER = 64


class Outbox:
    """Also the meter's memory: the last line tells where sequence and registers stood."""

    def __init__(self, path):
        self.path = path
        self.readings = []
        self.sent = 0
        self.last = None
        self._stale = 0
        self._load()

    def add(self, reading):
        if len(self.readings) == CAPACITY:
            # Registers are cumulative: the oldest is the one whose loss costs least.
            self.readings.pop(0)
            self.sent = max(self.sent - 1, 0)
        self.readings.append(reading)
        self.last = reading
        with open(self.path, "a") as file:
            file.write(json.dumps(reading) + "\n")

    def low(self):
        """The oldest sequence number still here."""
        return self.readings[0][0]

    def next(self):
        """The next reading to send, or None."""
        if self.sent < len(self.readings):
            self.sent += 1
            return self.readings[self.sent - 1]
        return None

    def acknowledge(self, sequence, again):
        while self.readings and self.readings[0][0] <= sequence:
            self.readings.pop(0)
            self.sent = max(self.sent - 1, 0)
            self._stale += 1
        if again:
            self.sent = 0
        if self._stale >= COMPACT_AFTER:
            self._compact()

    def send_again(self):
        self.sent = 0

    def _load(self):
        try:
            with open(self.path) as file:
                for line in file:
                    try:
                        self.readings.append(tuple(json.loads(line)))
                    except ValueError:
                        # The power went while this line was written; it was never sent.
                        break
        except OSError:
            return
        if self.readings:
            self.last = self.readings[-1]
            self._compact()

    def _compact(self):
        kept = self.readings or ([self.last] if self.last else [])
        with open(self.path + ".new", "w") as file:
            for reading in kept:
                file.write(json.dumps(reading) + "\n")
        os.rename(self.path + ".new", self.path)
        self._stale = 0
