"""What changes how the house itself works: a contract's code, the rules of the vote, the guardian, and new values.

A change names its act by the key it has: ``contract``, ``rules_of``, ``guardian`` or ``declare``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Sum
from stellar_sdk import StrKey, scval

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import REGISTRY
from stelltron.core.units import money
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor, parameters, timelock
from stelltron.ledger.deployment import expected_wasm
from stelltron.ledger.gateway import ChainRefused, Gateway
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import Contract

from .founding import CODES, GUARDIAN_TERM, Terms, declaration
from .models import GridPosition, House, Proposal, RollEntry
from .models.houses import WHOLE
from .models.kinds import Kind

Change = dict[str, Any]
# As the governor bounds them.
LONGEST_NOTICE, LONGEST_PERIOD, LONGEST_DELAY = timedelta(days=7), timedelta(days=30), timedelta(days=30)
SHORTEST_PERIOD = timedelta(hours=1)
# Who belongs and how the house works is decided by heads.
ONE_EACH = (Kind.UPGRADE, Kind.MEMBERSHIP)
# Contracts that the guardian may pause or take a decision back in.
GUARDED = ("timelock", "parameters", "governor")


@dataclass(frozen=True)
class _Act:
    read: Callable[[Community, Change], Change]
    calls: Callable[[House, Proposal], list[Invocation[Any]]]
    words: Callable[[Change], str]


def read(community: Community, change: Change) -> Change:
    """Raises Refused."""
    return _act(change).read(community, change)


def calls(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    return _act(proposal.change).calls(house, proposal)


def words(proposal: Proposal) -> str:
    return _act(proposal.change).words(proposal.change)


def _act(change: Change) -> _Act:
    named = [act for key, act in ACTS.items() if key in change]
    if len(named) != 1:
        raise Refused("unknown_act", f"name one of: {', '.join(ACTS)}")
    return named[0]


# ---- code


def _read_code(community: Community, change: Change) -> Change:
    code = change.get("contract")
    if code not in CODES:
        raise Refused("unknown_contract", f"the house has these contracts: {', '.join(CODES)}")
    brought = expected_wasm()[code]
    if Contract.objects.filter(name=community.house.contract(code), wasm_hash=brought).exists():
        raise Refused("nothing_changes", f"the {code} runs the code of this version already")
    return {"contract": code, "wasm_hash": brought}


def _put_code(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    name = house.contract(proposal.change["contract"])
    return [governor.upgrade(bytes.fromhex(proposal.change["wasm_hash"])).at(name)]


def _code_words(change: Change) -> str:
    return f"The {change['contract']} contract runs the code {change['wasm_hash'][:16]}… from then on."


# ---- the rules of the vote


def _read_rules(community: Community, change: Change) -> Change:
    if change.get("rules_of") not in Kind:
        raise Refused("unknown_kind", f"rules are for one of: {', '.join(Kind)}")
    numbers = {key: change.get(key) for key in _BOUNDS}
    for key, value in numbers.items():
        lowest, highest, says = _BOUNDS[key]
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise Refused(f"bad_{key}", says)
    shortest = contracts.ask(
        Gateway(settings.STELLAR), timelock.shortest_delay().at(community.house.contract("timelock"))
    )
    if numbers["delay_seconds"] < shortest:
        raise Refused("bad_delay_seconds", f"the timelock waits {timedelta(seconds=shortest)} at least")
    of = str(Kind(change["rules_of"]))
    by_stake = change.get("by_stake", False)
    if not isinstance(by_stake, bool):
        raise Refused("bad_by_stake", "votes weigh the GRID at stake, or they do not: true or false")
    if by_stake and of in ONE_EACH:
        raise Refused("one_vote_each", f"on {Kind(of).label} every member has one vote, whatever they have at stake")
    if by_stake:
        _require_quorum_within_reach(community, numbers["quorum_bps"])
    if community.house.rules.filter(kind=of, by_stake=by_stake, **numbers).exists():
        raise Refused("nothing_changes", "these are the rules already")
    return {"rules_of": of, **numbers, "by_stake": by_stake}


def _require_quorum_within_reach(community: Community, quorum_bps: int) -> None:
    """The quorum is of all GRID at stake, whoever's it is. Raises Refused where the members' own is less."""
    everybody = GridPosition.objects.aggregate(sum=Sum("staked"))["sum"] or 0
    on_roll = RollEntry.objects.filter(house=community.house, left_at=None).values("address")
    theirs = GridPosition.objects.filter(address__in=on_roll).aggregate(sum=Sum("staked"))["sum"] or 0
    if theirs * WHOLE <= quorum_bps * everybody:
        raise Refused(
            "quorum_out_of_reach",
            f"members have {money(theirs)} of the {money(everybody)} GRID at stake: no vote would reach this quorum",
        )


_BOUNDS = {
    "quorum_bps": (1, WHOLE, "the quorum is above zero and at most 100 percent of those who may vote"),
    "majority_bps": (WHOLE // 2, WHOLE, "the majority lies between 50 and 100 percent of yes and no"),
    "notice_seconds": (0, int(LONGEST_NOTICE.total_seconds()), "the notice is at most 7 days"),
    "period_seconds": (
        int(SHORTEST_PERIOD.total_seconds()),
        int(LONGEST_PERIOD.total_seconds()),
        "a vote lasts between an hour and 30 days",
    ),
    "delay_seconds": (0, int(LONGEST_DELAY.total_seconds()), "what was decided waits at most 30 days"),
}


def _set_rules(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    kind = scval.to_uint32(Kind(proposal.change["rules_of"]).number)
    return [governor.set_rules(kind, _terms(proposal.change).to_chain()).at(house.contract("governor"))]


def _terms(change: Change) -> Terms:
    return Terms(
        change["quorum_bps"],
        change["majority_bps"],
        timedelta(seconds=change["notice_seconds"]),
        timedelta(seconds=change["period_seconds"]),
        timedelta(seconds=change["delay_seconds"]),
        change.get("by_stake", False),
    )


def _rules_words(change: Change) -> str:
    terms = _terms(change)
    return (
        f"Proposals for {Kind(change['rules_of']).label}: {'votes weigh the GRID at stake, ' if terms.by_stake else ''}"
        f"{terms.quorum_bps / 100:g} % have to vote, more than"
        f" {terms.majority_bps / 100:g} % of yes and no with yes; announced {terms.notice} ahead, open for"
        f" {terms.period}, carried out {terms.delay} later at the earliest."
    )


# ---- the guardian


def _read_guardian(community: Community, change: Change) -> Change:
    address = str(change.get("guardian"))
    if not (StrKey.is_valid_ed25519_public_key(address) or StrKey.is_valid_contract(address)):
        raise Refused("bad_address", "that is not a Stellar address")
    try:
        until = datetime.fromisoformat(str(change.get("until"))).astimezone(UTC)
    except ValueError:
        raise Refused("no_moment", "say until when the guardian's term lasts") from None
    now = datetime.fromtimestamp(Gateway(settings.STELLAR).now(), UTC)
    rules = community.house.rules.get(kind=Kind.UPGRADE)
    ready = now + timedelta(seconds=rules.notice_seconds + rules.period_seconds + rules.delay_seconds)
    if not ready < until <= now + GUARDIAN_TERM:
        raise Refused(
            "bad_until", f"a term ends after the vote and its waiting, within {GUARDIAN_TERM.days} days from now"
        )
    return {"guardian": address, "until": until.isoformat()}


def _name_guardian(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    until = int(datetime.fromisoformat(proposal.change["until"]).timestamp())
    return [parameters.set_guardian(proposal.change["guardian"], until).at(house.contract(code)) for code in GUARDED]


def _guardian_words(change: Change) -> str:
    until = datetime.fromisoformat(change["until"])
    return f"The guardian is {change['guardian']} until {until:%Y-%m-%d %H:%M} UTC."


# ---- values to vote on


def _read_declaration(community: Community, change: Change) -> Change:
    key = change.get("declare")
    if key not in REGISTRY:
        raise Refused("unknown_parameter", "there is no such value: choose one of the list")
    try:
        contracts.ask(Gateway(settings.STELLAR), parameters.parameter(key).at(community.house.contract("parameters")))
    except ChainRefused:
        return {"declare": key}
    raise Refused("nothing_changes", f"members vote on {key} already")


def _declare(house: House, proposal: Proposal) -> list[Invocation[Any]]:
    made = declaration(house.community, REGISTRY[proposal.change["declare"]])
    return [parameters.declare(made).at(house.contract("parameters"))]


def _declaration_words(change: Change) -> str:
    one = REGISTRY[change["declare"]]
    return f"Members can vote on {one.key} ({one.help}), between {one.lowest:,} and {one.highest:,} {one.unit}."


ACTS = {
    "contract": _Act(_read_code, _put_code, _code_words),
    "rules_of": _Act(_read_rules, _set_rules, _rules_words),
    "guardian": _Act(_read_guardian, _name_guardian, _guardian_words),
    "declare": _Act(_read_declaration, _declare, _declaration_words),
}
