"""What members are told of their money at the bank, each matter once."""

from __future__ import annotations

from stelltron.members.models import Member, Notice
from stelltron.members.notices import notify


def tell(member: Member | None, key: str, text: str) -> None:
    if member is not None:
        notify(member, Notice.Kind.BANK, key, text)
