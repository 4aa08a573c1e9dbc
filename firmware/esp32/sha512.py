# SHA-512, which MicroPython does not bring: only ed25519 needs it. Its constants are computed, not listed.
MASK = 2**64 - 1


def _primes(count):
    found = []
    n = 2
    while len(found) < count:
        if all(n % p for p in found):
            found.append(n)
        n += 1
    return found


def _root(n, power):
    """The integer part of the root of n * 2^(64 * power), whose low 64 bits are the root's first fractional ones."""
    target = n << (64 * power)
    low, high = 0, 1 << 70
    while low < high:
        middle = (low + high + 1) >> 1
        if middle**power <= target:
            low = middle
        else:
            high = middle - 1
    return low & MASK


_PRIMES = _primes(80)
_K = [_root(p, 3) for p in _PRIMES]
_START = [_root(p, 2) for p in _PRIMES[:8]]


def _turn(x, n):
    return (x >> n | x << (64 - n)) & MASK


def digest(message):
    data = message + b"\x80" + bytes(-(len(message) + 17) % 128) + (len(message) * 8).to_bytes(16, "big")
    state = list(_START)
    for start in range(0, len(data), 128):
        _take(state, data[start : start + 128])
    return b"".join(word.to_bytes(8, "big") for word in state)


def _take(state, block):
    w = [int.from_bytes(block[i : i + 8], "big") for i in range(0, 128, 8)]
    for i in range(16, 80):
        x, y = w[i - 15], w[i - 2]
        x = _turn(x, 1) ^ _turn(x, 8) ^ x >> 7
        y = _turn(y, 19) ^ _turn(y, 61) ^ y >> 6
        w.append((w[i - 16] + x + w[i - 7] + y) & MASK)
    a, b, c, d, e, f, g, h = state
    for i in range(80):
        s = _turn(e, 14) ^ _turn(e, 18) ^ _turn(e, 41)
        t = (h + s + (e & f ^ ~e & MASK & g) + _K[i] + w[i]) & MASK
        s = _turn(a, 28) ^ _turn(a, 34) ^ _turn(a, 39)
        u = (s + (a & b ^ a & c ^ b & c)) & MASK
        a, b, c, d, e, f, g, h = (t + u) & MASK, a, b, c, (d + t) & MASK, e, f, g
    for i, word in enumerate((a, b, c, d, e, f, g, h)):
        state[i] = (state[i] + word) & MASK
