"""The impact report as PDF."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from stelltron.core.paper import Paper
from stelltron.members.models import Member

from .generator_statement import quantity
from .impact import Impact, Total

WIDTHS = (70, 25, 30, 55, 45, 32)
MG_PER_KG = 1_000_000
EXPLAIN = (
    "The part of a stake is its units of 10,000, as they are owned on this day. People are those who asked for a generator"
    " that runs today. Delivered is what the generators' meters have signed since they started."
)


def impact_pdf(found: Total, member: Member, now: datetime) -> bytes:
    community = member.community
    paper = Paper("Impact report", now, landscape=True)
    paper.write_line(community.name, bold=True)
    paper.write_line()
    paper.write_line("Impact report", bold=True, size=16)
    paper.write_line(f"{now.astimezone(ZoneInfo(community.time_zone)):%Y-%m-%d}, for {member.name} ({member.code})")
    paper.write_line()
    if not found.stakes:
        paper.write_line("No units are owned on this day.")
        return bytes(paper.output())
    paper.write_line(f"People with power: {found.people:,.1f}")
    for measure, parts, amount in found.quantities:
        paper.write_line(f"Delivered: {quantity(amount, parts)} {measure}")
    paper.write_line(f"CO2 avoided: {_kilograms(found.co2_mg)}")
    paper.write_line()
    headings = ("Generator", "Stake", "People, share", "Delivered, all", "Delivered, share", "CO2, share")
    paper.write_table([headings, *(_row(one) for one in found.stakes)], WIDTHS, numbers=range(1, 6))
    paper.write_line()
    paper.write_line(EXPLAIN, size=9)
    for source in sources(found):
        paper.write_line(f"CO2: {source}", size=9)
    return bytes(paper.output())


def sources(found: Total) -> list[str]:
    """Each factor that was used, once."""
    return sorted({f"{one.factor.g_per_kwh:,} g/kWh, {one.factor.source}" for one in found.stakes if one.factor})


def _row(one: Impact) -> tuple[str, ...]:
    return (
        one.made.name,
        f"{one.units / 100:.2f} %",
        f"{one.shared / 10_000:,.1f} of {one.people:,}",
        f"{quantity(one.whole_quantity, one.parts)} {one.measure}",
        f"{quantity(one.quantity, one.parts)} {one.measure}",
        "–" if one.co2_mg is None else _kilograms(one.co2_mg),
    )


def _kilograms(milligrams: int) -> str:
    return f"{milligrams / MG_PER_KG:,.1f} kg"
