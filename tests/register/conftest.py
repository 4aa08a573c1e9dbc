from __future__ import annotations

from collections.abc import Callable

import pytest

from stelltron.members.models import Member, User
from stelltron.members.services import make_staff
from stelltron.register import shares
from stelltron.register.models import ShareEntry

PASSWORD = "correct horse battery"


@pytest.fixture
def two(db: None) -> tuple[User, User]:
    """Of the Treasury."""
    return make_staff("one@co-op.example", PASSWORD, "Treasury"), make_staff("two@co-op.example", PASSWORD, "Treasury")


@pytest.fixture
def change(two: tuple[User, User]) -> Callable[..., ShareEntry]:
    """A change of shares by both, such as ``change("ISSUE", 5, "bank 1", taker=sarah)``."""

    def make(kind: str, count: int, reference: str, **sides: Member) -> ShareEntry:
        member = next(iter(sides.values()))
        proposal = shares.propose(
            member.community, kind, count, reference, **sides, actor=two[0], reason="as the bank has it"
        )
        return shares.book(proposal, actor=two[1], reason="checked")

    return make
