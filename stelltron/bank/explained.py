"""Everything a jurisdiction's rules and a community's parameters say of its money, and which of the two holds."""

from __future__ import annotations

from collections.abc import Iterator

from stelltron.core.models import Community

from . import jurisdictions, parameters, rules
from .jurisdictions import Held

PARAMETERS = {
    **{f"{level.lower()}_{span}_limit": one for (level, span), one in parameters.LIMITS.items()},
    **parameters.PATTERNS,
}


def lines(community: Community) -> Iterator[tuple[str, Held]]:
    """A rule and what holds of it today; what neither side limits is left out.

    Days of cooling-off are the financing's parameter, which is not known here: the rule is the least of them.
    """
    for key, rule in rules.RULES.items():
        own = PARAMETERS.get(key)
        held = jurisdictions.held(community, key, own) if own else jurisdictions.rule(community, key)
        if held:
            yield f"{key} ({rule.unit})", held
