"""The statement of a generator: funding, milestones, income, upkeep and quantities, as the books have them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from stelltron.core.units import money
from stelltron.members.models import Member

from ..models import UNITS, Generator, Milestone
from ..owning.twin import expected_quantity
from ..proof import booked


@dataclass(frozen=True)
class Part:
    unit: str
    figures: list[tuple[str, str]]


@dataclass(frozen=True)
class GeneratorStatement:
    made: Generator
    at: datetime
    parts: list[tuple[str, Part]]
    milestones: list[Milestone]
    notes: list[str]


def visible_to(member: Member) -> Q:
    """Who may read it: the requester, the provider, and who owns units or has earned with them."""
    owned = Q(stakes__member=member) & (Q(stakes__units__gt=0) | Q(stakes__claimed__gt=0))
    return Q(requester=member) | Q(provider=member) | owned


def generator_statement(made: Generator, now: datetime | None = None) -> GeneratorStatement:
    now = now or datetime.now(UTC)
    currency, request = made.community.currency, made.offering.request
    milestones = list(made.milestones.select_related("generator__offering", "intent").order_by("number"))
    return GeneratorStatement(
        made,
        now,
        [
            ("Funding", Part(currency, _funding(made))),
            ("Income", Part(currency, _income(made))),
            ("Quantities", Part(request.measure, _quantities(made, now))),
        ],
        milestones,
        _notes(made),
    )


def _funding(made: Generator) -> list[tuple[str, str]]:
    return [
        ("Goal", money(made.offering.goal, 7)),
        (f"Funded: {made.sold:,} of {UNITS:,} units", money(made.sold * made.unit_price, 7)),
        ("Paid to the provider", money(made.released, 7)),
        ("Paid back to financiers", money(made.refunded, 7)),
        ("In escrow", money(made.held, 7)),
    ]


def _income(made: Generator) -> list[tuple[str, str]]:
    """What came in is what these have had, will have, and what the fund was given."""
    to_claim = made.received - made.claimed - made.carry - made.maintenance - made.spent
    return [
        ("Came in", money(made.received, 7)),
        ("Claimed by owners", money(made.claimed, 7)),
        ("To be claimed by owners", money(to_claim, 7)),
        ("Not yet a whole share each", money(made.carry, 7)),
        ("In the maintenance fund", money(made.maintenance, 7)),
        ("Spent on maintenance", money(made.spent, 7)),
        ("All of it in the contract, with the escrow", money(made.tokens, 7)),
    ]


def _quantities(made: Generator, now: datetime) -> list[tuple[str, str]]:
    parts = made.offering.request.parts
    return [
        ("Expected by now, as the provider promised", quantity(expected_quantity(made, now), parts)),
        ("Metered", quantity(made.dispensed + made.free, parts)),
        ("of that without a price", quantity(made.free, parts)),
        ("Paid for", quantity(made.credited, parts)),
    ]


def _notes(made: Generator) -> list[str]:
    off = booked(made) - made.tokens
    notes = ["The journal has the same balance as these figures."]
    if off:
        notes = [f"The journal differs from these figures by {money(off, 7)} {made.community.currency}: ask the co-op."]
    if made.compared_at:
        found = len(made.differences)
        notes.append(f"Compared with the contract at {made.compared_at:%Y-%m-%d %H:%M} UTC: {found} differences.")
    return notes


def quantity(amount: int, parts: int) -> str:
    """In the measure, with as many decimals as its parts have."""
    return f"{amount / parts:,.{len(str(parts)) - 1}f}"
