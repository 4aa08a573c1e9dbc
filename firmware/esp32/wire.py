# The wire format st/v1 (docs/protocol.md): JSON sealed with a truncated HMAC-SHA256 over the bytes before it.
import binascii
import hashlib
import json

BLOCK = 64
MAC_HEX = 32
MAC_MARK = b',"mac":"'
TAIL = len(MAC_MARK) + MAC_HEX + 2


def hmac_sha256(key, message):
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key + b"\x00" * (BLOCK - len(key))
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key))
    inner.update(message)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in key))
    outer.update(inner.digest())
    return outer.digest()


def mac(key, body):
    return binascii.hexlify(hmac_sha256(key, body)[: MAC_HEX // 2])


def seal(key, body):
    return body[:-1] + MAC_MARK + mac(key, body) + b'"}'


def encode(key, device, reading, low):
    """The bytes of one reading: (seq, boot, t, exported mWh, imported mWh, power W, tenths of a volt)."""
    seq, boot, t, exported, imported, power, voltage = reading
    body = '{"v":1,"device":"%s","seq":%d,"low":%d,"boot":%d,"t":%d,"exp":%d,"imp":%d,"p":%d,"u":%d}' % (
        device,
        seq,
        low,
        boot,
        t,
        exported,
        imported,
        power,
        voltage,
    )
    return seal(key, body.encode())


def encode_answer(key, device, do, public, name, wh, signature):
    """What a device says of the lock ``name``; "hello" only shows its public key."""
    body = '{"v":1,"device":"%s","do":"%s","key":"%s","id":"%s","wh":%d,"sig":"%s"}' % (
        device,
        do,
        binascii.hexlify(public).decode(),
        name,
        wh,
        binascii.hexlify(signature).decode(),
    )
    return seal(key, body.encode())


def opened(key, payload):
    """What the co-op sealed, or None when it is not from the co-op."""
    if payload[-TAIL : -TAIL + len(MAC_MARK)] != MAC_MARK:
        return None
    body = payload[:-TAIL] + b"}"
    if mac(key, body) != payload[-MAC_HEX - 2 : -2]:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def decode_ack(key, payload):
    """(sequence, again) of an acknowledgement, or None when it is not one of ours."""
    ack = opened(key, payload)
    try:
        return (ack["seq"], bool(ack["again"])) if ack else None
    except KeyError:
        return None
