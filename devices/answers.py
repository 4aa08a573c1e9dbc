"""What devices answer about locks: checked, the device's public key kept, and handed to whoever asked."""

from __future__ import annotations

import logging

from django.db import transaction
from django.dispatch import Signal

from . import wire
from .ingest import Message
from .lock_wire import Answer, decode_answer
from .models import Device, Quarantined

logger = logging.getLogger(__name__)
Reason = Quarantined.Reason

# A device has answered about a lock: ``device``, ``answer``; its signature is not checked yet.
answered = Signal()


def take_answer(message: Message) -> None:
    """Take one message of the answer topic; what is refused goes to quarantine."""
    try:
        device, answer = _open(message)
        with transaction.atomic():
            _keep_key(device, bytes.fromhex(answer.key))
            if answer.do != "hello":
                answered.send(Device, device=device, answer=answer)
    except AnswerRefused as refused:
        logger.warning("an answer on %s is refused: %s", message.topic, refused)
        Quarantined.objects.create(
            device_id=message.device_id[:60].replace("\x00", "?"),
            reason=refused.reason,
            detail=str(refused)[:300],
            payload=message.payload[: wire.LARGEST_PAYLOAD],
            size=len(message.payload),
        )


class AnswerRefused(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _open(message: Message) -> tuple[Device, Answer]:
    if len(message.payload) > wire.LARGEST_PAYLOAD:
        raise AnswerRefused(Reason.TOO_LARGE, f"{wire.LARGEST_PAYLOAD} bytes are allowed")
    device = Device.objects.filter(pk=message.device_id).first() if message.could_be_known else None
    if device is None:
        raise AnswerRefused(Reason.UNKNOWN_DEVICE, "register the device before it answers")
    if device.state == Device.State.BLOCKED:
        raise AnswerRefused(Reason.BLOCKED_DEVICE, "the device is blocked by staff")
    try:
        answer = decode_answer(message.payload)
        wire.check_mac(device.hmac_key(), message.payload)
    except wire.BadMessage as problem:
        raise AnswerRefused(Reason.NOT_JSON, str(problem)) from None
    except wire.WrongMac:
        raise AnswerRefused(Reason.WRONG_MAC, "the MAC does not fit the device's key") from None
    if answer.device != device.pk:
        raise AnswerRefused(Reason.WRONG_TOPIC, f"the message says it is from {answer.device}")
    return device, answer


def _keep_key(device: Device, key: bytes) -> None:
    """The first key a device shows is its own for good: locks on the chain name it."""
    if device.public_key is None:
        Device.objects.filter(pk=device.pk, public_key=None).update(public_key=key)
        device.refresh_from_db(fields=["public_key"])
    if bytes(device.public_key) != key:
        raise AnswerRefused(Reason.OTHER_KEY, "the device shows another public key than its first one")
