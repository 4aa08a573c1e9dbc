"""Figures on the staff dashboard."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django import template

from stelltron.core import units
from stelltron.core.models import Community

register = template.Library()
register.filter("kwh", lambda wh: units.kwh(wh))
register.filter("money", lambda stroops: units.money(stroops))


@register.filter
def age(moment: datetime | None) -> str:
    return units.since(moment, datetime.now(UTC)) if moment else "–"


@register.filter
def community_age(moment: datetime | None, community: Community) -> str:
    return units.since(moment, community.now()) if moment else "–"


@register.filter
def local(moment: datetime, community: Community) -> str:
    """The community's own wall clock."""
    return f"{moment.astimezone(ZoneInfo(community.time_zone)):%d %b %Y %H:%M}"
