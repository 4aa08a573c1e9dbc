"""Typed calls of the network_incentives contract. Written by `bin/manage generate_clients`: do not edit."""

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
class Node:
    active: bool
    carry: int
    claimable: int
    owner: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("active"): scval.to_bool(self.active),
                scval.to_symbol("carry"): scval.to_uint32(self.carry),
                scval.to_symbol("claimable"): scval.to_int128(self.claimable),
                scval.to_symbol("owner"): scval.to_address(self.owner),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Node:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            active=scval.from_bool(fields["active"]),
            carry=scval.from_uint32(fields["carry"]),
            claimable=scval.from_int128(fields["claimable"]),
            owner=scval.from_address(fields["owner"]).address,
        )


@dataclass(frozen=True)
class Pool:
    claimable: int
    free: int
    paid: int
    period: int
    received: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("claimable"): scval.to_int128(self.claimable),
                scval.to_symbol("free"): scval.to_int128(self.free),
                scval.to_symbol("paid"): scval.to_int128(self.paid),
                scval.to_symbol("period"): scval.to_uint32(self.period),
                scval.to_symbol("received"): scval.to_int128(self.received),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Pool:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            claimable=scval.from_int128(fields["claimable"]),
            free=scval.from_int128(fields["free"]),
            paid=scval.from_int128(fields["paid"]),
            period=scval.from_uint32(fields["period"]),
            received=scval.from_int128(fields["received"]),
        )


@dataclass(frozen=True)
class Roles:
    registrar: str
    reporter: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("registrar"): scval.to_address(self.registrar),
                scval.to_symbol("reporter"): scval.to_address(self.reporter),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Roles:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            registrar=scval.from_address(fields["registrar"]).address,
            reporter=scval.from_address(fields["reporter"]).address,
        )


def fund(from_: str, amount: int) -> Invocation[None]:
    return Invocation("network_incentives", "fund", [scval.to_address(from_), scval.to_int128(amount)], nothing)


def node(node: int) -> Invocation[Node | None]:
    return Invocation(
        "network_incentives",
        "node",
        [scval.to_uint32(node)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Node.from_scval(value),
    )


def pool() -> Invocation[Pool]:
    return Invocation("network_incentives", "pool", [], lambda value: Pool.from_scval(value))


def rate() -> Invocation[int]:
    return Invocation("network_incentives", "rate", [], lambda value: scval.from_uint32(value))


def admin() -> Invocation[str | None]:
    return Invocation(
        "network_incentives",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def claim(node_owner: str) -> Invocation[int]:
    return Invocation(
        "network_incentives", "claim", [scval.to_address(node_owner)], lambda value: scval.from_int128(value)
    )


def pause(caller: str) -> Invocation[None]:
    return Invocation("network_incentives", "pause", [scval.to_address(caller)], nothing)


def roles() -> Invocation[Roles]:
    return Invocation("network_incentives", "roles", [], lambda value: Roles.from_scval(value))


def token() -> Invocation[str]:
    return Invocation("network_incentives", "token", [], lambda value: scval.from_address(value).address)


def paused() -> Invocation[bool]:
    return Invocation("network_incentives", "paused", [], lambda value: scval.from_bool(value))


def report(period: int, report: bytes) -> Invocation[None]:
    return Invocation("network_incentives", "report", [scval.to_uint32(period), scval.to_bytes(report)], nothing)


def retire(node: int) -> Invocation[None]:
    return Invocation("network_incentives", "retire", [scval.to_uint32(node)], nothing)


def unpause() -> Invocation[None]:
    return Invocation("network_incentives", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("network_incentives", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "network_incentives",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def nodes_of(owner: str) -> Invocation[list[int]]:
    return Invocation(
        "network_incentives",
        "nodes_of",
        [scval.to_address(owner)],
        lambda value: [scval.from_uint32(item) for item in scval.from_vec(value)],
    )


def register(node: int, owner: str) -> Invocation[None]:
    return Invocation("network_incentives", "register", [scval.to_uint32(node), scval.to_address(owner)], nothing)


def set_rate(rate: int) -> Invocation[None]:
    return Invocation("network_incentives", "set_rate", [scval.to_uint32(rate)], nothing)


def claimable(node_owner: str) -> Invocation[int]:
    return Invocation(
        "network_incentives", "claimable", [scval.to_address(node_owner)], lambda value: scval.from_int128(value)
    )


def accept_admin() -> Invocation[None]:
    return Invocation("network_incentives", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation(
        "network_incentives", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing
    )


def set_reporter(reporter: str) -> Invocation[None]:
    return Invocation("network_incentives", "set_reporter", [scval.to_address(reporter)], nothing)


def set_registrar(registrar: str) -> Invocation[None]:
    return Invocation("network_incentives", "set_registrar", [scval.to_address(registrar)], nothing)


def period_seconds() -> Invocation[int]:
    return Invocation("network_incentives", "period_seconds", [], lambda value: scval.from_uint64(value))


def schema_version() -> Invocation[int]:
    return Invocation("network_incentives", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "network_incentives",
        "transfer_admin",
        [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)],
        nothing,
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    460: "NotConfigured",
    461: "InvalidAmount",
    462: "InvalidRate",
    463: "InvalidNode",
    464: "NodeTaken",
    465: "NodeNotActive",
    466: "TooManyNodes",
    467: "PeriodSettled",
    468: "MalformedReport",
    469: "NodesOutOfOrder",
    470: "InvalidUptime",
    471: "PoolInsufficient",
    472: "Overflow",
    473: "PeriodRunning",
    474: "PeriodTooOld",
    475: "InvalidPeriodLength",
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
