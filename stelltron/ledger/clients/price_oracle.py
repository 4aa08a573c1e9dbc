"""Typed calls of the price_oracle contract. Written by `bin/manage generate_clients`: do not edit."""

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
class Quote:
    from_: int
    price: int
    until: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("from"): scval.to_uint32(self.from_),
                scval.to_symbol("price"): scval.to_uint32(self.price),
                scval.to_symbol("until"): scval.to_uint32(self.until),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Quote:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            from_=scval.from_uint32(fields["from"]),
            price=scval.from_uint32(fields["price"]),
            until=scval.from_uint32(fields["until"]),
        )


@dataclass(frozen=True)
class Terms:
    collar_percent: int
    key: bytes

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("collar_percent"): scval.to_uint32(self.collar_percent),
                scval.to_symbol("key"): scval.to_bytes(self.key),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Terms:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            collar_percent=scval.from_uint32(fields["collar_percent"]),
            key=scval.from_bytes(fields["key"]),
        )


def admin() -> Invocation[str | None]:
    return Invocation(
        "price_oracle",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def pause(caller: str) -> Invocation[None]:
    return Invocation("price_oracle", "pause", [scval.to_address(caller)], nothing)


def price(slot: int) -> Invocation[int]:
    return Invocation("price_oracle", "price", [scval.to_uint32(slot)], lambda value: scval.from_uint32(value))


def terms() -> Invocation[Terms]:
    return Invocation("price_oracle", "terms", [], lambda value: Terms.from_scval(value))


def limits(slot: int) -> Invocation[tuple[int, int]]:
    return Invocation(
        "price_oracle",
        "limits",
        [scval.to_uint32(slot)],
        lambda value: (scval.from_uint32(scval.from_vec(value)[0]), scval.from_uint32(scval.from_vec(value)[1])),
    )


def paused() -> Invocation[bool]:
    return Invocation("price_oracle", "paused", [], lambda value: scval.from_bool(value))


def unpause() -> Invocation[None]:
    return Invocation("price_oracle", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("price_oracle", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "price_oracle",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def set_terms(terms: Terms) -> Invocation[None]:
    return Invocation("price_oracle", "set_terms", [terms.to_scval()], nothing)


def post_quote(quote: Quote, signature: bytes) -> Invocation[None]:
    return Invocation("price_oracle", "post_quote", [quote.to_scval(), scval.to_bytes(signature)], nothing)


def accept_admin() -> Invocation[None]:
    return Invocation("price_oracle", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("price_oracle", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def slot_minutes() -> Invocation[int]:
    return Invocation("price_oracle", "slot_minutes", [], lambda value: scval.from_uint32(value))


def schema_version() -> Invocation[int]:
    return Invocation("price_oracle", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "price_oracle", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    760: "NotConfigured",
    761: "InvalidSlotMinutes",
    762: "InvalidCollar",
    763: "InvalidQuote",
    764: "QuoteOutOfTime",
    765: "SlotQuoted",
    766: "QuoteMissing",
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
