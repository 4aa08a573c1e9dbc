# Signing with ed25519 (RFC 8032), for what the chain must be able to check. A board that has it in hardware replaces this.
# Not constant in time: whoever can time the meter's processor holds it in their hands.
import errno
import os

import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def _add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def _times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _packed(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _number(data):
    return int.from_bytes(data, "little")


class Key:
    """``seed``: the 32 secret bytes."""

    def __init__(self, seed):
        digest = sha512.digest(seed)
        self._scalar = (_number(digest[:32]) & (2**254 - 8)) | 2**254
        self._prefix = digest[32:]
        self.public = _packed(_times(self._scalar, BASE))

    def sign(self, message):
        r = _number(sha512.digest(self._prefix + message)) % L
        start = _packed(_times(r, BASE))
        challenge = _number(sha512.digest(start + self.public + message)) % L
        return start + ((r + challenge * self._scalar) % L).to_bytes(32, "little")


def own_key(path):
    """The device's own, made at its first start and never sent anywhere.

    Half a seed is none: it raises ValueError. One that cannot be read raises OSError: another key would be another device.
    """
    try:
        with open(path, "rb") as file:
            seed = file.read()
    except OSError as problem:
        if problem.errno != errno.ENOENT:
            raise
        seed = os.urandom(32)
        with open(path + ".new", "wb") as file:
            file.write(seed)
        os.rename(path + ".new", path)
    if len(seed) != 32:
        raise ValueError(path + " is damaged: the device needs another key")
    return Key(seed)
