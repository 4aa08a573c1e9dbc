"""What the page of agents shows: whom a member trusts with cash, and what the member sold for others."""

from __future__ import annotations

from typing import Any

from financing import agents
from financing.models import Agent, Generator
from stelltron.members.models import Member

from .generators import visible

SHOWN = 50


def page(member: Member) -> dict[str, Any]:
    appointed = Agent.objects.filter(principal=member).select_related("member")
    agencies = Agent.objects.filter(member=member).select_related("principal")
    return {
        "appointed": [{"agent": agent, "owed": agents.owed(agent)} for agent in appointed],
        "agencies": [_books(agent) for agent in agencies],
    }


def _books(agent: Agent) -> dict[str, Any]:
    owed = agents.owed(agent)
    sales = agent.sales.select_related("agent__member", "payment__generator").prefetch_related("payment__codes")
    return {"agent": agent, "owed": owed, "left": max(agent.ceiling - owed, 0), "sales": list(sales[:SHOWN])}


def sold_at(member: Member) -> list[tuple[str, str]]:
    """Running generators: address and name."""
    return list(visible(member).filter(state=Generator.State.ACTIVE).values_list("address", "name")[:SHOWN])
