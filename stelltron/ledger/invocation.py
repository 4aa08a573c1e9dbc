"""One call of a contract, with its arguments as the ledger takes them and its result as Python has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from stellar_sdk import xdr

T = TypeVar("T")


@dataclass(frozen=True)
class Invocation(Generic[T]):
    """``contract`` is its name (``contracts.NAMES``); ``result`` reads what the call returns."""

    contract: str
    function: str
    args: list[xdr.SCVal]
    result: Callable[[xdr.SCVal], T] = field(compare=False, repr=False)

    def at(self, contract: str) -> Invocation[T]:
        """The same call of another contract with the same code."""
        return replace(self, contract=contract)

    def to_payload(self) -> dict[str, Any]:
        """As an intent keeps it."""
        return {"contract": self.contract, "function": self.function, "args": [arg.to_xdr() for arg in self.args]}


def nothing(value: xdr.SCVal) -> None:
    """The result of a call that returns nothing."""
