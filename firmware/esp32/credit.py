# What codes have unlocked and what was dispensed of it, on flash: told to the co-op in signed reports until it is taken.
import errno
import json
import os

from openpaygo import Codes, Refused

DISPENSE_TAG = b"stelltron:dispense:v1\x00"
REPORT_TAG = b"stelltron:report:v1\x00"
# One report: what the co-op takes at a time, and what fits into memory here.
MOST_COUNTS, MOST_RECEIPTS = 100, 20
# What may flow before flash is written again is half of the smallest code (50 Wh), topped up when a fifth is left: a save
# each 40 Wh. A save costs about three erased blocks; littlefs spreads them over some 400 free ones of 2 MiB, each good
# for 100,000, which makes 13 million saves: 10 kW day and night take six years to get there, a village of 40 kWh a day
# 36. A fifth (10 Wh) is what 10 kW take in 3.6 s, so that flash is ahead of what flows.
SLICES_IN_QUANTUM, LOW_AT_A = 2, 5
# A lock after wrong codes is written down again so often while it runs: who has no power for a while waits that much more.
LOCK_KEPT_S = 300
KEPT = ("counter", "slice", "unlocked", "unsigned", "debt", "payers", "told", "unknown", "receipts")
KEPT_CODES = ("count", "used", "wrong")


def _sum(parts_of):
    return sum(parts for _, parts in parts_of)


class Credit:
    """Quantities are in parts of the measure; ``slice``, ``unlocked`` and ``unsigned`` are [count, parts], oldest first.

    ``slice`` was taken off ``unlocked`` on flash before it flows: after a cut it counts as dispensed, whatever of it flowed.
    ``debt`` flowed beyond all credit, before the switch was off: the next code pays it.
    """

    def __init__(self, path, key, config, now=0, meanwhile=lambda: None):
        """``now``: seconds of uptime; ``meanwhile`` is called now and then while a code is looked for."""
        self.path = path
        self.key = key
        self.generator = config["generator"]
        self.serial = config["serial"]
        self.quantum = config["quantum"]
        self.codes = Codes(bytes.fromhex(config["key"]), config["starting_code"], config["count"], meanwhile)
        self.saved_at = now
        self.counter = self.debt = 0
        self.slice = []
        self.unlocked = []
        self.unsigned = []
        self.payers = []
        self.told = []
        self.unknown = []
        self.receipts = []
        try:
            with open(path) as file:
                kept = json.load(file)
        except OSError as problem:
            # The first start. Damaged or unreadable, it stops here: an empty one would take every code again.
            if problem.errno != errno.ENOENT:
                raise
            self.save(now)
            return
        for name in KEPT:
            setattr(self, name, kept[name])
        for name in KEPT_CODES:
            setattr(self.codes, name, kept["codes"][name])
        self.codes.locked_until = now + kept["locked_s"]
        for count, parts in self.slice:
            self._owe(count, parts)
        self.slice = []

    def save(self, now):
        kept = {name: getattr(self, name) for name in KEPT}
        kept["codes"] = {name: getattr(self.codes, name) for name in KEPT_CODES}
        # What is left of it: no clock goes on without power.
        kept["locked_s"] = max(self.codes.locked_until - now, 0)
        with open(self.path + ".new", "w") as file:
            json.dump(kept, file)
        os.rename(self.path + ".new", self.path)
        self.saved_at = now

    def enter(self, code, now):
        """The parts that a code adds. It is on flash before anything flows: power that goes brings no code back."""
        wrong = self.codes.wrong
        try:
            count, value = self.codes.enter(code, now)
        except Refused:
            if self.codes.wrong != wrong:
                self.save(now)
            raise
        parts = value * self.quantum
        paid = min(self.debt, parts)
        self.debt -= paid
        if paid:
            self._owe(count, paid)
        if parts > paid:
            self.unlocked.append([count, parts - paid])
        self.told.append(count)
        self.save(now)
        return parts

    def keep_lock(self, now):
        """A restart begins what was left of the lock again, and never shortens it."""
        if self.codes.locked_until > now and now - self.saved_at >= LOCK_KEPT_S:
            self.save(now)

    def left(self):
        return _sum(self.slice) + _sum(self.unlocked)

    def ready(self, now):
        """Whether something may flow: if so, a slice is on flash that covers it."""
        most = self.quantum // SLICES_IN_QUANTUM
        if self.unlocked and _sum(self.slice) <= most // LOW_AT_A:
            self._cut_slice(most)
            self.save(now)
        return bool(self.slice)

    def dispense(self, parts, now):
        """Of the code typed first; what no credit covers is owed."""
        if parts <= 0:
            return
        for source in (self.slice, self.unlocked):
            while parts and source:
                first = source[0]
                taken = min(parts, first[1])
                parts -= taken
                first[1] -= taken
                self._owe(first[0], taken)
                if not first[1]:
                    source.pop(0)
        self.debt += parts
        if not self.left():
            self.save(now)

    def give_back(self, now):
        """What of the slice has not flowed, where nothing can flow any more. A part that was begun counts."""
        if self.slice:
            self.dispense(1, now)
        self.unlocked = self.slice + self.unlocked
        self.slice = []
        self.save(now)

    def has_news(self):
        known = [count for count, _ in self.payers]
        return bool(self.told or self.receipts or [1 for count, _ in self.unsigned if count in known])

    def tell_unknown_again(self):
        """The co-op may have learnt of them since, from its own backup or from the chain."""
        self.told += [count for count in self.unknown if count not in self.told]
        self.unknown = []

    def report(self, now, alive=lambda: None):
        """(body, signature) of the oldest that was not taken yet. Told twice it does no harm.

        ``alive`` is called between signatures, which take seconds each.
        """
        self._sign_receipts(alive)
        # The counters are used up before anybody sees them.
        self.save(now)
        alive()
        body = json.dumps({"used": self.told[:MOST_COUNTS], "dispensed": self.receipts[:MOST_RECEIPTS]}).encode()
        return body, self.key.sign(REPORT_TAG + self.serial.encode() + b"\x00" + body).hex()

    def take(self, answer, now):
        """Forget what was written down elsewhere, and learn whose the codes are."""
        self.unknown += [count for count in self.told if count in answer["unknown"]]
        self.told = [count for count in self.told if count not in answer["counts"] and count not in answer["unknown"]]
        self.receipts = [receipt for receipt in self.receipts if receipt["counter"] > answer["counter"]]
        known = [count for count, _ in self.payers]
        self.payers += [[one["count"], one["user"]] for one in answer["payers"] if one["count"] not in known]
        self.save(now)

    def _cut_slice(self, most):
        """Fill the slice up to ``most`` parts."""
        room = most - _sum(self.slice)
        while room and self.unlocked:
            count, parts = self.unlocked[0]
            taken = min(room, parts)
            room -= taken
            if self.slice and self.slice[-1][0] == count:
                self.slice[-1][1] += taken
            else:
                self.slice.append([count, taken])
            self.unlocked[0][1] -= taken
            if taken == parts:
                self.unlocked.pop(0)

    def _owe(self, count, parts):
        for owed in self.unsigned:
            if owed[0] == count:
                owed[1] += parts
                return
        self.unsigned.append([count, parts])

    def _sign_receipts(self, alive):
        """One for all that was dispensed of each code whose payer is known."""
        open_counts = [count for count, _ in self.slice + self.unlocked]
        users = dict(self.payers)
        for count, parts in [owed for owed in self.unsigned if owed[0] in users]:
            alive()
            user = users[count]
            self.counter += 1
            message = DISPENSE_TAG + self.generator.encode() + user.encode()
            message += self.counter.to_bytes(8, "big") + parts.to_bytes(8, "big")
            signature = self.key.sign(message).hex()
            self.receipts.append({"user": user, "quantity": parts, "counter": self.counter, "signature": signature})
            self.unsigned = [owed for owed in self.unsigned if owed[0] != count]
            if count not in open_counts:
                self.payers = [known for known in self.payers if known[0] != count]
