"""The register and a member's shares as documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from stelltron.core.paper import Paper, write_rows
from stelltron.core.units import money
from stelltron.members.models import Member

from .holdings import Register, entries_of, shares_on
from .models import ShareEntry

WIDTHS_MM = (30, 70, 30, 40)
ENTRY_WIDTHS_MM = (25, 20, 55, 20, 50)


def register_csv(to: Any, register: Register) -> None:
    write_rows(to, [("code", "name", "kind", "shares"), *_holders(register)])


def _holders(register: Register) -> Iterator[tuple[object, ...]]:
    for holder in register.holders:
        member = holder.member
        yield (member.code, member.name, member.get_kind_display(), holder.shares)


def register_pdf(register: Register) -> bytes:
    community = register.community
    page = Paper(f"Register of {community.name}", community.now())
    page.write_line(community.name, bold=True)
    page.write_line("Register of members", bold=True, size=16)
    page.write_line(f"As it stood at the end of {register.day}, in {community.time_zone}")
    page.write_line(
        f"{len(register.holders):,} members, {register.shares:,} shares,"
        f" {money(register.capital)} {community.currency} paid in for shares"
    )
    page.write_line()
    rows = [[str(cell) for cell in row] for row in _holders(register)]
    page.write_table([("code", "name", "kind", "shares"), *rows], WIDTHS_MM, numbers=(3,))
    return bytes(page.output())


def certificate_pdf(member: Member, day: date) -> bytes:
    """What the register says of one member at the end of ``day``, with every entry that led there."""
    community = member.community
    page = Paper(f"Shares of {member.code}", community.now())
    page.write_line(community.name, bold=True)
    page.write_line("Certificate of membership and shares", bold=True, size=16)
    page.write_line(f"{member.name} ({member.code})")
    page.write_line(f"At the end of {day}, in {community.time_zone}: {shares_on(member, day):,} shares", bold=True)
    page.write_line()
    entries = entries_of(member).filter(day__lte=day).order_by("number")
    rows = [_told(entry, member) for entry in entries]
    if rows:
        head = ("day", "entry", "what", "shares", f"paid ({community.currency})")
        page.write_table([head, *rows], ENTRY_WIDTHS_MM, numbers=(3, 4))
    else:
        page.write_line("No share was ever taken.")
    return bytes(page.output())


def _told(entry: ShareEntry, member: Member) -> tuple[str, ...]:
    sign = "+" if entry.taker_id == member.pk else "-"
    return (
        str(entry.day),
        str(entry.number),
        entry.get_kind_display(),
        f"{sign}{entry.shares:,}",
        money(entry.stroops) if entry.stroops else "",
    )
