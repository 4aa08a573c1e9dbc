"""Typed calls of the generator contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class Announcement:
    evidence_hash: bytes
    from_: int
    milestone: int | None

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("evidence_hash"): scval.to_bytes(self.evidence_hash),
                scval.to_symbol("from"): scval.to_uint64(self.from_),
                scval.to_symbol("milestone"): scval.to_void()
                if self.milestone is None
                else scval.to_uint32(self.milestone),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Announcement:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            evidence_hash=scval.from_bytes(fields["evidence_hash"]),
            from_=scval.from_uint64(fields["from"]),
            milestone=None
            if fields["milestone"].type == xdr.SCValType.SCV_VOID
            else scval.from_uint32(fields["milestone"]),
        )


@dataclass(frozen=True)
class Device:
    counter: int
    credited: int
    dispensed: int
    free: int
    key: bytes | None

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("counter"): scval.to_uint64(self.counter),
                scval.to_symbol("credited"): scval.to_uint64(self.credited),
                scval.to_symbol("dispensed"): scval.to_uint64(self.dispensed),
                scval.to_symbol("free"): scval.to_uint64(self.free),
                scval.to_symbol("key"): scval.to_void() if self.key is None else scval.to_bytes(self.key),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Device:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            counter=scval.from_uint64(fields["counter"]),
            credited=scval.from_uint64(fields["credited"]),
            dispensed=scval.from_uint64(fields["dispensed"]),
            free=scval.from_uint64(fields["free"]),
            key=None if fields["key"].type == xdr.SCValType.SCV_VOID else scval.from_bytes(fields["key"]),
        )


@dataclass(frozen=True)
class Escrow:
    held: int
    milestones: int
    refunded: int
    released: int
    returned: int
    sold: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("held"): scval.to_uint64(self.held),
                scval.to_symbol("milestones"): scval.to_uint32(self.milestones),
                scval.to_symbol("refunded"): scval.to_uint64(self.refunded),
                scval.to_symbol("released"): scval.to_uint64(self.released),
                scval.to_symbol("returned"): scval.to_uint64(self.returned),
                scval.to_symbol("sold"): scval.to_uint32(self.sold),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Escrow:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            held=scval.from_uint64(fields["held"]),
            milestones=scval.from_uint32(fields["milestones"]),
            refunded=scval.from_uint64(fields["refunded"]),
            released=scval.from_uint64(fields["released"]),
            returned=scval.from_uint64(fields["returned"]),
            sold=scval.from_uint32(fields["sold"]),
        )


@dataclass(frozen=True)
class Future:
    buyer: str | None
    from_: int
    index: int
    price: int
    seller: str
    units: int
    until: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("buyer"): scval.to_void() if self.buyer is None else scval.to_address(self.buyer),
                scval.to_symbol("from"): scval.to_uint64(self.from_),
                scval.to_symbol("index"): scval.to_uint64(self.index),
                scval.to_symbol("price"): scval.to_uint64(self.price),
                scval.to_symbol("seller"): scval.to_address(self.seller),
                scval.to_symbol("units"): scval.to_uint32(self.units),
                scval.to_symbol("until"): scval.to_uint64(self.until),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Future:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            buyer=None
            if fields["buyer"].type == xdr.SCValType.SCV_VOID
            else scval.from_address(fields["buyer"]).address,
            from_=scval.from_uint64(fields["from"]),
            index=scval.from_uint64(fields["index"]),
            price=scval.from_uint64(fields["price"]),
            seller=scval.from_address(fields["seller"]).address,
            units=scval.from_uint32(fields["units"]),
            until=scval.from_uint64(fields["until"]),
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
class Income:
    carry: int
    claimed: int
    closing: int | None
    index: int
    maintenance: int
    noted: int
    page: int
    received: int
    spent: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("carry"): scval.to_uint64(self.carry),
                scval.to_symbol("claimed"): scval.to_uint64(self.claimed),
                scval.to_symbol("closing"): scval.to_void() if self.closing is None else scval.to_uint64(self.closing),
                scval.to_symbol("index"): scval.to_uint64(self.index),
                scval.to_symbol("maintenance"): scval.to_uint64(self.maintenance),
                scval.to_symbol("noted"): scval.to_uint64(self.noted),
                scval.to_symbol("page"): scval.to_uint32(self.page),
                scval.to_symbol("received"): scval.to_uint64(self.received),
                scval.to_symbol("spent"): scval.to_uint64(self.spent),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Income:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            carry=scval.from_uint64(fields["carry"]),
            claimed=scval.from_uint64(fields["claimed"]),
            closing=None if fields["closing"].type == xdr.SCValType.SCV_VOID else scval.from_uint64(fields["closing"]),
            index=scval.from_uint64(fields["index"]),
            maintenance=scval.from_uint64(fields["maintenance"]),
            noted=scval.from_uint64(fields["noted"]),
            page=scval.from_uint32(fields["page"]),
            received=scval.from_uint64(fields["received"]),
            spent=scval.from_uint64(fields["spent"]),
        )


@dataclass(frozen=True)
class Owner:
    ask: int
    earned: int
    index: int
    lent: int
    listed: int
    pledged: int
    units: int
    vote: int | None

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("ask"): scval.to_uint64(self.ask),
                scval.to_symbol("earned"): scval.to_uint64(self.earned),
                scval.to_symbol("index"): scval.to_uint64(self.index),
                scval.to_symbol("lent"): scval.to_uint32(self.lent),
                scval.to_symbol("listed"): scval.to_uint32(self.listed),
                scval.to_symbol("pledged"): scval.to_uint32(self.pledged),
                scval.to_symbol("units"): scval.to_uint32(self.units),
                scval.to_symbol("vote"): scval.to_void() if self.vote is None else scval.to_uint64(self.vote),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Owner:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            ask=scval.from_uint64(fields["ask"]),
            earned=scval.from_uint64(fields["earned"]),
            index=scval.from_uint64(fields["index"]),
            lent=scval.from_uint32(fields["lent"]),
            listed=scval.from_uint32(fields["listed"]),
            pledged=scval.from_uint32(fields["pledged"]),
            units=scval.from_uint32(fields["units"]),
            vote=None if fields["vote"].type == xdr.SCValType.SCV_VOID else scval.from_uint64(fields["vote"]),
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


def buy(buyer: str, seller: str, units: int, max_price: int) -> Invocation[int]:
    return Invocation(
        "generator",
        "buy",
        [scval.to_address(buyer), scval.to_address(seller), scval.to_uint32(units), scval.to_uint64(max_price)],
        lambda value: scval.from_uint64(value),
    )


def pay(payer: str, quantity: int, max_price: int) -> Invocation[int]:
    return Invocation(
        "generator",
        "pay",
        [scval.to_address(payer), scval.to_uint64(quantity), scval.to_uint64(max_price)],
        lambda value: scval.from_uint64(value),
    )


def fund(financier: str, units: int) -> Invocation[int]:
    return Invocation(
        "generator",
        "fund",
        [scval.to_address(financier), scval.to_uint32(units)],
        lambda value: scval.from_uint64(value),
    )


def list(owner: str, units: int, price_per_unit: int) -> Invocation[None]:
    return Invocation(
        "generator", "list", [scval.to_address(owner), scval.to_uint32(units), scval.to_uint64(price_per_unit)], nothing
    )


def admin() -> Invocation[str | None]:
    return Invocation(
        "generator",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def claim(owner: str) -> Invocation[int]:
    return Invocation("generator", "claim", [scval.to_address(owner)], lambda value: scval.from_uint64(value))


def owner(address: str) -> Invocation[Owner]:
    return Invocation("generator", "owner", [scval.to_address(address)], lambda value: Owner.from_scval(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("generator", "pause", [scval.to_address(caller)], nothing)


def price() -> Invocation[int]:
    return Invocation("generator", "price", [], lambda value: scval.from_uint64(value))


def state() -> Invocation[xdr.SCVal]:
    return Invocation("generator", "state", [], lambda value: value)


def terms() -> Invocation[Terms]:
    return Invocation("generator", "terms", [], lambda value: Terms.from_scval(value))


def credit(user: str) -> Invocation[int]:
    return Invocation("generator", "credit", [scval.to_address(user)], lambda value: scval.from_uint64(value))


def device() -> Invocation[Device]:
    return Invocation("generator", "device", [], lambda value: Device.from_scval(value))


def escrow() -> Invocation[Escrow]:
    return Invocation("generator", "escrow", [], lambda value: Escrow.from_scval(value))


def future(id: int) -> Invocation[Future | None]:
    return Invocation(
        "generator",
        "future",
        [scval.to_uint32(id)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Future.from_scval(value),
    )


def income() -> Invocation[Income]:
    return Invocation("generator", "income", [], lambda value: Income.from_scval(value))


def paused() -> Invocation[bool]:
    return Invocation("generator", "paused", [], lambda value: scval.from_bool(value))


def refund(financier: str) -> Invocation[int]:
    return Invocation("generator", "refund", [scval.to_address(financier)], lambda value: scval.from_uint64(value))


def retire() -> Invocation[None]:
    return Invocation("generator", "retire", [], nothing)


def unlist(owner: str) -> Invocation[None]:
    return Invocation("generator", "unlist", [scval.to_address(owner)], nothing)


def install(device_key: bytes) -> Invocation[None]:
    return Invocation("generator", "install", [scval.to_bytes(device_key)], nothing)


def release(milestone: int, evidence_hash: bytes) -> Invocation[int]:
    return Invocation(
        "generator",
        "release",
        [scval.to_uint32(milestone), scval.to_bytes(evidence_hash)],
        lambda value: scval.from_uint64(value),
    )


def unpause() -> Invocation[None]:
    return Invocation("generator", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("generator", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def activate(caller: str, amount: int) -> Invocation[None]:
    return Invocation("generator", "activate", [scval.to_address(caller), scval.to_uint64(amount)], nothing)


def announce(milestone: int | None, evidence_hash: bytes) -> Invocation[Announcement]:
    return Invocation(
        "generator",
        "announce",
        [scval.to_void() if milestone is None else scval.to_uint32(milestone), scval.to_bytes(evidence_hash)],
        lambda value: Announcement.from_scval(value),
    )


def dispense(user: str, quantity: int, counter: int, signature: bytes) -> Invocation[None]:
    return Invocation(
        "generator",
        "dispense",
        [scval.to_address(user), scval.to_uint64(quantity), scval.to_uint64(counter), scval.to_bytes(signature)],
        nothing,
    )


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "generator",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def transfer(from_: str, to: str, units: int) -> Invocation[None]:
    return Invocation(
        "generator", "transfer", [scval.to_address(from_), scval.to_address(to), scval.to_uint32(units)], nothing
    )


def withdraw(financier: str, units: int) -> Invocation[int]:
    return Invocation(
        "generator",
        "withdraw",
        [scval.to_address(financier), scval.to_uint32(units)],
        lambda value: scval.from_uint64(value),
    )


def announced() -> Invocation[Announcement | None]:
    return Invocation(
        "generator",
        "announced",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Announcement.from_scval(value),
    )


def carry_out(milestone: int | None, evidence_hash: bytes) -> Invocation[None]:
    return Invocation(
        "generator",
        "carry_out",
        [scval.to_void() if milestone is None else scval.to_uint32(milestone), scval.to_bytes(evidence_hash)],
        nothing,
    )


def claimable(owner: str) -> Invocation[int]:
    return Invocation("generator", "claimable", [scval.to_address(owner)], lambda value: scval.from_uint64(value))


def set_price(owner: str, price: int) -> Invocation[None]:
    return Invocation("generator", "set_price", [scval.to_address(owner), scval.to_uint64(price)], nothing)


def unsettled(id: int) -> Invocation[tuple[int, int]]:
    return Invocation(
        "generator",
        "unsettled",
        [scval.to_uint32(id)],
        lambda value: (scval.from_uint64(scval.from_vec(value)[0]), scval.from_uint64(scval.from_vec(value)[1])),
    )


def buy_future(buyer: str, id: int, max_price: int) -> Invocation[None]:
    return Invocation(
        "generator", "buy_future", [scval.to_address(buyer), scval.to_uint32(id), scval.to_uint64(max_price)], nothing
    )


def mean_price() -> Invocation[int]:
    return Invocation("generator", "mean_price", [], lambda value: scval.from_uint64(value))


def clear_price(owner: str) -> Invocation[None]:
    return Invocation("generator", "clear_price", [scval.to_address(owner)], nothing)


def sell_future(owner: str, units: int, from_: int, until: int, price: int) -> Invocation[int]:
    return Invocation(
        "generator",
        "sell_future",
        [
            scval.to_address(owner),
            scval.to_uint32(units),
            scval.to_uint64(from_),
            scval.to_uint64(until),
            scval.to_uint64(price),
        ],
        lambda value: scval.from_uint32(value),
    )


def accept_admin() -> Invocation[None]:
    return Invocation("generator", "accept_admin", [], nothing)


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("generator", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def close_funding() -> Invocation[xdr.SCVal]:
    return Invocation("generator", "close_funding", [], lambda value: value)


def settle_future(id: int) -> Invocation[None]:
    return Invocation("generator", "settle_future", [scval.to_uint32(id)], nothing)


def replace_device(device_key: bytes) -> Invocation[None]:
    return Invocation("generator", "replace_device", [scval.to_bytes(device_key)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("generator", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "generator", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


def raise_objection() -> Invocation[None]:
    return Invocation("generator", "raise_objection", [], nothing)


def withdraw_future(owner: str, id: int) -> Invocation[None]:
    return Invocation("generator", "withdraw_future", [scval.to_address(owner), scval.to_uint32(id)], nothing)


def spend_maintenance(to: str, amount: int, evidence_hash: bytes) -> Invocation[None]:
    return Invocation(
        "generator",
        "spend_maintenance",
        [scval.to_address(to), scval.to_uint64(amount), scval.to_bytes(evidence_hash)],
        nothing,
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    500: "NotConfigured",
    501: "InvalidAmount",
    502: "InvalidGoal",
    503: "InvalidDeadline",
    504: "InvalidStakes",
    505: "InvalidMilestones",
    506: "InvalidPriceBounds",
    507: "InvalidSlot",
    508: "InvalidMaintenance",
    509: "InvalidMeasure",
    510: "InvalidRequester",
    511: "WrongState",
    512: "FundingOver",
    513: "FundingOpen",
    514: "NotEnoughUnits",
    515: "BelowSmallestStake",
    516: "AboveLargestStake",
    517: "NothingToRefund",
    518: "NoSuchMilestone",
    519: "MilestoneReleased",
    520: "NotRequester",
    521: "PriceOutOfBounds",
    522: "NoUnits",
    523: "NoPriceSubmitted",
    524: "PriceAboveLimit",
    525: "FreeNow",
    526: "QuantityTooSmall",
    527: "UnitsLocked",
    528: "NotListed",
    529: "ListedTooFew",
    530: "SelfTrade",
    531: "MaintenanceInsufficient",
    532: "CounterUsed",
    533: "InsufficientCredit",
    534: "InvalidPeriod",
    535: "NoSuchFuture",
    536: "FutureSold",
    537: "FutureUnsold",
    538: "PeriodBegun",
    539: "NotSeller",
    540: "Overflow",
    541: "CounterTooFar",
    542: "FundingComplete",
    543: "NothingAnnounced",
    544: "AnswerAwaited",
    545: "ObjectionOver",
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
