"""Founding a house: the four contracts by which a community decides, deployed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from stellar_sdk import scval, xdr

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import REGISTRY, Parameter, value_at
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor, parameters, timelock, watt_token
from stelltron.ledger.deployment import address_of, deploy, expected_wasm, run, stands
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import Contract

from .models import House
from .models.kinds import Kind

CODES = ("member_registry", "timelock", "parameters", "governor")
GUARDIAN_TERM = timedelta(days=364)
GRACE = timedelta(days=14)
# What proposals of a kind may have done: contract and function.
GRANTS = {
    Kind.PARAMETER: (("parameters", "schedule"), ("parameters", "revert")),
    Kind.MECHANISM: (("parameters", "schedule"), ("parameters", "revert")),
    Kind.MEMBERSHIP: (("member_registry", "set_registrar"),),
    Kind.BUDGET: (("watt_token", "transfer"),),
}


@dataclass(frozen=True)
class Terms:
    """What a kind of proposal has to meet; parts in basis points."""

    quorum_bps: int = 2_000
    majority_bps: int = 5_000
    notice: timedelta = timedelta(days=1)
    period: timedelta = timedelta(days=7)
    delay: timedelta = timedelta(days=2)
    by_stake: bool = False

    def to_chain(self) -> governor.Rules:
        return governor.Rules(
            delay=int(self.delay.total_seconds()),
            majority_bps=self.majority_bps,
            notice=int(self.notice.total_seconds()),
            period=int(self.period.total_seconds()),
            quorum_bps=self.quorum_bps,
            weight=scval.to_uint32(int(self.by_stake)),
        )


def usual_terms(kind: Kind) -> Terms:
    """Contracts' code and the common purse ask for more than a value does."""
    if kind == Kind.UPGRADE:
        return Terms(quorum_bps=4_000, majority_bps=6_667, delay=timedelta(days=7))
    if kind in (Kind.BUDGET, Kind.MEMBERSHIP):
        return Terms(quorum_bps=3_000)
    return Terms()


def quick_terms(kind: Kind) -> Terms:
    """For a demo: a vote lasts an hour, and nothing waits."""
    return replace(usual_terms(kind), notice=timedelta(0), period=timedelta(hours=1), delay=timedelta(0))


def found(
    community: Community,
    *,
    terms: Callable[[Kind], Terms] = usual_terms,
    gateway: Gateway | None = None,
) -> House:
    """The community's house, deployed and noted; a second call finds it. Raises Refused."""
    gateway = gateway or Gateway(settings.STELLAR)
    for needed in ("grid_staking", "watt_token"):
        contracts.address(needed)
    house = _note(community)
    # Once it stands, its own members decide on its code.
    if not stands(gateway, contracts.address(house.contract("governor"))):
        _deploy(house, {kind: terms(kind) for kind in Kind}, gateway)
    gateway.ensure_account(settings.STELLAR.guardian.public_key)
    purse = contracts.address(house.contract("timelock"))
    if not contracts.ask(gateway, watt_token.allowed(purse)):
        run(gateway, settings.STELLAR.issuer, watt_token.set_allowed(purse, True))
    return house


@transaction.atomic
def _note(community: Community) -> House:
    """Every address is known before its contract exists, so that the follower misses none of its events."""
    house, created = House.objects.get_or_create(community=community, defaults={"founded_at": datetime.now(UTC)})
    if created:
        Community.objects.filter(pk=community.pk).update(is_governed=True)
        community.is_governed = True
        log_action("house.found", target=community.slug, community=community)
    hashes = expected_wasm()
    for code in CODES:
        Contract.objects.get_or_create(
            network=settings.STELLAR.passphrase,
            name=house.contract(code),
            defaults={
                "address": address_of(settings.STELLAR.operator, house.contract(code)),
                "wasm_hash": hashes[code],
            },
        )
    return house


def _deploy(house: House, rules: Mapping[Kind, Terms], gateway: Gateway) -> None:
    operator = settings.STELLAR.operator
    at = {code: contracts.address(house.contract(code)) for code in CODES}
    boss = scval.to_address(at["timelock"])
    guardian = scval.to_address(settings.STELLAR.guardian.public_key)
    until = scval.to_uint64(gateway.now() + int(GUARDIAN_TERM.total_seconds()))
    shortest = min(one.delay for one in rules.values())
    waits = timelock.Terms(grace=int(GRACE.total_seconds()), shortest_delay=int(shortest.total_seconds()))
    constructors: dict[str, list[xdr.SCVal]] = {
        "member_registry": [boss, scval.to_address(operator.public_key)],
        "timelock": [scval.to_address(at["governor"]), waits.to_scval(), guardian, until],
        "parameters": [
            boss,
            scval.to_uint32(house.community.slot_minutes),
            scval.to_vec([one.to_scval() for one in _declarations(house.community)]),
            guardian,
            until,
        ],
        "governor": [
            governor.House(
                registry=at["member_registry"], staking=contracts.address("grid_staking"), timelock=at["timelock"]
            ).to_scval(),
            scval.to_vec([rules[kind].to_chain().to_scval() for kind in Kind]),
            scval.to_vec([_scope(kind, at) for kind in Kind]),
            guardian,
            until,
        ],
    }
    for code, made in constructors.items():
        deploy(gateway, operator, house.contract(code), made, lambda text: None, code=code)


def _scope(kind: Kind, at: Mapping[str, str]) -> xdr.SCVal:
    granted = (
        governor.Grant(function=function, target=at.get(contract) or contracts.address(contract))
        for contract, function in GRANTS.get(kind, ())
    )
    return scval.to_vec([one.to_scval() for one in granted])


def _declarations(community: Community) -> list[parameters.Declaration]:
    """Every value as it is now, with its hard bounds: from here on only a vote changes it."""
    return [declaration(community, one) for _, one in sorted(REGISTRY.items())]


def declaration(community: Community, one: Parameter) -> parameters.Declaration:
    return parameters.Declaration(
        default=value_at(community, one, community.now()),
        highest=one.highest,
        key=one.key,
        lowest=one.lowest,
        unit=one.unit,
    )


def require_house(community: Community) -> House:
    """Raises Refused for a community that has not founded one."""
    house = House.objects.filter(community=community).first()
    if house is None:
        raise Refused("no_house", f"{community} has not founded its house yet: ask the co-op to")
    return house
