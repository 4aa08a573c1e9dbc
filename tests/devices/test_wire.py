import json

import pytest

from devices import wire

KEY = b"k" * 32
READING = wire.Reading(v=1, device="m-1", seq=7, low=5, boot=2, t=1_700_000_000, exp=10, imp=20, p=-3, u=2301)


def test_a_reading_survives_the_wire() -> None:
    payload = wire.encode(KEY, READING)
    wire.check_mac(KEY, payload)
    assert wire.decode(payload) == READING
    assert json.loads(payload)["mac"]


def test_any_changed_byte_breaks_the_mac() -> None:
    payload = wire.encode(KEY, READING)
    for at in range(len(payload)):
        changed = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
        with pytest.raises((wire.WrongMac, wire.BadMessage)):
            wire.decode(changed)
            wire.check_mac(KEY, changed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"v":1}',
        b"[" * 3000,
        b'{"v":2,"device":"m","seq":1,"low":1,"boot":1,"t":1,"exp":1,"imp":1}',
        b'{"v":1,"device":"m","seq":-1,"low":-1,"boot":1,"t":1,"exp":1,"imp":1}',
        b'{"v":1,"device":"m","seq":1.5,"low":1,"boot":1,"t":1,"exp":1,"imp":1}',
        b'{"v":1,"device":"m","seq":1,"low":2,"boot":1,"t":1,"exp":1,"imp":1}',
        b'{"v":1,"device":"m","seq":1,"low":1,"boot":1,"t":99999999999999,"exp":1,"imp":1}',
        b'{"v":1,"device":"m","seq":1,"low":1,"boot":1,"t":1,"exp":99999999999999999999,"imp":1}',
        b'{"v":1,"device":"m","seq":1,"low":1,"boot":1,"t":1,"exp":1,"imp":1,"extra":1}',
    ],
)
def test_what_is_not_the_format_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(wire.BadMessage, match=r"\w"):
        wire.decode(wire.seal(KEY, body))
    with pytest.raises(wire.BadMessage):
        wire.decode(body)


def test_acknowledgements_are_sealed_too() -> None:
    ack = wire.encode_ack(KEY, 41, again=True)
    assert wire.decode_ack(KEY, ack) == (41, True)
    with pytest.raises(wire.WrongMac):
        wire.decode_ack(b"x" * 32, ack)
