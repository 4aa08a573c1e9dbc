"""Typed calls of the parameters contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class Declaration:
    default: int
    highest: int
    key: str
    lowest: int
    unit: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("default"): scval.to_int128(self.default),
                scval.to_symbol("highest"): scval.to_int128(self.highest),
                scval.to_symbol("key"): scval.to_string(self.key),
                scval.to_symbol("lowest"): scval.to_int128(self.lowest),
                scval.to_symbol("unit"): scval.to_string(self.unit),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Declaration:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            default=scval.from_int128(fields["default"]),
            highest=scval.from_int128(fields["highest"]),
            key=scval.from_string(fields["key"]).decode(),
            lowest=scval.from_int128(fields["lowest"]),
            unit=scval.from_string(fields["unit"]).decode(),
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
class Parameter:
    declaration: Declaration
    forgot: bool
    taken_back: int
    versions: list[Version]

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("declaration"): self.declaration.to_scval(),
                scval.to_symbol("forgot"): scval.to_bool(self.forgot),
                scval.to_symbol("taken_back"): scval.to_uint32(self.taken_back),
                scval.to_symbol("versions"): scval.to_vec([item.to_scval() for item in self.versions]),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Parameter:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            declaration=Declaration.from_scval(fields["declaration"]),
            forgot=scval.from_bool(fields["forgot"]),
            taken_back=scval.from_uint32(fields["taken_back"]),
            versions=[Version.from_scval(item) for item in scval.from_vec(fields["versions"])],
        )


@dataclass(frozen=True)
class Version:
    effective_from: int
    value: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("effective_from"): scval.to_uint32(self.effective_from),
                scval.to_symbol("value"): scval.to_int128(self.value),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Version:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            effective_from=scval.from_uint32(fields["effective_from"]),
            value=scval.from_int128(fields["value"]),
        )


def get(key: str, at: int) -> Invocation[int]:
    return Invocation(
        "parameters", "get", [scval.to_string(key), scval.to_uint32(at)], lambda value: scval.from_int128(value)
    )


def admin() -> Invocation[str | None]:
    return Invocation(
        "parameters",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def count() -> Invocation[int]:
    return Invocation("parameters", "count", [], lambda value: scval.from_uint32(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("parameters", "pause", [scval.to_address(caller)], nothing)


def key_at(number: int) -> Invocation[str | None]:
    return Invocation(
        "parameters",
        "key_at",
        [scval.to_uint32(number)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_string(value).decode(),
    )


def paused() -> Invocation[bool]:
    return Invocation("parameters", "paused", [], lambda value: scval.from_bool(value))


def revert(key: str) -> Invocation[Version]:
    return Invocation("parameters", "revert", [scval.to_string(key)], lambda value: Version.from_scval(value))


def declare(declaration: Declaration) -> Invocation[None]:
    return Invocation("parameters", "declare", [declaration.to_scval()], nothing)


def unpause() -> Invocation[None]:
    return Invocation("parameters", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("parameters", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "parameters",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def schedule(key: str, value: int, effective_from: int) -> Invocation[None]:
    return Invocation(
        "parameters",
        "schedule",
        [scval.to_string(key), scval.to_int128(value), scval.to_uint32(effective_from)],
        nothing,
    )


def parameter(key: str) -> Invocation[Parameter]:
    return Invocation("parameters", "parameter", [scval.to_string(key)], lambda value: Parameter.from_scval(value))


def take_back(guardian: str, key: str) -> Invocation[Version]:
    return Invocation(
        "parameters",
        "take_back",
        [scval.to_address(guardian), scval.to_string(key)],
        lambda value: Version.from_scval(value),
    )


def accept_admin() -> Invocation[None]:
    return Invocation("parameters", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("parameters", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def slot_minutes() -> Invocation[int]:
    return Invocation("parameters", "slot_minutes", [], lambda value: scval.from_uint32(value))


def schema_version() -> Invocation[int]:
    return Invocation("parameters", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "parameters", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    680: "NotConfigured",
    681: "InvalidSlotMinutes",
    682: "InvalidDeclaration",
    683: "KeyDeclared",
    684: "UnknownKey",
    685: "OutOfBounds",
    686: "NotInFuture",
    687: "SlotMisaligned",
    688: "NothingToRevert",
    689: "Forgotten",
    690: "TooManyPending",
    691: "NothingToTakeBack",
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
