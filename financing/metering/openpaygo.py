"""OpenPAYGO tokens: nine digits that add energy to one meter, once, without a network. Pure.

Server and meter share a key and a starting code. Each code belongs to a count, which rises; its last three digits
carry the value. The meter knows a code by making the codes of the counts ahead itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KEY_BYTES = 16
LARGEST_VALUE = 995
# Counts ahead of the highest one used that a meter still knows, and behind it that may come late: 256 codes either way,
# since a whole village buys for one meter.
AHEAD, BEHIND = 512, 512
# A meter that is given wrong codes takes none for a while, twice as long each time until a right one comes: in a million
# tries 256 are right, so that fifteen a day find one in the better part of a year.
MOST_WRONG, LOCKED_SECONDS, LONGEST_LOCKED_SECONDS = 5, 900, 28_800
_MASK = (1 << 64) - 1


class CodeRefused(Exception):
    """Why the meter did not take a code, as its display says."""


def issue(key: bytes, starting_code: int, count: int, value: int) -> tuple[str, int]:
    """The next code after ``count`` that adds ``value``, and its own count. Raises ValueError."""
    if not 0 < value <= LARGEST_VALUE:
        raise ValueError(f"a code carries 1 to {LARGEST_VALUE}")
    own = following(count)
    base = (value + starting_code) % 1000
    current = _with_base(starting_code, base)
    for _ in range(own):
        current = _next(current, key)
    return f"{_with_base(current, base):09}", own


def following(count: int) -> int:
    """The next count that adds: those are even."""
    return count + 1 if count % 2 else count + 2


def is_overtaken(count: int, highest: int) -> bool:
    """Whether a meter that has used the count ``highest`` takes this one no more, used or not."""
    return count <= highest - BEHIND


@dataclass
class Acceptor:
    """The meter's side: which codes it has taken, in a few bytes."""

    key: bytes
    starting_code: int
    count: int = 1
    used: set[int] = field(default_factory=set)
    wrong: int = 0
    locked_until: int = 0

    def enter(self, code: str, at: int) -> int:
        """The value of a code typed at the unix second ``at``. Raises CodeRefused."""
        if at < self.locked_until:
            raise CodeRefused("too many wrong codes: wait a quarter of an hour")
        digits = code.replace(" ", "")
        if len(digits) != 9 or not digits.isdecimal():
            raise CodeRefused("a code has nine digits")
        count = self._count_of(int(digits))
        if count is None:
            self._was_wrong(at)
            raise CodeRefused("this is not a code of this meter")
        if is_overtaken(count, self.count):
            raise CodeRefused("this code was used, or is too old: who paid for it can have another one")
        if count in self.used:
            raise CodeRefused("this code was used before")
        self.used.add(count)
        self.count = max(self.count, count)
        self.used = {used for used in self.used if not is_overtaken(used, self.count)}
        self.wrong = 0
        return (int(digits) - self.starting_code) % 1000

    def _count_of(self, code: int) -> int | None:
        """Even counts add; the others are left to codes that would set or disable."""
        base = code % 1000
        if not 0 < (base - self.starting_code) % 1000 <= LARGEST_VALUE:
            return None
        current = _with_base(self.starting_code, base)
        for count in range(1, self.count + AHEAD + 1):
            current = _next(current, self.key)
            if count % 2 == 0 and _with_base(current, base) == code:
                return count
        return None

    def _was_wrong(self, at: int) -> None:
        self.wrong += 1
        if self.wrong % MOST_WRONG == 0:
            times = self.wrong // MOST_WRONG - 1
            self.locked_until = at + min(LOCKED_SECONDS << min(times, 10), LONGEST_LOCKED_SECONDS)


def _with_base(code: int, base: int) -> int:
    return code - code % 1000 + base


def _next(code: int, key: bytes) -> int:
    block = code.to_bytes(4, "big") * 2
    hashed = siphash(key, block)
    folded = (hashed >> 32) ^ (hashed & 0xFFFFFFFF)
    shortened = folded >> 2
    return shortened if shortened <= 999_999_999 else shortened - 73_741_825


def siphash(key: bytes, message: bytes) -> int:
    """SipHash-2-4, 64 bits."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:16], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(message) - len(message) % 8
    words = [int.from_bytes(message[at : at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(message[whole:].ljust(7, b"\0") + bytes([len(message) & 0xFF]), "little"))
    for word in words:
        v[3] ^= word
        _round(v)
        _round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & _MASK
    v[1] = _left(v[1], 13) ^ v[0]
    v[0] = _left(v[0], 32)
    v[2] = (v[2] + v[3]) & _MASK
    v[3] = _left(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & _MASK
    v[3] = _left(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & _MASK
    v[1] = _left(v[1], 17) ^ v[2]
    v[2] = _left(v[2], 32)


def _left(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (64 - bits))) & _MASK
