"""A house's rows and its contracts, compared: the roll, the votes of what is open, and every value."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from stelltron.core import slots
from stelltron.core.models import Community, ParameterVersion
from stelltron.core.parameters import REGISTRY, Parameter
from stelltron.ledger import contracts
from stelltron.ledger.clients import governor, member_registry, parameters
from stelltron.ledger.gateway import ChainRefused, Gateway

from .models import House, Proposal, RollEntry


def compare(house: House, gateway: Gateway | None = None) -> list[str]:
    """Write down, and return, everything the chain says otherwise. Empty means equal."""
    gateway = gateway or Gateway(settings.STELLAR)
    found = [*_roll(house, gateway), *_tallies(house, gateway), *_values(house, gateway)]
    house.differences, house.compared_at = found, datetime.now(UTC)
    house.save(update_fields=["differences", "compared_at"])
    return found


def _roll(house: House, gateway: Gateway) -> list[str]:
    theirs = contracts.ask(gateway, member_registry.members().at(house.contract("member_registry")))
    ours = RollEntry.objects.filter(house=house, left_at=None).count()
    return [] if ours == theirs else [f"{ours} on the roll here, {theirs} on the chain"]


def _tallies(house: House, gateway: Gateway) -> list[str]:
    found = []
    name = house.contract("governor")
    live = Proposal.objects.filter(community=house.community_id, state__in=Proposal.PENDING, number__isnull=False)
    for one in live:
        theirs = contracts.ask(gateway, governor.proposal(one.number).at(name)).proposal.tally
        ours = (one.yes, one.no, one.abstain, one.eligible)
        if ours != (theirs.yes, theirs.no, theirs.abstain, theirs.eligible):
            found.append(f"proposal {one.number}: {ours} here, {theirs} on the chain")
    return found


def _values(house: House, gateway: Gateway) -> list[str]:
    name = house.contract("parameters")
    found = []
    for key, declared in sorted(REGISTRY.items()):
        try:
            theirs = contracts.ask(gateway, parameters.parameter(key).at(name))
        except ChainRefused:
            found.append(f"{key} is not declared on the chain: a proposal has to declare it")
            continue
        now = slots.to_chain(datetime.fromtimestamp(gateway.now(), UTC))
        if house.community.clock == Community.Clock.DATA:
            # Its own clock says when a value takes effect: the newest has to be the same.
            value = theirs.versions[-1].value if theirs.versions else theirs.declaration.default
        else:
            value = contracts.ask(gateway, parameters.get(key, now).at(name))
        ours = _ours(house.community, declared, datetime.fromtimestamp(now * 60, UTC))
        if ours != value:
            found.append(f"{key} is {ours} here, {value} on the chain")
    return found


def _ours(community: Community, declared: Parameter, moment: datetime) -> int:
    versions = ParameterVersion.objects.filter(community=community, key=declared.key)
    if community.clock == Community.Clock.WALL:
        versions = versions.filter(effective_from__lte=moment)
    newest = versions.order_by("-effective_from").first()
    return newest.value if newest else declared.default
