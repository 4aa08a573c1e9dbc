"""Typed calls of the order_desk contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class Fill:
    expires: int
    nonce: int
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("expires"): scval.to_uint32(self.expires),
                scval.to_symbol("nonce"): scval.to_uint64(self.nonce),
                scval.to_symbol("wh"): scval.to_uint32(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Fill:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            expires=scval.from_uint32(fields["expires"]),
            nonce=scval.from_uint64(fields["nonce"]),
            wh=scval.from_uint32(fields["wh"]),
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
    buys: bool
    expires: int
    from_: int
    member: str
    nonce: int
    price: int
    signature: bytes
    until: int
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("buys"): scval.to_bool(self.buys),
                scval.to_symbol("expires"): scval.to_uint32(self.expires),
                scval.to_symbol("from"): scval.to_uint32(self.from_),
                scval.to_symbol("member"): scval.to_address(self.member),
                scval.to_symbol("nonce"): scval.to_uint64(self.nonce),
                scval.to_symbol("price"): scval.to_uint32(self.price),
                scval.to_symbol("signature"): scval.to_bytes(self.signature),
                scval.to_symbol("until"): scval.to_uint32(self.until),
                scval.to_symbol("wh"): scval.to_uint32(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Order:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            buys=scval.from_bool(fields["buys"]),
            expires=scval.from_uint32(fields["expires"]),
            from_=scval.from_uint32(fields["from"]),
            member=scval.from_address(fields["member"]).address,
            nonce=scval.from_uint64(fields["nonce"]),
            price=scval.from_uint32(fields["price"]),
            signature=scval.from_bytes(fields["signature"]),
            until=scval.from_uint32(fields["until"]),
            wh=scval.from_uint32(fields["wh"]),
        )


def admin() -> Invocation[str | None]:
    return Invocation(
        "order_desk",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def fills(member: str) -> Invocation[list[Fill]]:
    return Invocation(
        "order_desk",
        "fills",
        [scval.to_address(member)],
        lambda value: [Fill.from_scval(item) for item in scval.from_vec(value)],
    )


def pause(caller: str) -> Invocation[None]:
    return Invocation("order_desk", "pause", [scval.to_address(caller)], nothing)


def market() -> Invocation[str]:
    return Invocation("order_desk", "market", [], lambda value: scval.from_address(value).address)


def paused() -> Invocation[bool]:
    return Invocation("order_desk", "paused", [], lambda value: scval.from_bool(value))


def settle(slot: int, wh: int, price: int, fee: int, buy: Order, sell: Order) -> Invocation[None]:
    return Invocation(
        "order_desk",
        "settle",
        [
            scval.to_uint32(slot),
            scval.to_uint32(wh),
            scval.to_uint32(price),
            scval.to_uint32(fee),
            buy.to_scval(),
            sell.to_scval(),
        ],
        nothing,
    )


def unpause() -> Invocation[None]:
    return Invocation("order_desk", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("order_desk", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "order_desk",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def operator() -> Invocation[str]:
    return Invocation("order_desk", "operator", [], lambda value: scval.from_address(value).address)


def order_key(member: str) -> Invocation[bytes | None]:
    return Invocation(
        "order_desk",
        "order_key",
        [scval.to_address(member)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_bytes(value),
    )


def accept_admin() -> Invocation[None]:
    return Invocation("order_desk", "accept_admin", [], nothing)


def cancel_order(member: str, nonce: int, expires: int) -> Invocation[None]:
    return Invocation(
        "order_desk",
        "cancel_order",
        [scval.to_address(member), scval.to_uint64(nonce), scval.to_uint32(expires)],
        nothing,
    )


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("order_desk", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def set_operator(operator: str) -> Invocation[None]:
    return Invocation("order_desk", "set_operator", [scval.to_address(operator)], nothing)


def set_order_key(member: str, key: bytes) -> Invocation[None]:
    return Invocation("order_desk", "set_order_key", [scval.to_address(member), scval.to_bytes(key)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("order_desk", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "order_desk", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    700: "NotConfigured",
    701: "WrongSide",
    702: "PriceOutsideOrder",
    703: "OrderExpired",
    704: "OrderFilled",
    705: "TooManyOrders",
    706: "NoOrderKey",
    707: "SlotOutOfTime",
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
