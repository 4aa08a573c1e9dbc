# What codes have unlocked and what was dispensed of it, on flash: told to the co-op in signed reports until it is taken.
import json
import os

from openpaygo import Codes

DISPENSE_TAG = b"stelltron:dispense:v1\x00"
REPORT_TAG = b"stelltron:report:v1\x00"
# One report: what the co-op takes at a time, and what fits into memory here.
MOST_COUNTS, MOST_RECEIPTS = 100, 20
KEPT = ("counter", "unlocked", "unsigned", "payers", "told", "unknown", "receipts")
KEPT_CODES = ("count", "used", "wrong", "locked_until")


class Credit:
    """Quantities are in parts of the measure; ``unlocked`` and ``unsigned`` are [count, parts], the oldest first."""

    def __init__(self, path, key, config):
        self.path = path
        self.key = key
        self.generator = config["generator"]
        self.serial = config["serial"]
        self.quantum = config["quantum"]
        self.codes = Codes(bytes.fromhex(config["key"]), config["starting_code"], config["count"])
        self.counter = 0
        self.unlocked = []
        self.unsigned = []
        self.payers = []
        self.told = []
        self.unknown = []
        self.receipts = []
        try:
            with open(path) as file:
                kept = json.load(file)
        except OSError:
            # The first start. Damaged, it stops here: an empty one would take every code again.
            self.save()
            return
        for name in KEPT:
            setattr(self, name, kept[name])
        for name in KEPT_CODES:
            setattr(self.codes, name, kept["codes"][name])

    def save(self):
        kept = {name: getattr(self, name) for name in KEPT}
        kept["codes"] = {name: getattr(self.codes, name) for name in KEPT_CODES}
        with open(self.path + ".new", "w") as file:
            json.dump(kept, file)
        os.rename(self.path + ".new", self.path)

    def enter(self, code, now):
        """The parts that a code adds. It is on flash before anything flows: power that goes brings no code back."""
        try:
            count, value = self.codes.enter(code, now)
            self.unlocked.append([count, value * self.quantum])
            self.told.append(count)
        finally:
            self.save()
        return value * self.quantum

    def left(self):
        return sum(parts for _, parts in self.unlocked)

    def dispense(self, parts):
        """As far as the credit goes, of the code typed first."""
        while parts > 0 and self.unlocked:
            first = self.unlocked[0]
            taken = min(parts, first[1])
            parts -= taken
            first[1] -= taken
            self._owe(first[0], taken)
            if not first[1]:
                self.unlocked.pop(0)

    def has_news(self):
        known = [count for count, _ in self.payers]
        return bool(self.told or self.receipts or [1 for count, _ in self.unsigned if count in known])

    def report(self):
        """(body, signature) of the oldest that was not taken yet. Told twice it does no harm."""
        self._sign_receipts()
        # The counters are used up before anybody sees them.
        self.save()
        body = json.dumps({"used": self.told[:MOST_COUNTS], "dispensed": self.receipts[:MOST_RECEIPTS]}).encode()
        return body, self.key.sign(REPORT_TAG + self.serial.encode() + b"\x00" + body).hex()

    def take(self, answer):
        """Forget what was written down elsewhere, and learn whose the codes are."""
        self.unknown += [count for count in self.told if count in answer["unknown"]]
        self.told = [count for count in self.told if count not in answer["counts"] and count not in answer["unknown"]]
        self.receipts = [receipt for receipt in self.receipts if receipt["counter"] > answer["counter"]]
        known = [count for count, _ in self.payers]
        self.payers += [[one["count"], one["user"]] for one in answer["payers"] if one["count"] not in known]
        self.save()

    def _owe(self, count, parts):
        for owed in self.unsigned:
            if owed[0] == count:
                owed[1] += parts
                return
        self.unsigned.append([count, parts])

    def _sign_receipts(self):
        """One for all that was dispensed of each code whose payer is known."""
        open_counts = [count for count, _ in self.unlocked]
        users = dict(self.payers)
        for count, parts in [owed for owed in self.unsigned if owed[0] in users]:
            user = users[count]
            self.counter += 1
            message = DISPENSE_TAG + self.generator.encode() + user.encode()
            message += self.counter.to_bytes(8, "big") + parts.to_bytes(8, "big")
            signature = self.key.sign(message).hex()
            self.receipts.append({"user": user, "quantity": parts, "counter": self.counter, "signature": signature})
            self.unsigned = [owed for owed in self.unsigned if owed[0] != count]
            if count not in open_counts:
                self.payers = [known for known in self.payers if known[0] != count]
