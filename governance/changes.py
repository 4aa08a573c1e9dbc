"""What each kind of proposal may do: read from what a member enters, said in words, made into contract calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from stellar_sdk import StrKey

from market.engine.mechanisms import Mechanism
from market.parameters import MECHANISM
from stelltron.core import slots
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import REGISTRY, value_at
from stelltron.core.units import money
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor, member_registry, parameters, watt_token
from stelltron.ledger.invocation import Invocation
from stelltron.members.models import Member

from . import constitution
from .models import House, Proposal, Rules
from .models.kinds import Kind

Change = dict[str, Any]
# Between the earliest moment a decision can be carried out and the slot it holds from.
ROOM_TO_CARRY_OUT = timedelta(hours=1)


@dataclass(frozen=True)
class _Doing:
    """``read`` raises Refused on what cannot be done; ``calls`` is what the timelock makes."""

    read: Callable[[Community, Change], Change]
    calls: Callable[[House, Proposal], list[Invocation[Any]]]
    words: Callable[[Proposal], str]
    holds_from_a_slot: bool = False


def read(community: Community, kind: str, change: Change, effective_from: datetime | None) -> Change:
    """The change as it is kept. Raises Refused."""
    doing = DOING[Kind(kind)]
    if doing.holds_from_a_slot:
        _require_slot(community, kind, effective_from)
    return doing.read(community, change)


def words(proposal: Proposal) -> str:
    """What it would do, for people."""
    return DOING[Kind(proposal.kind)].words(proposal)


def calls(proposal: Proposal) -> list[governor.Call]:
    """What the timelock does once it is accepted."""
    asked = DOING[Kind(proposal.kind)].calls(proposal.community.house, proposal)
    return [governor.Call(call.args, call.function, contracts.address(call.contract)) for call in asked]


def description_hash(proposal: Proposal) -> str:
    """SHA-256 of what members read: the title, the text, and what it does."""
    does = {
        "kind": proposal.kind,
        "change": proposal.change,
        "effective_from": proposal.effective_from.isoformat() if proposal.effective_from else None,
    }
    read = "\n\n".join((proposal.title, proposal.text, json.dumps(does, sort_keys=True)))
    return hashlib.sha256(read.encode()).hexdigest()


def earliest(community: Community, kind: str, now: datetime) -> datetime:
    """The first slot a value can hold from if it is put to the vote now."""
    rules = Rules.objects.filter(house__community=community, kind=kind).first()
    lasts = rules.notice_seconds + rules.period_seconds + rules.delay_seconds if rules else 0
    ready = now + timedelta(seconds=lasts) + ROOM_TO_CARRY_OUT
    return slots.next_slot(slots.slot_of(ready, community.slot_minutes), community.slot_minutes)


def holds_from_a_slot(kind: str) -> bool:
    return DOING[Kind(kind)].holds_from_a_slot


def _require_slot(community: Community, kind: str, effective_from: datetime | None) -> None:
    if effective_from is None:
        raise Refused("no_moment", "say from when on the new value holds")
    if slots.slot_of(effective_from, community.slot_minutes) != effective_from:
        raise Refused(
            "slot_misaligned", f"a value holds from the beginning of a {community.slot_minutes}-minute slot on"
        )


# ---- a resolution


def _no_change(community: Community, change: Change) -> Change:
    return {}


def _no_calls(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    return []


def _resolution_words(proposal: Proposal) -> str:
    return "A resolution in words; nothing happens by itself."


# ---- values


def _read_value(community: Community, change: Change) -> Change:
    parameter = REGISTRY.get(str(change.get("key")))
    if parameter is None or parameter == MECHANISM:
        raise Refused("unknown_parameter", "there is no such value to vote on: choose one of the list")
    return _within_bounds(community, parameter.key, change.get("value"))


def _within_bounds(community: Community, key: str, value: object) -> Change:
    parameter = REGISTRY[key]
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("not_a_number", f"{key} is a whole number of {parameter.unit}")
    if not parameter.lowest <= value <= parameter.highest:
        raise Refused(
            "parameter_out_of_bounds",
            f"{key} must lie between {parameter.lowest:,} and {parameter.highest:,} {parameter.unit}",
        )
    if value == value_at(community, parameter, community.now()):
        raise Refused("nothing_changes", f"{key} is {value:,} {parameter.unit} already")
    return {"key": key, "value": value}


def _schedule(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    assert proposal.effective_from
    change = proposal.change
    moment = slots.to_chain(proposal.effective_from)
    call = parameters.schedule(change["key"], change["value"], moment)
    return [call.at(house.contract("parameters"))]


def _value_words(proposal: Proposal) -> str:
    parameter = REGISTRY[proposal.change["key"]]
    return f"{parameter.help}: {proposal.change['value']:,} {parameter.unit} ({parameter.key})"


def _read_mechanism(community: Community, change: Change) -> Change:
    return _within_bounds(community, MECHANISM.key, change.get("value"))


def _mechanism_words(proposal: Proposal) -> str:
    return f"Energy is shared by {MECHANISM_NAMES[proposal.change['value']]}."


MECHANISM_NAMES = {
    Mechanism.AUCTION: "auction",
    Mechanism.MID_MARKET: "the mid-market rate",
    Mechanism.SUPPLY_DEMAND_RATIO: "the supply-demand ratio",
    Mechanism.STATIC_KEYS: "fixed keys",
    Mechanism.DYNAMIC_KEYS: "keys that follow consumption",
    Mechanism.BILL_SHARING: "one shared bill (some may pay more than the utility asks)",
}


# ---- the common purse


def _read_payment(community: Community, change: Change) -> Change:
    member = _member(community, change.get("to"))
    stroops = change.get("stroops")
    if not isinstance(stroops, int) or stroops <= 0:
        raise Refused("amount_not_positive", "a payment is more than zero")
    return {"to": str(member.pk), "stroops": stroops}


def _pay(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    purse = contracts.address(house.contract("timelock"))
    to = _member(proposal.community, proposal.change["to"]).wallet.address
    return [watt_token.transfer(purse, to, proposal.change["stroops"])]


def _payment_words(proposal: Proposal) -> str:
    to = _member(proposal.community, proposal.change["to"])
    return f"{money(proposal.change['stroops'])} WATT from the common purse to {to.name} ({to.code})."


def _member(community: Community, key: object) -> Member:
    try:
        found = Member.objects.select_related("wallet").filter(community=community, pk=UUID(str(key))).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused("no_such_member", "choose a member of this community")
    return found


# ---- the roll


def _read_registrar(community: Community, change: Change) -> Change:
    address = str(change.get("registrar"))
    if not (StrKey.is_valid_ed25519_public_key(address) or StrKey.is_valid_contract(address)):
        raise Refused("bad_address", "that is not a Stellar address")
    return {"registrar": address}


def _hand_over_roll(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    return [member_registry.set_registrar(proposal.change["registrar"]).at(house.contract("member_registry"))]


def _registrar_words(proposal: Proposal) -> str:
    return f"The roll of members is kept by {proposal.change['registrar']}."


DOING = {
    Kind.TEXT: _Doing(_no_change, _no_calls, _resolution_words),
    Kind.PARAMETER: _Doing(_read_value, _schedule, _value_words, holds_from_a_slot=True),
    Kind.MECHANISM: _Doing(_read_mechanism, _schedule, _mechanism_words, holds_from_a_slot=True),
    Kind.UPGRADE: _Doing(constitution.read, constitution.calls, constitution.words),
    Kind.MEMBERSHIP: _Doing(_read_registrar, _hand_over_roll, _registrar_words),
    Kind.BUDGET: _Doing(_read_payment, _pay, _payment_words),
}
