"""Typed calls of the member_registry contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


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
class Membership:
    active: bool
    joined: int
    page: int
    since: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("active"): scval.to_bool(self.active),
                scval.to_symbol("joined"): scval.to_uint32(self.joined),
                scval.to_symbol("page"): scval.to_uint32(self.page),
                scval.to_symbol("since"): scval.to_uint64(self.since),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Membership:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            active=scval.from_bool(fields["active"]),
            joined=scval.from_uint32(fields["joined"]),
            page=scval.from_uint32(fields["page"]),
            since=scval.from_uint64(fields["since"]),
        )


def join(member: str) -> Invocation[None]:
    return Invocation("member_registry", "join", [scval.to_address(member)], nothing)


def admin() -> Invocation[str | None]:
    return Invocation(
        "member_registry",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def leave(caller: str, member: str) -> Invocation[None]:
    return Invocation("member_registry", "leave", [scval.to_address(caller), scval.to_address(member)], nothing)


def pause(caller: str) -> Invocation[None]:
    return Invocation("member_registry", "pause", [scval.to_address(caller)], nothing)


def paused() -> Invocation[bool]:
    return Invocation("member_registry", "paused", [], lambda value: scval.from_bool(value))


def members() -> Invocation[int]:
    return Invocation("member_registry", "members", [], lambda value: scval.from_uint32(value))


def unpause() -> Invocation[None]:
    return Invocation("member_registry", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("member_registry", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "member_registry",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def is_member(member: str) -> Invocation[bool]:
    return Invocation("member_registry", "is_member", [scval.to_address(member)], lambda value: scval.from_bool(value))


def registrar() -> Invocation[str]:
    return Invocation("member_registry", "registrar", [], lambda value: scval.from_address(value).address)


def members_at(timestamp: int) -> Invocation[int]:
    return Invocation(
        "member_registry", "members_at", [scval.to_uint64(timestamp)], lambda value: scval.from_uint32(value)
    )


def membership(member: str) -> Invocation[Membership]:
    return Invocation(
        "member_registry", "membership", [scval.to_address(member)], lambda value: Membership.from_scval(value)
    )


def accept_admin() -> Invocation[None]:
    return Invocation("member_registry", "accept_admin", [], nothing)


def is_member_at(member: str, timestamp: int) -> Invocation[bool]:
    return Invocation(
        "member_registry",
        "is_member_at",
        [scval.to_address(member), scval.to_uint64(timestamp)],
        lambda value: scval.from_bool(value),
    )


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("member_registry", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def set_registrar(registrar: str) -> Invocation[None]:
    return Invocation("member_registry", "set_registrar", [scval.to_address(registrar)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("member_registry", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "member_registry", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    600: "NotConfigured",
    601: "AlreadyMember",
    602: "NotMember",
    603: "NotEntitled",
    604: "FutureLookup",
    605: "RegistryFull",
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
