"""Typed calls of the marketplace contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class Account:
    energy_wh: int
    index: int
    mandate: Mandate
    quote: int
    withdrawal: Withdrawal

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("energy_wh"): scval.to_int128(self.energy_wh),
                scval.to_symbol("index"): scval.to_uint32(self.index),
                scval.to_symbol("mandate"): self.mandate.to_scval(),
                scval.to_symbol("quote"): scval.to_int128(self.quote),
                scval.to_symbol("withdrawal"): self.withdrawal.to_scval(),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Account:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            energy_wh=scval.from_int128(fields["energy_wh"]),
            index=scval.from_uint32(fields["index"]),
            mandate=Mandate.from_scval(fields["mandate"]),
            quote=scval.from_int128(fields["quote"]),
            withdrawal=Withdrawal.from_scval(fields["withdrawal"]),
        )


@dataclass(frozen=True)
class ChainHead:
    burned_wh: int
    leaves: int
    minted_wh: int
    paid_stroops: int
    root: bytes
    sections: int
    settled_at: int
    traded_wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("burned_wh"): scval.to_uint64(self.burned_wh),
                scval.to_symbol("leaves"): scval.to_uint64(self.leaves),
                scval.to_symbol("minted_wh"): scval.to_uint64(self.minted_wh),
                scval.to_symbol("paid_stroops"): scval.to_uint64(self.paid_stroops),
                scval.to_symbol("root"): scval.to_bytes(self.root),
                scval.to_symbol("sections"): scval.to_uint64(self.sections),
                scval.to_symbol("settled_at"): scval.to_uint64(self.settled_at),
                scval.to_symbol("traded_wh"): scval.to_uint64(self.traded_wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> ChainHead:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            burned_wh=scval.from_uint64(fields["burned_wh"]),
            leaves=scval.from_uint64(fields["leaves"]),
            minted_wh=scval.from_uint64(fields["minted_wh"]),
            paid_stroops=scval.from_uint64(fields["paid_stroops"]),
            root=scval.from_bytes(fields["root"]),
            sections=scval.from_uint64(fields["sections"]),
            settled_at=scval.from_uint64(fields["settled_at"]),
            traded_wh=scval.from_uint64(fields["traded_wh"]),
        )


@dataclass(frozen=True)
class Config:
    energy: str
    operator: str
    quote: str
    silence: int
    slot_minutes: int
    withdraw_delay: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("energy"): scval.to_address(self.energy),
                scval.to_symbol("operator"): scval.to_address(self.operator),
                scval.to_symbol("quote"): scval.to_address(self.quote),
                scval.to_symbol("silence"): scval.to_uint64(self.silence),
                scval.to_symbol("slot_minutes"): scval.to_uint32(self.slot_minutes),
                scval.to_symbol("withdraw_delay"): scval.to_uint64(self.withdraw_delay),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Config:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            energy=scval.from_address(fields["energy"]).address,
            operator=scval.from_address(fields["operator"]).address,
            quote=scval.from_address(fields["quote"]).address,
            silence=scval.from_uint64(fields["silence"]),
            slot_minutes=scval.from_uint32(fields["slot_minutes"]),
            withdraw_delay=scval.from_uint64(fields["withdraw_delay"]),
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
class Mandate:
    buy_max: int
    day_wh: int
    sell_min: int
    sides: int
    slot_wh: int
    valid_from: int
    valid_until: int
    zone: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("buy_max"): scval.to_uint32(self.buy_max),
                scval.to_symbol("day_wh"): scval.to_uint32(self.day_wh),
                scval.to_symbol("sell_min"): scval.to_uint32(self.sell_min),
                scval.to_symbol("sides"): scval.to_uint32(self.sides),
                scval.to_symbol("slot_wh"): scval.to_uint32(self.slot_wh),
                scval.to_symbol("valid_from"): scval.to_uint32(self.valid_from),
                scval.to_symbol("valid_until"): scval.to_uint32(self.valid_until),
                scval.to_symbol("zone"): scval.to_uint32(self.zone),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Mandate:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            buy_max=scval.from_uint32(fields["buy_max"]),
            day_wh=scval.from_uint32(fields["day_wh"]),
            sell_min=scval.from_uint32(fields["sell_min"]),
            sides=scval.from_uint32(fields["sides"]),
            slot_wh=scval.from_uint32(fields["slot_wh"]),
            valid_from=scval.from_uint32(fields["valid_from"]),
            valid_until=scval.from_uint32(fields["valid_until"]),
            zone=scval.from_uint32(fields["zone"]),
        )


@dataclass(frozen=True)
class Totals:
    energy_wh: int
    quote: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("energy_wh"): scval.to_int128(self.energy_wh),
                scval.to_symbol("quote"): scval.to_int128(self.quote),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Totals:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            energy_wh=scval.from_int128(fields["energy_wh"]),
            quote=scval.from_int128(fields["quote"]),
        )


@dataclass(frozen=True)
class Trade:
    buyer: int
    fee: int
    price: int
    seller: int
    slot: int
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("buyer"): scval.to_uint32(self.buyer),
                scval.to_symbol("fee"): scval.to_uint32(self.fee),
                scval.to_symbol("price"): scval.to_uint32(self.price),
                scval.to_symbol("seller"): scval.to_uint32(self.seller),
                scval.to_symbol("slot"): scval.to_uint32(self.slot),
                scval.to_symbol("wh"): scval.to_uint32(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Trade:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            buyer=scval.from_uint32(fields["buyer"]),
            fee=scval.from_uint32(fields["fee"]),
            price=scval.from_uint32(fields["price"]),
            seller=scval.from_uint32(fields["seller"]),
            slot=scval.from_uint32(fields["slot"]),
            wh=scval.from_uint32(fields["wh"]),
        )


@dataclass(frozen=True)
class Withdrawal:
    amount: int
    ready_at: int
    wh: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("amount"): scval.to_int128(self.amount),
                scval.to_symbol("ready_at"): scval.to_uint64(self.ready_at),
                scval.to_symbol("wh"): scval.to_int128(self.wh),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Withdrawal:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            amount=scval.from_int128(fields["amount"]),
            ready_at=scval.from_uint64(fields["ready_at"]),
            wh=scval.from_int128(fields["wh"]),
        )


def desk() -> Invocation[str | None]:
    return Invocation(
        "marketplace",
        "desk",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def page(n: int) -> Invocation[bytes]:
    return Invocation("marketplace", "page", [scval.to_uint32(n)], lambda value: scval.from_bytes(value))


def admin() -> Invocation[str | None]:
    return Invocation(
        "marketplace",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def chain() -> Invocation[ChainHead]:
    return Invocation("marketplace", "chain", [], lambda value: ChainHead.from_scval(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("marketplace", "pause", [scval.to_address(caller)], nothing)


def config() -> Invocation[Config]:
    return Invocation("marketplace", "config", [], lambda value: Config.from_scval(value))


def oracle() -> Invocation[str | None]:
    return Invocation(
        "marketplace",
        "oracle",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def paused() -> Invocation[bool]:
    return Invocation("marketplace", "paused", [], lambda value: scval.from_bool(value))


def settle(batch: bytes) -> Invocation[None]:
    return Invocation("marketplace", "settle", [scval.to_bytes(batch)], nothing)


def totals() -> Invocation[Totals]:
    return Invocation("marketplace", "totals", [], lambda value: Totals.from_scval(value))


def account(member: str) -> Invocation[Account]:
    return Invocation("marketplace", "account", [scval.to_address(member)], lambda value: Account.from_scval(value))


def deposit(member: str, amount: int) -> Invocation[None]:
    return Invocation("marketplace", "deposit", [scval.to_address(member), scval.to_int128(amount)], nothing)


def members() -> Invocation[int]:
    return Invocation("marketplace", "members", [], lambda value: scval.from_uint32(value))


def unpause() -> Invocation[None]:
    return Invocation("marketplace", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("marketplace", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "marketplace",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def index_of(member: str) -> Invocation[int]:
    return Invocation("marketplace", "index_of", [scval.to_address(member)], lambda value: scval.from_uint32(value))


def set_desk(desk: str | None) -> Invocation[None]:
    return Invocation("marketplace", "set_desk", [scval.to_void() if desk is None else scval.to_address(desk)], nothing)


def withdraw(member: str) -> Invocation[tuple[int, int]]:
    return Invocation(
        "marketplace",
        "withdraw",
        [scval.to_address(member)],
        lambda value: (scval.from_int128(scval.from_vec(value)[0]), scval.from_int128(scval.from_vec(value)[1])),
    )


def member_at(index: int) -> Invocation[str | None]:
    return Invocation(
        "marketplace",
        "member_at",
        [scval.to_uint32(index)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def force_exit(member: str) -> Invocation[None]:
    return Invocation("marketplace", "force_exit", [scval.to_address(member)], nothing)


def next_chunk(slot: int) -> Invocation[int]:
    return Invocation("marketplace", "next_chunk", [scval.to_uint32(slot)], lambda value: scval.from_uint32(value))


def set_oracle(oracle: str | None) -> Invocation[None]:
    return Invocation(
        "marketplace", "set_oracle", [scval.to_void() if oracle is None else scval.to_address(oracle)], nothing
    )


def set_mandate(member: str, mandate: Mandate) -> Invocation[None]:
    return Invocation("marketplace", "set_mandate", [scval.to_address(member), mandate.to_scval()], nothing)


def accept_admin() -> Invocation[None]:
    return Invocation("marketplace", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("marketplace", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def set_operator(operator: str) -> Invocation[None]:
    return Invocation("marketplace", "set_operator", [scval.to_address(operator)], nothing)


def mandates_page(n: int) -> Invocation[bytes]:
    return Invocation("marketplace", "mandates_page", [scval.to_uint32(n)], lambda value: scval.from_bytes(value))


def cancel_mandate(member: str) -> Invocation[None]:
    return Invocation("marketplace", "cancel_mandate", [scval.to_address(member)], nothing)


def deposit_energy(member: str, wh: int) -> Invocation[None]:
    return Invocation("marketplace", "deposit_energy", [scval.to_address(member), scval.to_int128(wh)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("marketplace", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "marketplace", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


def settle_desk_trade(trade: Trade) -> Invocation[None]:
    return Invocation("marketplace", "settle_desk_trade", [trade.to_scval()], nothing)


def request_withdrawal(member: str, amount: int, wh: int) -> Invocation[None]:
    return Invocation(
        "marketplace",
        "request_withdrawal",
        [scval.to_address(member), scval.to_int128(amount), scval.to_int128(wh)],
        nothing,
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    301: "NotConfigured",
    302: "InvalidSlotMinutes",
    303: "UnknownMember",
    304: "MarketFull",
    305: "AlreadyMember",
    306: "InvalidAmount",
    307: "Overflow",
    308: "InsufficientQuote",
    309: "InsufficientEnergy",
    310: "NothingToWithdraw",
    311: "TooEarly",
    312: "InvalidMandate",
    313: "NoMandate",
    314: "MandateExpired",
    315: "SideDisabled",
    316: "PriceBelowSellLimit",
    317: "PriceAboveBuyLimit",
    318: "SlotCapExceeded",
    319: "DayCapExceeded",
    320: "SlotTooOld",
    321: "MalformedBatch",
    322: "SlotMisaligned",
    323: "SlotSettled",
    324: "SlotFull",
    325: "SelfTrade",
    326: "ZeroEnergy",
    327: "UnbalancedRound",
    328: "UnfinishedRound",
    329: "SlotInFuture",
    331: "PriceOutsideCollar",
    333: "OperatorActive",
    334: "NoDesk",
    335: "RequestExpired",
    336: "SameToken",
    337: "TooManyMandates",
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
