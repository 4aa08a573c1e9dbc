"""The meter at a generator, device side: takes codes without a network, dispenses, and signs what it dispensed. Pure
but for the signature; the firmware does the same."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from stellar_sdk import Keypair

from .openpaygo import Acceptor

TAG = b"stelltron:dispense:v1\0"


def dispense_message(generator: str, user: str, counter: int, quantity: int) -> bytes:
    """What the device signs: tag, both addresses as letters, counter and quantity big-endian."""
    return TAG + generator.encode() + user.encode() + struct.pack(">QQ", counter, quantity)


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
    dispensed: list[dict] = field(default_factory=list)

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
        self.dispensed.append(
            {"user": user, "quantity": quantity, "counter": self.counter, "signature": signature.hex()}
        )
        return quantity

    def report(self) -> dict[str, list]:
        """Everything since the last report was confirmed; telling it twice does no harm."""
        return {"used": list(self.used), "dispensed": list(self.dispensed)}
