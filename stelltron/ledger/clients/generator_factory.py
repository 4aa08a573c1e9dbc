"""Typed calls of the generator_factory contract. Written by `bin/manage generate_clients`: do not edit."""

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
class Terms:
    deadline: int
    goal: int
    maintenance_bps: int
    max_price: int
    max_units: int
    measure: str
    milestones: list[int]
    min_price: int
    min_units: int
    parts: int
    provider: str
    requester: str
    slot_seconds: int
    token: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("deadline"): scval.to_uint64(self.deadline),
                scval.to_symbol("goal"): scval.to_uint64(self.goal),
                scval.to_symbol("maintenance_bps"): scval.to_uint32(self.maintenance_bps),
                scval.to_symbol("max_price"): scval.to_uint64(self.max_price),
                scval.to_symbol("max_units"): scval.to_uint32(self.max_units),
                scval.to_symbol("measure"): scval.to_string(self.measure),
                scval.to_symbol("milestones"): scval.to_vec([scval.to_uint32(item) for item in self.milestones]),
                scval.to_symbol("min_price"): scval.to_uint64(self.min_price),
                scval.to_symbol("min_units"): scval.to_uint32(self.min_units),
                scval.to_symbol("parts"): scval.to_uint32(self.parts),
                scval.to_symbol("provider"): scval.to_address(self.provider),
                scval.to_symbol("requester"): scval.to_address(self.requester),
                scval.to_symbol("slot_seconds"): scval.to_uint64(self.slot_seconds),
                scval.to_symbol("token"): scval.to_address(self.token),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Terms:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            deadline=scval.from_uint64(fields["deadline"]),
            goal=scval.from_uint64(fields["goal"]),
            maintenance_bps=scval.from_uint32(fields["maintenance_bps"]),
            max_price=scval.from_uint64(fields["max_price"]),
            max_units=scval.from_uint32(fields["max_units"]),
            measure=scval.from_string(fields["measure"]).decode(),
            milestones=[scval.from_uint32(item) for item in scval.from_vec(fields["milestones"])],
            min_price=scval.from_uint64(fields["min_price"]),
            min_units=scval.from_uint32(fields["min_units"]),
            parts=scval.from_uint32(fields["parts"]),
            provider=scval.from_address(fields["provider"]).address,
            requester=scval.from_address(fields["requester"]).address,
            slot_seconds=scval.from_uint64(fields["slot_seconds"]),
            token=scval.from_address(fields["token"]).address,
        )


def admin() -> Invocation[str | None]:
    return Invocation(
        "generator_factory",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def count() -> Invocation[int]:
    return Invocation("generator_factory", "count", [], lambda value: scval.from_uint32(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("generator_factory", "pause", [scval.to_address(caller)], nothing)


def create(requester: str, request_id: int, terms: Terms) -> Invocation[str]:
    return Invocation(
        "generator_factory",
        "create",
        [scval.to_address(requester), scval.to_uint64(request_id), terms.to_scval()],
        lambda value: scval.from_address(value).address,
    )


def paused() -> Invocation[bool]:
    return Invocation("generator_factory", "paused", [], lambda value: scval.from_bool(value))


def unpause() -> Invocation[None]:
    return Invocation("generator_factory", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("generator_factory", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "generator_factory",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def is_token(address: str) -> Invocation[bool]:
    return Invocation(
        "generator_factory", "is_token", [scval.to_address(address)], lambda value: scval.from_bool(value)
    )


def set_token(token: str, allowed: bool) -> Invocation[None]:
    return Invocation("generator_factory", "set_token", [scval.to_address(token), scval.to_bool(allowed)], nothing)


def address_of(requester: str, request_id: int) -> Invocation[str]:
    return Invocation(
        "generator_factory",
        "address_of",
        [scval.to_address(requester), scval.to_uint64(request_id)],
        lambda value: scval.from_address(value).address,
    )


def is_provider(address: str) -> Invocation[bool]:
    return Invocation(
        "generator_factory", "is_provider", [scval.to_address(address)], lambda value: scval.from_bool(value)
    )


def accept_admin() -> Invocation[None]:
    return Invocation("generator_factory", "accept_admin", [], nothing)


def generator_at(number: int) -> Invocation[str | None]:
    return Invocation(
        "generator_factory",
        "generator_at",
        [scval.to_uint32(number)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def generator_of(requester: str, request_id: int) -> Invocation[str | None]:
    return Invocation(
        "generator_factory",
        "generator_of",
        [scval.to_address(requester), scval.to_uint64(request_id)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def is_generator(address: str) -> Invocation[bool]:
    return Invocation(
        "generator_factory", "is_generator", [scval.to_address(address)], lambda value: scval.from_bool(value)
    )


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation(
        "generator_factory", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing
    )


def set_provider(provider: str, allowed: bool) -> Invocation[None]:
    return Invocation(
        "generator_factory", "set_provider", [scval.to_address(provider), scval.to_bool(allowed)], nothing
    )


def generator_wasm() -> Invocation[bytes]:
    return Invocation("generator_factory", "generator_wasm", [], lambda value: scval.from_bytes(value))


def schema_version() -> Invocation[int]:
    return Invocation("generator_factory", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "generator_factory",
        "transfer_admin",
        [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)],
        nothing,
    )


def set_generator_wasm(wasm_hash: bytes) -> Invocation[None]:
    return Invocation("generator_factory", "set_generator_wasm", [scval.to_bytes(wasm_hash)], nothing)


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    502: "InvalidGoal",
    503: "InvalidDeadline",
    504: "InvalidStakes",
    505: "InvalidMilestones",
    506: "InvalidPriceBounds",
    507: "InvalidSlot",
    508: "InvalidMaintenance",
    509: "InvalidMeasure",
    510: "InvalidRequester",
    550: "NotConfigured",
    551: "NotYourTerms",
    552: "ProviderNotAllowed",
    553: "RequestTaken",
    554: "TokenNotAllowed",
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
