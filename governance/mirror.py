"""What a house's contracts say, as rows: one handler an event, in the follower's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F

from stelltron.core import slots
from stelltron.core.actions import log_action
from stelltron.core.models import Community
from stelltron.core.parameters import REGISTRY, schedule
from stelltron.core.states import change_state
from stelltron.ledger.models import ChainEvent, Contract
from stelltron.members.models import Wallet

from .carrying_out import operation_id
from .models import Ballot, House, Proposal, RollEntry, Rules
from .models.kinds import Kind
from .telling import local, tell_voters

State = Proposal.State
KINDS = list(Kind)
CHOICES = list(Ballot.Choice)


@dataclass(frozen=True)
class Said:
    """One event of one of a house's contracts."""

    house: House
    event: ChainEvent
    at: datetime

    @property
    def topics(self) -> list[Any]:
        return self.event.data["topics"]

    @property
    def value(self) -> dict[str, Any]:
        return self.event.data["value"]

    def moment(self, name: str) -> datetime:
        """Unix seconds."""
        return datetime.fromtimestamp(int(self.value[name]), UTC)

    def proposal(self) -> Proposal | None:
        """The one whose number is the first topic, or, of the timelock, whose operation."""
        named = {"operation": self.topics[0]} if isinstance(self.topics[0], str) else {"number": self.topics[0]}
        found = Proposal.objects.select_for_update(of=["self"]).select_related("community", "author")
        return found.filter(community=self.house.community_id, **named).first()


def take(event: ChainEvent, at: datetime) -> None:
    """Write down what a house's event says; another contract's is not ours."""
    # The market's events are many: they are told apart without a query.
    if event.name not in NAMES:
        return
    contract = Contract.objects.filter(address=event.contract).first()
    code, _, mark = contract.name.partition(":") if contract else ("", "", "")
    handler = HANDLERS.get((code, event.name))
    if handler is None:
        return
    for house in House.objects.select_related("community"):
        if house.contract(code) == f"{code}:{mark}":
            handler(Said(house, event, at))


# ---- the roll and the rules


def _joined(said: Said) -> None:
    wallet = Wallet.objects.filter(address=said.topics[0]).first()
    RollEntry.objects.create(
        house=said.house, address=said.topics[0], member_id=wallet.member_id if wallet else None, joined_at=said.at
    )


def _left(said: Said) -> None:
    RollEntry.objects.filter(house=said.house, address=said.topics[0], left_at=None).update(left_at=said.at)


def _rules_set(said: Said) -> None:
    rules = said.value["rules"]
    Rules.objects.update_or_create(
        house=said.house,
        kind=KINDS[said.topics[0]],
        defaults={
            "quorum_bps": rules["quorum_bps"],
            "majority_bps": rules["majority_bps"],
            "notice_seconds": int(rules["notice"]),
            "period_seconds": int(rules["period"]),
            "delay_seconds": int(rules["delay"]),
            "by_stake": bool(rules["weight"]),
        },
    )


# ---- proposals


def _proposed(said: Said) -> None:
    number, kind = said.topics[0], KINDS[said.value["kind"]]
    rules = Rules.objects.get(house=said.house, kind=kind)
    proposal = _sent(said) or _from_outside(said, kind)
    change_state(
        proposal,
        Proposal.TRANSITIONS,
        State.OPEN,
        number=number,
        operation=operation_id(said.house, number).hex(),
        snapshot_at=said.moment("snapshot"),
        opens_at=said.moment("opens_at"),
        closes_at=said.moment("closes_at"),
        quorum_bps=rules.quorum_bps,
        majority_bps=rules.majority_bps,
        by_stake=rules.by_stake,
        eligible=int(said.value["eligible"]),
    )
    ends = local(proposal, said.moment("closes_at"))
    tell_voters(proposal, "open", f"“{proposal}” is put to the vote until {ends}")


def _sent(said: Said) -> Proposal | None:
    """Ours, by the very transaction that we sent."""
    sent = Proposal.objects.select_for_update(of=["self"]).select_related("community", "author")
    return sent.filter(state=State.SENT, intent__transaction=said.event.transaction_hash).first()


def _from_outside(said: Said, kind: Kind) -> Proposal:
    """Somebody proposed with other software: members see it and may vote, and read that its text is not known here."""
    wallet = Wallet.objects.filter(address=said.topics[1]).first()
    return Proposal.objects.create(
        community=said.house.community,
        kind=kind,
        title=f"Proposal {said.topics[0]}, made outside this portal",
        text="Its text is not known here: ask its author for it, and compare its SHA-256 with the one below.",
        change={"calls": said.value["calls"]},
        author_id=wallet.member_id if wallet else None,
        description_hash=said.value["description_hash"],
        state=State.SENT,
    )


def _voted(said: Said) -> None:
    proposal = said.proposal()
    if proposal is None:
        return
    address, choice, weight = said.topics[1], CHOICES[said.value["choice"]], int(said.value["weight"])
    wallet = Wallet.objects.filter(address=address).first()
    ballot = proposal.ballots.filter(address=address).order_by("-id").first()
    if ballot and ballot.choice == choice:
        change_state(ballot, Ballot.TRANSITIONS, Ballot.State.CAST, weight=weight, problem="")
    else:
        # Voted with other software, or otherwise than was asked for here before.
        proposal.ballots.filter(address=address).update(state=Ballot.State.REFUSED, problem="voted elsewhere")
        Ballot.objects.create(
            proposal=proposal,
            member_id=wallet.member_id if wallet else None,
            address=address,
            choice=choice,
            weight=weight,
            state=Ballot.State.CAST,
        )
    field = choice.lower()
    Proposal.objects.filter(pk=proposal.pk).update(**{field: F(field) + weight})


def _cancelled(said: Said) -> None:
    proposal = said.proposal()
    if proposal is None or proposal.state == State.CANCELLED:
        return
    change_state(proposal, Proposal.TRANSITIONS, State.CANCELLED, decided_at=proposal.decided_at or said.at)
    tell_voters(proposal, "cancelled", f"“{proposal}” was cancelled")


def _scheduled_to_happen(said: Said) -> None:
    proposal = said.proposal()
    if proposal is None:
        return
    ready, expires = said.moment("ready_at"), said.moment("expires_at")
    # The vote may have ended since our clock looked last.
    decided = proposal.decided_at or said.at
    change_state(
        proposal, Proposal.TRANSITIONS, State.QUEUED, ready_at=ready, expires_at=expires, decided_at=decided, problem=""
    )


def _executed(said: Said) -> None:
    proposal = said.proposal()
    if proposal is None:
        return
    change_state(proposal, Proposal.TRANSITIONS, State.EXECUTED, executed_at=said.at, problem="")
    if proposal.kind == Kind.UPGRADE and "contract" in proposal.change:
        name = said.house.contract(proposal.change["contract"])
        Contract.objects.filter(name=name).update(wasm_hash=proposal.change["wasm_hash"])
    log_action("proposal.execute", target=proposal.pk, reason=proposal.title, community=said.house.community)
    tell_voters(proposal, "executed", f"“{proposal}” is carried out")


# ---- values


def _value_scheduled(said: Said) -> None:
    _apply(said, f"decided by vote (transaction {said.event.transaction_hash[:12]}…)")


def _value_reverted(said: Said) -> None:
    _apply(said, f"reverted by vote (transaction {said.event.transaction_hash[:12]}…)")


def _value_taken_back(said: Said) -> None:
    _apply(said, f"taken back by the guardian (transaction {said.event.transaction_hash[:12]}…)")


def _apply(said: Said, reason: str) -> None:
    """Clearing reads what the chain says, from the same slot on."""
    parameter = REGISTRY[said.topics[0]]
    moment = own_moment(said.house.community, slots.from_chain(said.value["effective_from"]), said.at)
    schedule(said.house.community, parameter, int(said.value["value"]), moment, reason)


def own_moment(community: Community, moment: datetime, at: datetime) -> datetime:
    """A moment of the ledger's clock on the community's own. A data clock is taken to run beside it from ``at`` on."""
    if community.clock == Community.Clock.WALL:
        return moment
    later = community.now() + max(moment - at, timedelta(0))
    start = slots.slot_of(later, community.slot_minutes)
    return start if start == later else slots.next_slot(start, community.slot_minutes)


HANDLERS: dict[tuple[str, str], Callable[[Said], None]] = {
    ("member_registry", "joined"): _joined,
    ("member_registry", "left"): _left,
    ("governor", "rules_set"): _rules_set,
    ("governor", "proposed"): _proposed,
    ("governor", "voted"): _voted,
    ("governor", "cancelled"): _cancelled,
    ("timelock", "scheduled"): _scheduled_to_happen,
    ("timelock", "cancelled"): _cancelled,
    ("timelock", "executed"): _executed,
    ("parameters", "scheduled"): _value_scheduled,
    ("parameters", "reverted"): _value_reverted,
    ("parameters", "taken_back"): _value_taken_back,
}
NAMES = {name for _, name in HANDLERS}
