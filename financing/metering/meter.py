"""The meter at a generator, device side: takes codes without a network, dispenses, and signs what it dispensed.

The firmware does the same.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from stellar_sdk import Keypair

from .openpaygo import Acceptor

DISPENSE_TAG = b"stelltron:dispense:v1\0"
REPORT_TAG = b"stelltron:report:v1\0"
Count = Annotated[int, msgspec.Meta(gt=0, lt=2**62)]


class Receipt(msgspec.Struct, forbid_unknown_fields=True):
    """What the contract takes as ``dispense``."""

    user: Annotated[str, msgspec.Meta(pattern="^[GC][A-Z2-7]{55}$")]
    quantity: Count
    counter: Count
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """Counts of the codes it took, and its receipts; everything that was not confirmed yet."""

    used: list[Count]
    dispensed: list[Receipt]


def dispense_message(generator: str, user: str, counter: int, quantity: int) -> bytes:
    """What the device signs: tag, both addresses as letters, counter and quantity big-endian."""
    return DISPENSE_TAG + generator.encode() + user.encode() + struct.pack(">QQ", counter, quantity)


def report_message(serial: str, body: bytes) -> bytes:
    return REPORT_TAG + serial.encode() + b"\0" + body


@dataclass
class Meter:
    """Credit is in parts of the measure; one user at a time, as who has typed the code uses it."""

    key: Keypair
    generator: str
    codes: Acceptor
    quantum: int
    credit: int = 0
    counter: int = 0
    used: list[int] = field(default_factory=list)
    dispensed: list[Receipt] = field(default_factory=list)

    def enter(self, code: str, at: int) -> int:
        """Take a code; returns the credit it adds. Raises CodeRefused."""
        before = set(self.codes.used)
        added = self.codes.enter(code, at) * self.quantum
        self.used += sorted(self.codes.used - before)
        self.credit += added
        return added

    def dispense(self, user: str, quantity: int) -> int:
        """Let energy through, as far as the credit goes, and write down a signed receipt. Returns how much."""
        quantity = min(quantity, self.credit)
        if quantity <= 0:
            return 0
        self.credit -= quantity
        self.counter += 1
        signature = self.key.sign(dispense_message(self.generator, user, self.counter, quantity))
        self.dispensed.append(Receipt(user, quantity, self.counter, signature.hex()))
        return quantity

    def report(self) -> Report:
        """Everything so far; telling it twice does no harm."""
        return Report(list(self.used), list(self.dispensed))

    def signed_report(self, serial: str) -> tuple[bytes, str]:
        """The body to post, and its signature in hex."""
        body = msgspec.json.encode(self.report())
        return body, self.key.sign(report_message(serial, body)).hex()
