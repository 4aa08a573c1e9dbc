# Energy of the battery that is promised: reserved until it is delivered, given back, or its time is over.
# The sum of what is reserved and what is free is what the battery holds, at every moment.
import binascii
import json
import os

LOCK_TAG = b"stelltron:lock:v1\x00"
DELIVER_TAG = b"stelltron:deliver:v1\x00"
REMEMBERED = 64
# So long after its time a lock's delivery can be proved; then it is nobody's.
PROOF_S = 86400


class Locks:
    """``key`` signs; ``locks`` are [id, Wh, until, delivered mWh], the oldest first; ``over`` never begin again."""

    def __init__(self, path, key):
        self.path = path
        self.key = key
        self.locks = []
        self.over = {}
        try:
            with open(path) as file:
                kept = json.load(file)
            self.locks, self.over = kept["locks"], kept["over"]
        except (OSError, ValueError, KeyError):
            pass

    def reserved_mwh(self):
        return sum(wh * 1000 - delivered for _, wh, _, delivered in self.locks)

    def free_mwh(self, stored_mwh):
        return max(stored_mwh - self.reserved_mwh(), 0)

    def exported(self, mwh, now):
        """What has left the battery goes to the oldest promise first, and to none whose time is over."""
        for lock in self.locks:
            part = min(mwh, lock[1] * 1000 - lock[3])
            if now <= lock[2] and part > 0:
                lock[3] += part
                mwh -= part

    def save(self):
        with open(self.path + ".new", "w") as file:
            json.dump({"locks": self.locks, "over": self.over}, file)
        os.rename(self.path + ".new", self.path)

    def answer(self, command, stored_mwh, now):
        """(do, Wh, signature) for a command of the co-op. The same command gets the same answer."""
        what, name, wh = command["do"], command["id"], command["wh"]
        if what == "lock":
            return self._lock(command, stored_mwh, now)
        if what == "deliver":
            return self._deliver(command)
        if what == "unlock":
            self._end(name, None)
            return "refused", self.free_mwh(stored_mwh) // 1000, b""
        return "refused", wh, b""

    def _lock(self, command, stored_mwh, now):
        name, wh = command["id"], command["wh"]
        for old in [lock[0] for lock in self.locks if lock[2] + PROOF_S < now]:
            self._end(old, None)
        known = self._find(name)
        if known is None:
            free = self.free_mwh(stored_mwh)
            if name in self.over or wh <= 0 or wh * 1000 > free or command["until"] <= now:
                return "refused", free // 1000, b""
            self.locks.append([name, wh, command["until"], 0])
            self.save()
        elif known[1] != wh:
            return "refused", known[1], b""
        return "lock", wh, self._sign(LOCK_TAG, command, wh)

    def _deliver(self, command):
        """Signs what the co-op has counted in whole Wh of the register, but never more than has begun here."""
        name, wh = command["id"], command["wh"]
        known = self._find(name)
        counted = self.over.get(name) if known is None else -(-known[3] // 1000)
        if counted is None or wh > counted:
            return "refused", counted or 0, b""
        self._end(name, wh)
        return "deliver", wh, self._sign(DELIVER_TAG, command, wh)

    def _end(self, name, delivered_wh):
        if self._find(name) is None:
            return
        self.locks = [lock for lock in self.locks if lock[0] != name]
        if len(self.over) >= REMEMBERED:
            self.over.pop(next(iter(self.over)))
        self.over[name] = delivered_wh
        self.save()

    def _find(self, name):
        for lock in self.locks:
            if lock[0] == name:
                return lock
        return None

    def _sign(self, tag, command, wh):
        return self.key.sign(
            tag + command["contract"].encode() + binascii.unhexlify(command["id"]) + wh.to_bytes(8, "big")
        )
