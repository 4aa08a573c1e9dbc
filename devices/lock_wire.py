"""Energy locks on the wire (docs/protocol.md): what the co-op asks a device, and what the device signs. Pure."""

from __future__ import annotations

import msgspec

from . import wire

LOCK_TAG = b"stelltron:lock:v1\0"
DELIVER_TAG = b"stelltron:deliver:v1\0"
TAGS = {"lock": LOCK_TAG, "deliver": DELIVER_TAG}
KEY_HEX, SIGNATURE_HEX, ID_HEX = 64, 128, 64


class Command(msgspec.Struct, forbid_unknown_fields=True):
    """``do``: "lock" so many Wh, sign what was "deliver"ed of a lock, or "unlock". ``until``: Unix seconds."""

    do: str
    id: str
    contract: str
    wh: int
    until: int


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """``do``: "hello" (only ``key``), "lock" or "deliver" with a signature, "refused" with the Wh it has instead."""

    v: int
    device: str
    do: str
    key: str
    id: str = ""
    wh: int = 0
    sig: str = ""


_answer = msgspec.json.Decoder(Answer)


def encode_command(key: bytes, command: Command) -> bytes:
    body = b'{"v":1,"do":"%s","id":"%s","contract":"%s","wh":%d,"until":%d}' % (
        command.do.encode(),
        command.id.encode(),
        command.contract.encode(),
        command.wh,
        command.until,
    )
    return wire.seal(key, body)


def decode_answer(payload: bytes) -> Answer:
    """The answer inside ``payload``, its MAC not yet checked. Raises BadMessage."""
    try:
        answer = _answer.decode(payload[: -wire.TAIL] + b"}")
        lengths = [(answer.key, (KEY_HEX,)), (answer.id, (0, ID_HEX)), (answer.sig, (0, SIGNATURE_HEX))]
        for text, allowed in lengths:
            if len(bytes.fromhex(text)) * 2 not in allowed:
                raise ValueError("a key, id or signature of a wrong length")
    except (msgspec.DecodeError, ValueError, RecursionError) as problem:
        raise wire.BadMessage(str(problem)) from None
    if answer.v != 1 or answer.do not in ("hello", "refused", *TAGS) or not 0 <= answer.wh <= wire.BIGGEST:
        raise wire.BadMessage("not an answer that is spoken here")
    return answer


def signed_message(do: str, contract: str, lock: str, wh: int) -> bytes:
    """What the device signs, as the contract puts it together."""
    return TAGS[do] + contract.encode() + bytes.fromhex(lock) + wh.to_bytes(8, "big")
