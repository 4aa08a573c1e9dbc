"""Typed calls of the timelock contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class Call:
    args: list[xdr.SCVal]
    function: str
    target: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("args"): scval.to_vec([item for item in self.args]),
                scval.to_symbol("function"): scval.to_symbol(self.function),
                scval.to_symbol("target"): scval.to_address(self.target),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Call:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            args=[item for item in scval.from_vec(fields["args"])],
            function=scval.from_symbol(fields["function"]),
            target=scval.from_address(fields["target"]).address,
        )


@dataclass(frozen=True)
class Guardian:
    address: str
    until: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("address"): scval.to_address(self.address),
                scval.to_symbol("until"): scval.to_uint64(self.until),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Guardian:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            address=scval.from_address(fields["address"]).address,
            until=scval.from_uint64(fields["until"]),
        )


@dataclass(frozen=True)
class Operation:
    calls: list[Call]
    expires_at: int
    outcome: xdr.SCVal
    ready_at: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("calls"): scval.to_vec([item.to_scval() for item in self.calls]),
                scval.to_symbol("expires_at"): scval.to_uint64(self.expires_at),
                scval.to_symbol("outcome"): self.outcome,
                scval.to_symbol("ready_at"): scval.to_uint64(self.ready_at),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Operation:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            calls=[Call.from_scval(item) for item in scval.from_vec(fields["calls"])],
            expires_at=scval.from_uint64(fields["expires_at"]),
            outcome=fields["outcome"],
            ready_at=scval.from_uint64(fields["ready_at"]),
        )


@dataclass(frozen=True)
class Terms:
    grace: int
    shortest_delay: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("grace"): scval.to_uint64(self.grace),
                scval.to_symbol("shortest_delay"): scval.to_uint64(self.shortest_delay),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Terms:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            grace=scval.from_uint64(fields["grace"]),
            shortest_delay=scval.from_uint64(fields["shortest_delay"]),
        )


def admin() -> Invocation[str | None]:
    return Invocation(
        "timelock",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def pause(caller: str) -> Invocation[None]:
    return Invocation("timelock", "pause", [scval.to_address(caller)], nothing)


def state(id: bytes) -> Invocation[xdr.SCVal]:
    return Invocation("timelock", "state", [scval.to_bytes(id)], lambda value: value)


def terms() -> Invocation[Terms]:
    return Invocation("timelock", "terms", [], lambda value: Terms.from_scval(value))


def cancel(caller: str, id: bytes) -> Invocation[None]:
    return Invocation("timelock", "cancel", [scval.to_address(caller), scval.to_bytes(id)], nothing)


def paused() -> Invocation[bool]:
    return Invocation("timelock", "paused", [], lambda value: scval.from_bool(value))


def execute(id: bytes) -> Invocation[None]:
    return Invocation("timelock", "execute", [scval.to_bytes(id)], nothing)


def migrate() -> Invocation[None]:
    return Invocation("timelock", "migrate", [], nothing)


def unpause() -> Invocation[None]:
    return Invocation("timelock", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("timelock", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def governor() -> Invocation[str]:
    return Invocation("timelock", "governor", [], lambda value: scval.from_address(value).address)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "timelock",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def schedule(id: bytes, calls: list[Call], delay: int) -> Invocation[None]:
    return Invocation(
        "timelock",
        "schedule",
        [scval.to_bytes(id), scval.to_vec([item.to_scval() for item in calls]), scval.to_uint64(delay)],
        nothing,
    )


def operation(id: bytes) -> Invocation[Operation]:
    return Invocation("timelock", "operation", [scval.to_bytes(id)], lambda value: Operation.from_scval(value))


def accept_admin() -> Invocation[None]:
    return Invocation("timelock", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("timelock", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("timelock", "schema_version", [], lambda value: scval.from_uint32(value))


def shortest_delay() -> Invocation[int]:
    return Invocation("timelock", "shortest_delay", [], lambda value: scval.from_uint64(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "timelock", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    660: "NotConfigured",
    661: "InvalidTerms",
    662: "InvalidDelay",
    663: "InvalidCalls",
    664: "InvalidOwnCall",
    665: "OperationExists",
    666: "UnknownOperation",
    667: "TooEarly",
    668: "Expired",
    669: "AlreadyExecuted",
    670: "AlreadyCancelled",
    671: "NotEntitled",
    2000: "Unauthorized",
    2001: "AdminNotSet",
    2002: "IndexOutOfBounds",
    2003: "AdminRoleNotFound",
    2004: "RoleCountIsNotZero",
    2005: "RoleNotFound",
    2006: "AdminAlreadySet",
    2007: "RoleNotHeld",
    2008: "RoleIsEmpty",
    2009: "TransferInProgress",
    2010: "MaxRolesExceeded",
    2200: "NoPendingTransfer",
    2201: "InvalidLiveUntilLedger",
    2202: "InvalidPendingAccount",
    2203: "TransferExpired",
}
