"""Typed calls of the watt_token contract. Written by `bin/manage generate_clients`: do not edit."""

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


def burn(from_: str, amount: int) -> Invocation[None]:
    return Invocation("watt_token", "burn", [scval.to_address(from_), scval.to_int128(amount)], nothing)


def mint(to: str, amount: int, bank_reference: bytes) -> Invocation[None]:
    return Invocation(
        "watt_token", "mint", [scval.to_address(to), scval.to_int128(amount), scval.to_bytes(bank_reference)], nothing
    )


def name() -> Invocation[str]:
    return Invocation("watt_token", "name", [], lambda value: scval.from_string(value).decode())


def admin() -> Invocation[str | None]:
    return Invocation(
        "watt_token",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def pause(caller: str) -> Invocation[None]:
    return Invocation("watt_token", "pause", [scval.to_address(caller)], nothing)


def issuer() -> Invocation[str]:
    return Invocation("watt_token", "issuer", [], lambda value: scval.from_address(value).address)


def paused() -> Invocation[bool]:
    return Invocation("watt_token", "paused", [], lambda value: scval.from_bool(value))


def redeem(from_: str, amount: int, bank_reference: bytes) -> Invocation[None]:
    return Invocation(
        "watt_token",
        "redeem",
        [scval.to_address(from_), scval.to_int128(amount), scval.to_bytes(bank_reference)],
        nothing,
    )


def symbol() -> Invocation[str]:
    return Invocation("watt_token", "symbol", [], lambda value: scval.from_string(value).decode())


def allowed(account: str) -> Invocation[bool]:
    return Invocation("watt_token", "allowed", [scval.to_address(account)], lambda value: scval.from_bool(value))


def approve(owner: str, spender: str, amount: int, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "watt_token",
        "approve",
        [
            scval.to_address(owner),
            scval.to_address(spender),
            scval.to_int128(amount),
            scval.to_uint32(live_until_ledger),
        ],
        nothing,
    )


def balance(account: str) -> Invocation[int]:
    return Invocation("watt_token", "balance", [scval.to_address(account)], lambda value: scval.from_int128(value))


def unpause() -> Invocation[None]:
    return Invocation("watt_token", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("watt_token", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def decimals() -> Invocation[int]:
    return Invocation("watt_token", "decimals", [], lambda value: scval.from_uint32(value))


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "watt_token",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def reserves() -> Invocation[int]:
    return Invocation("watt_token", "reserves", [], lambda value: scval.from_int128(value))


def transfer(from_: str, to: str, amount: int) -> Invocation[None]:
    return Invocation(
        "watt_token", "transfer", [scval.to_address(from_), scval.to_address(to), scval.to_int128(amount)], nothing
    )


def allowance(owner: str, spender: str) -> Invocation[int]:
    return Invocation(
        "watt_token",
        "allowance",
        [scval.to_address(owner), scval.to_address(spender)],
        lambda value: scval.from_int128(value),
    )


def burn_from(spender: str, from_: str, amount: int) -> Invocation[None]:
    return Invocation(
        "watt_token",
        "burn_from",
        [scval.to_address(spender), scval.to_address(from_), scval.to_int128(amount)],
        nothing,
    )


def set_issuer(issuer: str) -> Invocation[None]:
    return Invocation("watt_token", "set_issuer", [scval.to_address(issuer)], nothing)


def set_allowed(account: str, allowed: bool) -> Invocation[None]:
    return Invocation("watt_token", "set_allowed", [scval.to_address(account), scval.to_bool(allowed)], nothing)


def accept_admin() -> Invocation[None]:
    return Invocation("watt_token", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("watt_token", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def total_supply() -> Invocation[int]:
    return Invocation("watt_token", "total_supply", [], lambda value: scval.from_int128(value))


def transfer_from(spender: str, from_: str, to: str, amount: int) -> Invocation[None]:
    return Invocation(
        "watt_token",
        "transfer_from",
        [scval.to_address(spender), scval.to_address(from_), scval.to_address(to), scval.to_int128(amount)],
        nothing,
    )


def schema_version() -> Invocation[int]:
    return Invocation("watt_token", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "watt_token", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


def attest_reserves(amount: int, reference: bytes) -> Invocation[None]:
    return Invocation("watt_token", "attest_reserves", [scval.to_int128(amount), scval.to_bytes(reference)], nothing)


def bank_reference_used(bank_reference: bytes) -> Invocation[bool]:
    return Invocation(
        "watt_token", "bank_reference_used", [scval.to_bytes(bank_reference)], lambda value: scval.from_bool(value)
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    100: "InsufficientBalance",
    101: "InsufficientAllowance",
    102: "InvalidLiveUntilLedger",
    103: "LessThanZero",
    104: "MathOverflow",
    105: "UnsetMetadata",
    106: "ExceededCap",
    107: "InvalidCap",
    108: "CapNotSet",
    109: "SACNotSet",
    110: "SACAddressMismatch",
    111: "SACMissingFnParam",
    112: "SACInvalidFnParam",
    113: "UserNotAllowed",
    114: "UserBlocked",
    201: "InvalidAmount",
    202: "ReservesExceeded",
    203: "ReservesBelowSupply",
    204: "BankReferenceUsed",
    205: "IssuerNotSet",
    206: "ReferenceRedeemed",
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
