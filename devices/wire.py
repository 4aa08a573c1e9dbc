"""The wire format of st/v1 (docs/protocol.md): what a meter publishes, what it is answered.

Pure. The MAC covers the very bytes before it, so that no two sides need to agree on how to write JSON.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

MAC_HEX = 32
MAC_MARK = b',"mac":"'
TAIL = len(MAC_MARK) + MAC_HEX + 2
LARGEST_PAYLOAD = 4096
BIGGEST = 2**62
BASIS_POINTS = 10_000


def telemetry_topic(device: str) -> str:
    return f"st/v1/{device}/telemetry"


def ack_topic(device: str) -> str:
    return f"st/v1/{device}/ack"


def command_topic(device: str) -> str:
    return f"st/v1/{device}/command"


def answer_topic(device: str) -> str:
    return f"st/v1/{device}/answer"


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    """One message: cumulative registers in mWh, power in W, voltage in tenths of a volt, time in Unix seconds.

    A battery adds its state of charge ``c`` and of health ``h`` in basis points.
    ``low`` is the oldest sequence number the device still keeps; it tells a message lost on the way
    (sent again) from one the device no longer has.
    """

    v: int
    device: str
    seq: int
    low: int
    boot: int
    t: int
    exp: int
    imp: int
    p: int = 0
    u: int | None = None
    c: int | None = None
    h: int | None = None


class BadMessage(Exception):
    """Not the wire format; ``str`` says where it departs."""


class WrongMac(Exception):
    pass


_decoder = msgspec.json.Decoder(Reading)


def mac(key: bytes, body: bytes) -> bytes:
    """The first 16 bytes of HMAC-SHA256, in hex."""
    return hmac.digest(key, body, hashlib.sha256)[: MAC_HEX // 2].hex().encode()


def seal(key: bytes, body: bytes) -> bytes:
    """A JSON object with its MAC as the last member."""
    return body[:-1] + MAC_MARK + mac(key, body) + b'"}'


def encode(key: bytes, reading: Reading) -> bytes:
    """The bytes a meter sends, keys in the firmware's order."""
    optional = (("u", reading.u), ("c", reading.c), ("h", reading.h))
    rest = "".join(f',"{name}":{value}' for name, value in optional if value is not None).encode()
    body = b'{"v":%d,"device":"%s","seq":%d,"low":%d,"boot":%d,"t":%d,"exp":%d,"imp":%d,"p":%d%s}' % (
        reading.v,
        reading.device.encode(),
        reading.seq,
        reading.low,
        reading.boot,
        reading.t,
        reading.exp,
        reading.imp,
        reading.p,
        rest,
    )
    return seal(key, body)


def decode(payload: bytes) -> Reading:
    """The reading inside ``payload``, its MAC not yet checked. Raises BadMessage."""
    if payload[-TAIL : -TAIL + len(MAC_MARK)] != MAC_MARK or not payload.endswith(b'"}'):
        raise BadMessage("the message does not end in its MAC")
    try:
        reading = _decoder.decode(payload[:-TAIL] + b"}")
    except (msgspec.DecodeError, ValueError, RecursionError) as problem:
        raise BadMessage(str(problem)) from None
    if reading.v != 1:
        raise BadMessage(f"version {reading.v} is not spoken here")
    numbers = (reading.seq, reading.low, reading.boot, reading.t, reading.exp, reading.imp)
    if min(numbers) < 0 or max(numbers) > BIGGEST or abs(reading.p) > 2**31 - 1:
        raise BadMessage("a number is negative or out of range")
    if reading.low > reading.seq:
        raise BadMessage("low is above seq")
    if reading.t > 2**33 or not -(2**31) < (reading.u or 0) < 2**31:
        raise BadMessage("a number is out of range")
    if not all(0 <= share <= BASIS_POINTS for share in (reading.c or 0, reading.h or 0)):
        raise BadMessage("a battery's charge and health lie between 0 and 10000 basis points")
    return reading


def check_mac(key: bytes, payload: bytes) -> None:
    """Raises WrongMac unless ``payload`` was sealed with ``key``."""
    body, given = payload[:-TAIL] + b"}", payload[-MAC_HEX - 2 : -2]
    if not hmac.compare_digest(mac(key, body), given):
        raise WrongMac


def encode_ack(key: bytes, sequence: int, *, again: bool = False) -> bytes:
    """Everything up to ``sequence`` is dealt with; ``again``: something after it got lost, send from there."""
    return seal(key, b'{"v":1,"seq":%d,"again":%d}' % (sequence, again))


def decode_ack(key: bytes, payload: bytes) -> tuple[int, bool]:
    """The other side of encode_ack. Raises WrongMac or BadMessage."""
    check_mac(key, payload)
    try:
        ack = msgspec.json.decode(payload[:-TAIL] + b"}")
        return int(ack["seq"]), bool(ack["again"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as problem:
        raise BadMessage(str(problem)) from None
