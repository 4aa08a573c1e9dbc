"""Typed calls of the governor contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from dataclasses import dataclass

from stellar_sdk import scval, xdr

from stelltron.ledger.invocation import Invocation, nothing


@dataclass(frozen=True)
class Call:
    args: list[xdr.SCVal]
    function: str
    target: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("args"): scval.to_vec([item for item in self.args]),
                scval.to_symbol("function"): scval.to_symbol(self.function),
                scval.to_symbol("target"): scval.to_address(self.target),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Call:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            args=[item for item in scval.from_vec(fields["args"])],
            function=scval.from_symbol(fields["function"]),
            target=scval.from_address(fields["target"]).address,
        )


@dataclass(frozen=True)
class Detail:
    calls: list[Call]
    proposal: Proposal
    status: xdr.SCVal

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("calls"): scval.to_vec([item.to_scval() for item in self.calls]),
                scval.to_symbol("proposal"): self.proposal.to_scval(),
                scval.to_symbol("status"): self.status,
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Detail:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            calls=[Call.from_scval(item) for item in scval.from_vec(fields["calls"])],
            proposal=Proposal.from_scval(fields["proposal"]),
            status=fields["status"],
        )


@dataclass(frozen=True)
class Grant:
    function: str
    target: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("function"): scval.to_symbol(self.function),
                scval.to_symbol("target"): scval.to_address(self.target),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Grant:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            function=scval.from_symbol(fields["function"]),
            target=scval.from_address(fields["target"]).address,
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
class House:
    registry: str
    staking: str
    timelock: str

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("registry"): scval.to_address(self.registry),
                scval.to_symbol("staking"): scval.to_address(self.staking),
                scval.to_symbol("timelock"): scval.to_address(self.timelock),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> House:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            registry=scval.from_address(fields["registry"]).address,
            staking=scval.from_address(fields["staking"]).address,
            timelock=scval.from_address(fields["timelock"]).address,
        )


@dataclass(frozen=True)
class Proposal:
    closes_at: int
    description_hash: bytes
    kind: xdr.SCVal
    opens_at: int
    proposer: str
    rules: Rules
    snapshot: int
    stage: xdr.SCVal
    tally: Tally

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("closes_at"): scval.to_uint64(self.closes_at),
                scval.to_symbol("description_hash"): scval.to_bytes(self.description_hash),
                scval.to_symbol("kind"): self.kind,
                scval.to_symbol("opens_at"): scval.to_uint64(self.opens_at),
                scval.to_symbol("proposer"): scval.to_address(self.proposer),
                scval.to_symbol("rules"): self.rules.to_scval(),
                scval.to_symbol("snapshot"): scval.to_uint64(self.snapshot),
                scval.to_symbol("stage"): self.stage,
                scval.to_symbol("tally"): self.tally.to_scval(),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Proposal:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            closes_at=scval.from_uint64(fields["closes_at"]),
            description_hash=scval.from_bytes(fields["description_hash"]),
            kind=fields["kind"],
            opens_at=scval.from_uint64(fields["opens_at"]),
            proposer=scval.from_address(fields["proposer"]).address,
            rules=Rules.from_scval(fields["rules"]),
            snapshot=scval.from_uint64(fields["snapshot"]),
            stage=fields["stage"],
            tally=Tally.from_scval(fields["tally"]),
        )


@dataclass(frozen=True)
class Rules:
    delay: int
    majority_bps: int
    notice: int
    period: int
    quorum_bps: int
    weight: xdr.SCVal

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("delay"): scval.to_uint64(self.delay),
                scval.to_symbol("majority_bps"): scval.to_uint32(self.majority_bps),
                scval.to_symbol("notice"): scval.to_uint64(self.notice),
                scval.to_symbol("period"): scval.to_uint64(self.period),
                scval.to_symbol("quorum_bps"): scval.to_uint32(self.quorum_bps),
                scval.to_symbol("weight"): self.weight,
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Rules:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            delay=scval.from_uint64(fields["delay"]),
            majority_bps=scval.from_uint32(fields["majority_bps"]),
            notice=scval.from_uint64(fields["notice"]),
            period=scval.from_uint64(fields["period"]),
            quorum_bps=scval.from_uint32(fields["quorum_bps"]),
            weight=fields["weight"],
        )


@dataclass(frozen=True)
class Tally:
    abstain: int
    eligible: int
    no: int
    yes: int

    def to_scval(self) -> xdr.SCVal:
        return scval.to_map(
            {
                scval.to_symbol("abstain"): scval.to_int128(self.abstain),
                scval.to_symbol("eligible"): scval.to_int128(self.eligible),
                scval.to_symbol("no"): scval.to_int128(self.no),
                scval.to_symbol("yes"): scval.to_int128(self.yes),
            }
        )

    @classmethod
    def from_scval(cls, value: xdr.SCVal) -> Tally:
        fields = {scval.from_symbol(key): item for key, item in scval.from_map(value).items()}
        return cls(
            abstain=scval.from_int128(fields["abstain"]),
            eligible=scval.from_int128(fields["eligible"]),
            no=scval.from_int128(fields["no"]),
            yes=scval.from_int128(fields["yes"]),
        )


def vote(voter: str, id: int, choice: xdr.SCVal) -> Invocation[None]:
    return Invocation("governor", "vote", [scval.to_address(voter), scval.to_uint32(id), choice], nothing)


def admin() -> Invocation[str | None]:
    return Invocation(
        "governor",
        "admin",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else scval.from_address(value).address,
    )


def count() -> Invocation[int]:
    return Invocation("governor", "count", [], lambda value: scval.from_uint32(value))


def house() -> Invocation[House]:
    return Invocation("governor", "house", [], lambda value: House.from_scval(value))


def pause(caller: str) -> Invocation[None]:
    return Invocation("governor", "pause", [scval.to_address(caller)], nothing)


def queue(id: int) -> Invocation[bytes]:
    return Invocation("governor", "queue", [scval.to_uint32(id)], lambda value: scval.from_bytes(value))


def rules(kind: xdr.SCVal) -> Invocation[Rules]:
    return Invocation("governor", "rules", [kind], lambda value: Rules.from_scval(value))


def scope(kind: xdr.SCVal) -> Invocation[list[Grant]]:
    return Invocation(
        "governor", "scope", [kind], lambda value: [Grant.from_scval(item) for item in scval.from_vec(value)]
    )


def cancel(caller: str, id: int) -> Invocation[None]:
    return Invocation("governor", "cancel", [scval.to_address(caller), scval.to_uint32(id)], nothing)


def paused() -> Invocation[bool]:
    return Invocation("governor", "paused", [], lambda value: scval.from_bool(value))


def status(id: int) -> Invocation[xdr.SCVal]:
    return Invocation("governor", "status", [scval.to_uint32(id)], lambda value: value)


def propose(proposer: str, kind: xdr.SCVal, calls: list[Call], description_hash: bytes) -> Invocation[int]:
    return Invocation(
        "governor",
        "propose",
        [
            scval.to_address(proposer),
            kind,
            scval.to_vec([item.to_scval() for item in calls]),
            scval.to_bytes(description_hash),
        ],
        lambda value: scval.from_uint32(value),
    )


def unpause() -> Invocation[None]:
    return Invocation("governor", "unpause", [], nothing)


def upgrade(new_wasm_hash: bytes) -> Invocation[None]:
    return Invocation("governor", "upgrade", [scval.to_bytes(new_wasm_hash)], nothing)


def vote_of(id: int, voter: str) -> Invocation[xdr.SCVal | None]:
    return Invocation(
        "governor",
        "vote_of",
        [scval.to_uint32(id), scval.to_address(voter)],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else value,
    )


def guardian() -> Invocation[Guardian | None]:
    return Invocation(
        "governor",
        "guardian",
        [],
        lambda value: None if value.type == xdr.SCValType.SCV_VOID else Guardian.from_scval(value),
    )


def proposal(id: int) -> Invocation[Detail]:
    return Invocation("governor", "proposal", [scval.to_uint32(id)], lambda value: Detail.from_scval(value))


def set_rules(kind: xdr.SCVal, rules: Rules) -> Invocation[None]:
    return Invocation("governor", "set_rules", [kind, rules.to_scval()], nothing)


def set_scope(kind: xdr.SCVal, scope: list[Grant]) -> Invocation[None]:
    return Invocation("governor", "set_scope", [kind, scval.to_vec([item.to_scval() for item in scope])], nothing)


def accept_admin() -> Invocation[None]:
    return Invocation("governor", "accept_admin", [], nothing)


def operation_id(id: int) -> Invocation[bytes]:
    return Invocation("governor", "operation_id", [scval.to_uint32(id)], lambda value: scval.from_bytes(value))


def set_guardian(guardian: str, until: int) -> Invocation[None]:
    return Invocation("governor", "set_guardian", [scval.to_address(guardian), scval.to_uint64(until)], nothing)


def schema_version() -> Invocation[int]:
    return Invocation("governor", "schema_version", [], lambda value: scval.from_uint32(value))


def transfer_admin(new_admin: str, live_until_ledger: int) -> Invocation[None]:
    return Invocation(
        "governor", "transfer_admin", [scval.to_address(new_admin), scval.to_uint32(live_until_ledger)], nothing
    )


ERRORS = {
    10: "Paused",
    11: "NotSteward",
    12: "InvalidTerm",
    13: "WrongSchema",
    14: "PausedLately",
    620: "NotConfigured",
    621: "InvalidRules",
    622: "InvalidScope",
    623: "NotMember",
    624: "NobodyEligible",
    625: "InvalidCalls",
    626: "OutOfScope",
    627: "UnknownProposal",
    628: "VotingNotBegun",
    629: "VotingOver",
    630: "NoVote",
    631: "AlreadyVoted",
    632: "TooManyVotes",
    633: "VotingNotOver",
    634: "QuorumMissed",
    635: "MajorityMissed",
    636: "NothingToQueue",
    637: "AlreadyQueued",
    638: "AlreadyCancelled",
    639: "QueueExpired",
    640: "NotEntitled",
    641: "Closed",
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
