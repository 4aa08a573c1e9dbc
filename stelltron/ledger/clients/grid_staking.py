"""Typed calls of the grid_staking contract. Written by `bin/manage generate_clients`: do not edit."""

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
    claimed: int
    free: int
    funded: int
    index: int
    index_carry: int
    owed: int
    owed_carry: int
    page: int
    staked: int
    unstaking: int
    updated: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("claimed"): scval.to_int128(self.claimed),
                scval.to_symbol("free"): scval.to_int128(self.free),
                scval.to_symbol("funded"): scval.to_int128(self.funded),
                scval.to_symbol("index"): scval.to_int128(self.index),
                scval.to_symbol("index_carry"): scval.to_int128(self.index_carry),
                scval.to_symbol("owed"): scval.to_int128(self.owed),
                scval.to_symbol("owed_carry"): scval.to_int128(self.owed_carry),
                scval.to_symbol("page"): scval.to_uint32(self.page),
                scval.to_symbol("staked"): scval.to_int128(self.staked),
                scval.to_symbol("unstaking"): scval.to_int128(self.unstaking),
                scval.to_symbol("updated"): scval.to_uint64(self.updated),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Pool:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            claimed=scval.from_int128(fields["claimed"]),
            free=scval.from_int128(fields["free"]),
            funded=scval.from_int128(fields["funded"]),
            index=scval.from_int128(fields["index"]),
            index_carry=scval.from_int128(fields["index_carry"]),
            owed=scval.from_int128(fields["owed"]),
            owed_carry=scval.from_int128(fields["owed_carry"]),
            page=scval.from_uint32(fields["page"]),
            staked=scval.from_int128(fields["staked"]),
            unstaking=scval.from_int128(fields["unstaking"]),
            updated=scval.from_uint64(fields["updated"]),
        )


@dataclass(frozen=True)
class Position:
    claimable: int
    ready_at: int
    staked: int
    unstaking: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("claimable"): scval.to_int128(self.claimable),
                scval.to_symbol("ready_at"): scval.to_uint64(self.ready_at),
                scval.to_symbol("staked"): scval.to_int128(self.staked),
                scval.to_symbol("unstaking"): scval.to_int128(self.unstaking),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Position:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            claimable=scval.from_int128(fields["claimable"]),
            ready_at=scval.from_uint64(fields["ready_at"]),
            staked=scval.from_int128(fields["staked"]),
            unstaking=scval.from_int128(fields["unstaking"]),
        )


@dataclass(frozen=True)
class Terms:
    ends_at: int
    licence_stake: int
    rate_bps: int
    tiers: list[Tier]
    unstake_delay: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("ends_at"): scval.to_uint64(self.ends_at),
                scval.to_symbol("licence_stake"): scval.to_int128(self.licence_stake),
                scval.to_symbol("rate_bps"): scval.to_uint32(self.rate_bps),
                scval.to_symbol("tiers"): scval.to_vec([item.to_scval() for item in self.tiers]),
                scval.to_symbol("unstake_delay"): scval.to_uint64(self.unstake_delay),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Terms:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            ends_at=scval.from_uint64(fields["ends_at"]),
            licence_stake=scval.from_int128(fields["licence_stake"]),
            rate_bps=scval.from_uint32(fields["rate_bps"]),
            tiers=[Tier.from_scval(item) for item in scval.from_vec(fields["tiers"])],
            unstake_delay=scval.from_uint64(fields["unstake_delay"]),
        )


@dataclass(frozen=True)
class Tier:
    discount_percent: int
    stake: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("discount_percent"): scval.to_uint32(self.discount_percent),
                scval.to_symbol("stake"): scval.to_int128(self.stake),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Tier:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            discount_percent=scval.from_uint32(fields["discount_percent"]),
            stake=scval.from_int128(fields["stake"]),
        )


def fund(from_: str, amount: int) -> Invocation[None]:
    return Invocation("grid_staking", "fund", [scval.to_address(from_), scval.to_int128(amount)], nothing)


def pool() -> Invocation[Pool]:
    return Invocation("grid_staking", "pool", [], lambda value: Pool.from_scval(value))


def tier(member: str) -> Invocation[int]:
    return Invocation("grid_staking", "tier", [scval.to_address(member)], lambda value: scval.from_uint32(value))


def admin() -> Invocation[str | None]:
    return Invocation(
        "grid_staking",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def claim(member: str) -> Invocation[int]:
    return Invocation("grid_staking", "claim", [scval.to_address(member)], lambda value: scval.from_int128(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("grid_staking", "pause", [scval.to_address(caller)], nothing)


def stake(member: str, amount: int) -> Invocation[None]:
    return Invocation("grid_staking", "stake", [scval.to_address(member), scval.to_int128(amount)], nothing)


def terms() -> Invocation[Terms]:
    return Invocation("grid_staking", "terms", [], lambda value: Terms.from_scval(value))


def token() -> Invocation[str]:
    return Invocation("grid_staking", "token", [], lambda value: scval.from_address(value).address)


def paused() -> Invocation[bool]:
    return Invocation("grid_staking", "paused", [], lambda value: scval.from_bool(value))


def set_end(ends_at: int) -> Invocation[None]:
    return Invocation("grid_staking", "set_end", [scval.to_uint64(ends_at)], nothing)


def unpause() -> Invocation[None]:
    return Invocation("grid_staking", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("grid_staking", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "grid_staking",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def position(member: str) -> Invocation[Position]:
    return Invocation("grid_staking", "position", [scval.to_address(member)], lambda value: Position.from_scval(value))


def set_rate(bps_per_year: int) -> Invocation[None]:
    return Invocation("grid_staking", "set_rate", [scval.to_uint32(bps_per_year)], nothing)


def total_at(timestamp: int) -> Invocation[int]:
    return Invocation("grid_staking", "total_at", [scval.to_uint64(timestamp)], lambda value: scval.from_int128(value))


def set_tiers(tiers: list[Tier]) -> Invocation[None]:
    return Invocation("grid_staking", "set_tiers", [scval.to_vec([item.to_scval() for item in tiers])], nothing)


def weight_at(member: str, timestamp: int) -> Invocation[int]:
    return Invocation(
        "grid_staking",
        "weight_at",
        [scval.to_address(member), scval.to_uint64(timestamp)],
        lambda value: scval.from_int128(value),
    )


def has_licence(host: str) -> Invocation[bool]:
    return Invocation("grid_staking", "has_licence", [scval.to_address(host)], lambda value: scval.from_bool(value))


def accept_admin() -> Invocation[None]:
    return Invocation("grid_staking", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("grid_staking", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("grid_staking", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "grid_staking", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


def request_unstake(member: str, amount: int) -> Invocation[None]:
    return Invocation("grid_staking", "request_unstake", [scval.to_address(member), scval.to_int128(amount)], nothing)


def discount_percent(member: str) -> Invocation[int]:
    return Invocation(
        "grid_staking", "discount_percent", [scval.to_address(member)], lambda value: scval.from_uint32(value)
    )


def set_licence_stake(stake: int) -> Invocation[None]:
    return Invocation("grid_staking", "set_licence_stake", [scval.to_int128(stake)], nothing)


def set_unstake_delay(seconds: int) -> Invocation[None]:
    return Invocation("grid_staking", "set_unstake_delay", [scval.to_uint64(seconds)], nothing)


def withdraw_unstaked(member: str) -> Invocation[int]:
    return Invocation(
        "grid_staking", "withdraw_unstaked", [scval.to_address(member)], lambda value: scval.from_int128(value)
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    420: "NotConfigured",
    421: "InvalidAmount",
    422: "InvalidRate",
    423: "InvalidTiers",
    424: "InvalidDelay",
    425: "InvalidLicenceStake",
    426: "InsufficientStake",
    427: "NothingToWithdraw",
    428: "TooEarly",
    429: "FutureLookup",
    430: "Overflow",
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
