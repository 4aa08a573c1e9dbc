"""Typed calls of the idle_yield contract. Written by `bin/manage generate_clients`: do not edit."""

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
class Pool:
    free: int
    funded: int
    paid: int
    reserved: int
    returned: int
    shares: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("free"): scval.to_int128(self.free),
                scval.to_symbol("funded"): scval.to_int128(self.funded),
                scval.to_symbol("paid"): scval.to_int128(self.paid),
                scval.to_symbol("reserved"): scval.to_int128(self.reserved),
                scval.to_symbol("returned"): scval.to_int128(self.returned),
                scval.to_symbol("shares"): scval.to_int128(self.shares),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Pool:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            free=scval.from_int128(fields["free"]),
            funded=scval.from_int128(fields["funded"]),
            paid=scval.from_int128(fields["paid"]),
            reserved=scval.from_int128(fields["reserved"]),
            returned=scval.from_int128(fields["returned"]),
            shares=scval.from_int128(fields["shares"]),
        )


@dataclass(frozen=True)
class Saver:
    balance: int
    carry: int
    claimable: int
    touched_at: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("balance"): scval.to_int128(self.balance),
                scval.to_symbol("carry"): scval.to_int128(self.carry),
                scval.to_symbol("claimable"): scval.to_int128(self.claimable),
                scval.to_symbol("touched_at"): scval.to_uint64(self.touched_at),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Saver:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            balance=scval.from_int128(fields["balance"]),
            carry=scval.from_int128(fields["carry"]),
            claimable=scval.from_int128(fields["claimable"]),
            touched_at=scval.from_uint64(fields["touched_at"]),
        )


@dataclass(frozen=True)
class Terms:
    ends_at: int
    rate_bps: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("ends_at"): scval.to_uint64(self.ends_at),
                scval.to_symbol("rate_bps"): scval.to_uint32(self.rate_bps),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Terms:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            ends_at=scval.from_uint64(fields["ends_at"]),
            rate_bps=scval.from_uint32(fields["rate_bps"]),
        )


def fund(from_: str, amount: int) -> Invocation[None]:
    return Invocation("idle_yield", "fund", [scval.to_address(from_), scval.to_int128(amount)], nothing)


def pool() -> Invocation[Pool]:
    return Invocation("idle_yield", "pool", [], lambda value: Pool.from_scval(value))


def admin() -> Invocation[str | None]:
    return Invocation(
        "idle_yield",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def claim(member: str) -> Invocation[int]:
    return Invocation("idle_yield", "claim", [scval.to_address(member)], lambda value: scval.from_int128(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("idle_yield", "pause", [scval.to_address(caller)], nothing)


def saver(member: str) -> Invocation[Saver]:
    return Invocation("idle_yield", "saver", [scval.to_address(member)], lambda value: Saver.from_scval(value))


def terms() -> Invocation[Terms]:
    return Invocation("idle_yield", "terms", [], lambda value: Terms.from_scval(value))


def token() -> Invocation[str]:
    return Invocation("idle_yield", "token", [], lambda value: scval.from_address(value).address)


def touch(members: list[str]) -> Invocation[None]:
    return Invocation("idle_yield", "touch", [scval.to_vec([scval.to_address(item) for item in members])], nothing)


def market() -> Invocation[str]:
    return Invocation("idle_yield", "market", [], lambda value: scval.from_address(value).address)


def paused() -> Invocation[bool]:
    return Invocation("idle_yield", "paused", [], lambda value: scval.from_bool(value))


def unpause() -> Invocation[None]:
    return Invocation("idle_yield", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("idle_yield", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "idle_yield",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def funded_by(funder: str) -> Invocation[int]:
    return Invocation("idle_yield", "funded_by", [scval.to_address(funder)], lambda value: scval.from_int128(value))


def take_back(funder: str) -> Invocation[int]:
    return Invocation("idle_yield", "take_back", [scval.to_address(funder)], lambda value: scval.from_int128(value))


def accept_admin() -> Invocation[None]:
    return Invocation("idle_yield", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("idle_yield", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("idle_yield", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "idle_yield", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    720: "NotConfigured",
    721: "InvalidAmount",
    722: "InvalidRate",
    723: "InvalidEnd",
    724: "InvalidMembers",
    725: "ProgrammeOver",
    726: "ProgrammeRunning",
    727: "NothingToTakeBack",
    728: "Overflow",
    729: "UnknownAccount",
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
