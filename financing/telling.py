"""What financing tells its people, each matter once."""

from __future__ import annotations

from collections.abc import Iterable

from stelltron.members.models import Member, Notice
from stelltron.members.notices import notify

from .models import Generator, Stake


def tell(member: Member | None, key: str, text: str) -> None:
    if member is not None:
        notify(member, Notice.Kind.FINANCING, key, text)


def tell_owners(generator: Generator, key: str, text: str) -> None:
    tell_all((stake.member for stake in owners(generator)), key, text)


def tell_all(members: Iterable[Member | None], key: str, text: str) -> None:
    for member in members:
        tell(member, key, text)


def owners(generator: Generator) -> Iterable[Stake]:
    return generator.stakes.filter(units__gt=0, member__isnull=False).select_related("member")
