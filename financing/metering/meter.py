"""The meter at a generator, device side: takes codes without a network, dispenses, and signs what it dispensed.

What it has not been told to be taken it keeps and tells again, in reports of bounded size.
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
# One report. The longest counts and receipts there can be still fit into LARGEST_BODY bytes.
MOST_COUNTS, MOST_RECEIPTS = 500, 150
LARGEST_BODY = 60_000
Count = Annotated[int, msgspec.Meta(gt=0, lt=2**62)]
Address = Annotated[str, msgspec.Meta(pattern="^[GC][A-Z2-7]{55}$")]


class Receipt(msgspec.Struct, forbid_unknown_fields=True):
    """What the contract takes as ``dispense``."""

    user: Address
    quantity: Count
    counter: Count
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """Counts of the codes it took, and its receipts: the oldest of what was not acknowledged yet."""

    used: Annotated[list[Count], msgspec.Meta(max_length=MOST_COUNTS)]
    dispensed: Annotated[list[Receipt], msgspec.Meta(max_length=MOST_RECEIPTS)]


class Payer(msgspec.Struct):
    """Whose credit the code of a count was paid with: who its energy is receipted to."""

    count: int
    user: Address


class Answer(msgspec.Struct):
    """What was written down of one report, now or before: the meter need not tell it again."""

    counts: list[int]
    unknown: list[int]
    counter: int
    new: int
    payers: list[Payer]


def dispense_message(generator: str, user: str, counter: int, quantity: int) -> bytes:
    """What the device signs: tag, both addresses as letters, counter and quantity big-endian."""
    return DISPENSE_TAG + generator.encode() + user.encode() + struct.pack(">QQ", counter, quantity)


def report_message(serial: str, body: bytes) -> bytes:
    return REPORT_TAG + serial.encode() + b"\0" + body


@dataclass
class Meter:
    """Quantities are in parts of the measure. A code does not say who paid for it: the answer to a report does."""

    key: Keypair
    generator: str
    codes: Acceptor
    quantum: int
    counter: int = 0
    # By count: what is left of it, and what was dispensed of it without a receipt.
    unlocked: dict[int, int] = field(default_factory=dict)
    unsigned: dict[int, int] = field(default_factory=dict)
    payers: dict[int, str] = field(default_factory=dict)
    used: list[int] = field(default_factory=list)
    # Of codes that the co-op did not know: told again now and then, since it may have learnt of them.
    unknown: list[int] = field(default_factory=list)
    dispensed: list[Receipt] = field(default_factory=list)

    @property
    def credit(self) -> int:
        return sum(self.unlocked.values())

    def enter(self, code: str, at: int) -> int:
        """Take a code; returns the credit it adds. Raises CodeRefused."""
        before = set(self.codes.used)
        added = self.codes.enter(code, at) * self.quantum
        (count,) = self.codes.used - before
        self.used.append(count)
        self.unlocked[count] = added
        return added

    def dispense(self, quantity: int) -> int:
        """Let energy through, as far as the credit goes, of the code typed first. Returns how much."""
        asked = quantity
        for count, left in list(self.unlocked.items()):
            taken = min(quantity, left)
            if taken <= 0:
                break
            quantity -= taken
            self.unsigned[count] = self.unsigned.get(count, 0) + taken
            self.unlocked[count] -= taken
            if self.unlocked[count] == 0:
                del self.unlocked[count]
        return asked - quantity

    def report(self) -> Report:
        """The oldest of what was not acknowledged; telling it twice does no harm."""
        self._sign()
        return Report(self.used[:MOST_COUNTS], self.dispensed[:MOST_RECEIPTS])

    def signed_report(self, serial: str) -> tuple[bytes, str]:
        """The body to post, and its signature in hex."""
        body = msgspec.json.encode(self.report())
        return body, self.key.sign(report_message(serial, body)).hex()

    def take(self, answer: Answer) -> None:
        """Forget what was written down elsewhere, and learn whose the codes are."""
        told = {*answer.counts, *answer.unknown}
        self.unknown += [count for count in self.used if count in answer.unknown]
        self.used = [count for count in self.used if count not in told]
        self.dispensed = [receipt for receipt in self.dispensed if receipt.counter > answer.counter]
        self.payers |= {payer.count: payer.user for payer in answer.payers}

    def has_news(self) -> bool:
        """Whether another report has anything to tell."""
        return bool(self.used or self.dispensed or self.unsigned.keys() & self.payers.keys())

    def tell_unknown_again(self) -> None:
        self.used += [count for count in self.unknown if count not in self.used]
        self.unknown = []

    def _sign(self) -> None:
        """A receipt for all that was dispensed of each code whose payer is known."""
        for count in sorted(self.unsigned.keys() & self.payers.keys()):
            user, quantity = self.payers[count], self.unsigned.pop(count)
            self.counter += 1
            signature = self.key.sign(dispense_message(self.generator, user, self.counter, quantity))
            self.dispensed.append(Receipt(user, quantity, self.counter, signature.hex()))
            if count not in self.unlocked:
                del self.payers[count]
