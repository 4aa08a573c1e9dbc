"""Business parameters: declared in each app's parameters.py, read at a point in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from .actions import log_action
from .errors import Refused
from .models import Community, ParameterVersion


@dataclass(frozen=True)
class Parameter:
    """``default`` holds until a version is in force; values stay within [lowest, highest]."""

    key: str
    unit: str
    default: int
    lowest: int
    highest: int
    help: str


REGISTRY: dict[str, Parameter] = {}
# What a house's contract of parameters takes.
LONGEST_KEY, LONGEST_UNIT = 64, 32


def declare(key: str, *, unit: str, default: int, lowest: int, highest: int, help: str) -> Parameter:
    if len(key) > LONGEST_KEY or len(unit) > LONGEST_UNIT or not lowest <= default <= highest:
        raise ValueError(f"parameter {key} ({unit}) is not as the contract takes one")
    parameter = Parameter(key, unit, default, lowest, highest, help)
    if REGISTRY.setdefault(key, parameter) != parameter:
        raise ValueError(f"parameter {key} is declared twice")
    return parameter


def value_at(community: Community, parameter: Parameter, moment: datetime) -> int:
    """The value in force for ``community`` at ``moment``."""
    version = (
        ParameterVersion.objects.filter(community=community, key=parameter.key, effective_from__lte=moment)
        .order_by("-effective_from")
        .first()
    )
    return version.value if version else parameter.default


def versions_at(community: Community, parameters: Iterable[Parameter], moment: datetime) -> dict[str, ParameterVersion]:
    """The versions in force at ``moment`` by key, in one query; a parameter that has its default is not in it."""
    keys = [parameter.key for parameter in parameters]
    versions = ParameterVersion.objects.filter(community=community, key__in=keys, effective_from__lte=moment)
    return {version.key: version for version in versions.order_by("key", "-effective_from").distinct("key")}


@transaction.atomic
def schedule(
    community: Community, parameter: Parameter, value: int, effective_from: datetime, reason: str, *, actor: Any = None
) -> ParameterVersion:
    """Set ``value`` from ``effective_from`` on. Raises Refused outside the hard bounds.

    A person (``actor``) cannot change what is in force already: slots were cleared with it. Where the members
    govern, no person can.
    """
    if actor and community.is_governed:
        raise Refused("members_decide", f"the members of {community} decide on this: put it to the vote as a proposal")
    if actor and effective_from < community.now():
        raise Refused(
            "parameter_in_the_past", "a parameter changes from now on or later: the past was settled with the old value"
        )
    if not parameter.lowest <= value <= parameter.highest:
        raise Refused(
            "parameter_out_of_bounds",
            f"{parameter.key} must lie between {parameter.lowest} and {parameter.highest} {parameter.unit}",
        )
    version, _ = ParameterVersion.objects.update_or_create(
        community=community,
        key=parameter.key,
        effective_from=effective_from,
        defaults={"value": value, "reason": reason},
    )
    log_action("parameter.schedule", actor=actor, target=parameter.key, reason=reason, community=community, value=value)
    return version
