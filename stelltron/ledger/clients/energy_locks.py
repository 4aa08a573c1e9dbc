"""Typed calls of the energy_locks contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class EnergyLock:
    buyer: str
    deliver_by: int
    delivered: int
    device: bytes
    lock_by: int
    price: int
    seller: str
    state: xdr.SCVal
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("buyer"): scval.to_address(self.buyer),
                scval.to_symbol("deliver_by"): scval.to_uint64(self.deliver_by),
                scval.to_symbol("delivered"): scval.to_uint64(self.delivered),
                scval.to_symbol("device"): scval.to_bytes(self.device),
                scval.to_symbol("lock_by"): scval.to_uint64(self.lock_by),
                scval.to_symbol("price"): scval.to_uint64(self.price),
                scval.to_symbol("seller"): scval.to_address(self.seller),
                scval.to_symbol("state"): self.state,
                scval.to_symbol("wh"): scval.to_uint64(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> EnergyLock:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            buyer=scval.from_address(fields["buyer"]).address,
            deliver_by=scval.from_uint64(fields["deliver_by"]),
            delivered=scval.from_uint64(fields["delivered"]),
            device=scval.from_bytes(fields["device"]),
            lock_by=scval.from_uint64(fields["lock_by"]),
            price=scval.from_uint64(fields["price"]),
            seller=scval.from_address(fields["seller"]).address,
            state=fields["state"],
            wh=scval.from_uint64(fields["wh"]),
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
class Order:
    buyer: str
    deliver_by: int
    device: bytes
    lock_by: int | None
    price: int
    seller: str
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("buyer"): scval.to_address(self.buyer),
                scval.to_symbol("deliver_by"): scval.to_uint64(self.deliver_by),
                scval.to_symbol("device"): scval.to_bytes(self.device),
                scval.to_symbol("lock_by"): scval.to_void() if self.lock_by is None else scval.to_uint64(self.lock_by),
                scval.to_symbol("price"): scval.to_uint64(self.price),
                scval.to_symbol("seller"): scval.to_address(self.seller),
                scval.to_symbol("wh"): scval.to_uint64(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Order:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            buyer=scval.from_address(fields["buyer"]).address,
            deliver_by=scval.from_uint64(fields["deliver_by"]),
            device=scval.from_bytes(fields["device"]),
            lock_by=None if fields["lock_by"].type == xdr.SCValType.SCV_VOID else scval.from_uint64(fields["lock_by"]),
            price=scval.from_uint64(fields["price"]),
            seller=scval.from_address(fields["seller"]).address,
            wh=scval.from_uint64(fields["wh"]),
        )


@dataclass(frozen=True)
class Owed:
    money: int
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("money"): scval.to_int128(self.money),
                scval.to_symbol("wh"): scval.to_int128(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Owed:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            money=scval.from_int128(fields["money"]),
            wh=scval.from_int128(fields["wh"]),
        )


def lock(id: bytes, signature: bytes) -> Invocation[None]:
    return Invocation("energy_locks", "lock", [scval.to_bytes(id), scval.to_bytes(signature)], nothing)


def owed(owner: str) -> Invocation[Owed]:
    return Invocation("energy_locks", "owed", [scval.to_address(owner)], lambda value: Owed.from_scval(value))


def admin() -> Invocation[str | None]:
    return Invocation(
        "energy_locks",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def money() -> Invocation[str]:
    return Invocation("energy_locks", "money", [], lambda value: scval.from_address(value).address)


def pause(caller: str) -> Invocation[None]:
    return Invocation("energy_locks", "pause", [scval.to_address(caller)], nothing)


def energy() -> Invocation[str]:
    return Invocation("energy_locks", "energy", [], lambda value: scval.from_address(value).address)


def paused() -> Invocation[bool]:
    return Invocation("energy_locks", "paused", [], lambda value: scval.from_bool(value))


def collect(owner: str) -> Invocation[Owed]:
    return Invocation("energy_locks", "collect", [scval.to_address(owner)], lambda value: Owed.from_scval(value))


def deliver(id: bytes, delivered_wh: int, signature: bytes) -> Invocation[int]:
    return Invocation(
        "energy_locks",
        "deliver",
        [scval.to_bytes(id), scval.to_uint64(delivered_wh), scval.to_bytes(signature)],
        lambda value: scval.from_int128(value),
    )


def release(id: bytes) -> Invocation[None]:
    return Invocation("energy_locks", "release", [scval.to_bytes(id)], nothing)


def reserve(id: bytes, order: Order) -> Invocation[int]:
    return Invocation(
        "energy_locks", "reserve", [scval.to_bytes(id), order.to_scval()], lambda value: scval.from_int128(value)
    )


def unpause() -> Invocation[None]:
    return Invocation("energy_locks", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("energy_locks", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "energy_locks",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def energy_lock(id: bytes) -> Invocation[EnergyLock | None]:
    return Invocation(
        "energy_locks",
        "energy_lock",
        [scval.to_bytes(id)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else EnergyLock.from_scval(value),
    )


def accept_admin() -> Invocation[None]:
    return Invocation("energy_locks", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("energy_locks", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("energy_locks", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "energy_locks", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    740: "NotConfigured",
    741: "InvalidAmount",
    742: "SelfTrade",
    743: "InvalidTimes",
    744: "LockExists",
    745: "UnknownLock",
    746: "WrongState",
    747: "TooLate",
    748: "TooEarly",
    749: "NothingOwed",
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
