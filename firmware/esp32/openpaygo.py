# Codes of nine digits that add energy to this meter, each once, without a network: OpenPAYGO, as the co-op issues them.
MASK = (1 << 64) - 1
LARGEST_VALUE = 995
# Counts ahead of the highest one used that are known, and behind it that may come late.
AHEAD = BEHIND = 512
# Hashes after which the meter looks at what flows: some tenths of a second on an ESP32.
LOOK_UP = 64
# After so many wrong codes none is taken for a while, twice as long each time until a right one comes: in a million
# tries 256 are right, so that fifteen a day find one in the better part of a year.
MOST_WRONG, LOCKED_S, LONGEST_LOCKED_S = 5, 900, 28800


class Refused(Exception):
    """Why a code was not taken, in as much as a line of the display takes."""


class Codes:
    """Which codes were taken; ``count`` is the highest. ``meanwhile`` is called now and then while one is looked for."""

    def __init__(self, key, starting_code, count=1, meanwhile=lambda: None):
        self.key = key
        self.starting_code = starting_code
        self.meanwhile = meanwhile
        self.count = count
        self.used = []
        self.wrong = 0
        self.locked_until = 0

    def enter(self, code, now):
        """(count, value) of a code typed at the second ``now``, counted from the start. Raises Refused."""
        if now < self.locked_until:
            raise Refused("wait %d min" % -(-(self.locked_until - now) // 60))
        code = code.replace(" ", "")
        if len(code) != 9 or not code.isdigit():
            raise Refused("nine digits")
        count = self._count_of(int(code))
        if count is None:
            self.wrong += 1
            if self.wrong % MOST_WRONG == 0:
                times = self.wrong // MOST_WRONG - 1
                self.locked_until = now + min(LOCKED_S << min(times, 10), LONGEST_LOCKED_S)
            raise Refused("not a code here")
        if count in self.used or count <= self.count - BEHIND:
            raise Refused("used or too old")
        self.count = max(self.count, count)
        self.used = [used for used in self.used + [count] if used > self.count - BEHIND]
        self.wrong = 0
        return count, (int(code) - self.starting_code) % 1000

    def _count_of(self, code):
        """Even counts add; the others are left to codes that would set or disable."""
        base = code % 1000
        if not 0 < (base - self.starting_code) % 1000 <= LARGEST_VALUE:
            return None
        current = _with_base(self.starting_code, base)
        for count in range(1, self.count + AHEAD + 1):
            current = _next(current, self.key)
            if count % LOOK_UP == 0:
                self.meanwhile()
            if count % 2 == 0 and _with_base(current, base) == code:
                return count
        return None


def _with_base(code, base):
    return code - code % 1000 + base


def _next(code, key):
    hashed = siphash(key, code.to_bytes(4, "big") * 2)
    shortened = ((hashed >> 32) ^ (hashed & 0xFFFFFFFF)) >> 2
    return shortened if shortened <= 999999999 else shortened - 73741825


def siphash(key, block):
    """SipHash-2-4 of eight bytes, 64 bits."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:16], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    for word in (int.from_bytes(block, "little"), len(block) << 56):
        v[3] ^= word
        _round(v)
        _round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _round(v):
    v[0] = (v[0] + v[1]) & MASK
    v[1] = _left(v[1], 13) ^ v[0]
    v[0] = _left(v[0], 32)
    v[2] = (v[2] + v[3]) & MASK
    v[3] = _left(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & MASK
    v[3] = _left(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & MASK
    v[1] = _left(v[1], 17) ^ v[2]
    v[2] = _left(v[2], 32)


def _left(word, bits):
    return ((word << bits) | (word >> (64 - bits))) & MASK
