"""The share ledger: two people, nothing from nowhere, and a past that stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stelltron.core.errors import Refused
from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS
from stelltron.ledger.models import BankReceipt
from stelltron.members.models import Member, User
from stelltron.members.services import join, make_staff
from stelltron.register import shares
from stelltron.register.holdings import register_on, shares_of
from stelltron.register.models import ShareEntry, ShareProposal
from stelltron.register.parameters import SHARE_PRICE
from tests.conftest import START

Change = Callable[..., ShareEntry]


@pytest.fixture
def sarah(community: Community) -> Member:
    return join(community, name="Sarah", code="sarah")


@pytest.fixture
def mike(community: Community) -> Member:
    return join(community, name="Mike", code="mike")


def test_shares_are_subscribed_transferred_and_paid_back(
    community: Community, sarah: Member, mike: Member, change: Change
) -> None:
    change("ISSUE", 5, "bank 1", taker=sarah)
    change("TRANSFER", 2, "deed 1", giver=sarah, taker=mike)
    last = change("REDEMPTION", 1, "bank 2", giver=mike)
    assert (shares_of(sarah), shares_of(mike), last.number) == (3, 1, 3)
    found = register_on(community, START.date())
    assert [(holder.member.code, holder.shares) for holder in found.holders] == [("mike", 1), ("sarah", 3)]
    assert found.capital == 4 * 50 * STROOPS


def test_the_price_in_force_is_paid(community: Community, sarah: Member, change: Change) -> None:
    schedule(community, SHARE_PRICE, 80 * STROOPS, START, "as the members decided")
    assert change("ISSUE", 2, "bank 1", taker=sarah).stroops == 160 * STROOPS


def test_the_register_of_a_day_stays_as_it_was(
    community: Community, sarah: Member, mike: Member, change: Change
) -> None:
    change("ISSUE", 5, "bank 1", taker=sarah)
    before = register_on(community, START.date())
    assert [holder.member.code for holder in before.holders] == ["mike", "sarah"]
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(days=3))
    for member in (sarah, mike, community):
        member.refresh_from_db()
    change("TRANSFER", 4, "deed 1", giver=sarah, taker=mike)
    assert register_on(community, START.date()) == before
    assert register_on(community, START.date() + timedelta(days=2)).holders == before.holders
    assert {h.member.code: h.shares for h in register_on(community, START.date() + timedelta(days=3)).holders} == {
        "mike": 4,
        "sarah": 1,
    }


@pytest.mark.parametrize(
    ("kind", "count", "sides", "code"),
    [
        ("REDEMPTION", 6, {"giver": "sarah"}, "too_few_shares"),
        ("TRANSFER", 6, {"giver": "sarah", "taker": "mike"}, "too_few_shares"),
        ("TRANSFER", 1, {"giver": "sarah", "taker": "sarah"}, "bad_sides"),
        ("ISSUE", 1, {"giver": "sarah"}, "bad_sides"),
        ("ISSUE", 0, {"taker": "mike"}, "bad_shares"),
        ("ISSUE", 1, {"taker": "left"}, "not_a_member"),
        ("ISSUE", 1, {"taker": "other"}, "other_community"),
    ],
)
def test_what_cannot_be_is_refused(
    sarah: Member, mike: Member, change: Change, kind: str, count: int, sides: dict[str, str], code: str
) -> None:
    change("ISSUE", 5, "bank 1", taker=sarah)
    gone = join(sarah.community, name="Gone", code="left")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    join(Community.objects.create(slug="other", name="Other"), name="Other", code="other")
    found = {side: Member.objects.get(code=name) for side, name in sides.items()}
    with pytest.raises(Refused) as refused:
        shares.propose(
            sarah.community,
            kind,
            count,
            "bank 2",
            **found,
            actor=User.objects.get(email="one@co-op.example"),
            reason="",
        )
    assert refused.value.code == code


def test_a_second_person_books_and_only_the_treasury(sarah: Member, two: tuple[User, User]) -> None:
    proposal = shares.propose(sarah.community, "ISSUE", 1, "bank 1", taker=sarah, actor=two[0], reason="seen")
    with pytest.raises(Refused, match="somebody else"):
        shares.book(proposal, actor=two[0], reason="me")
    with pytest.raises(Refused, match="Treasury"):
        shares.book(proposal, actor=make_staff("staff@co-op.example", "correct horse battery"), reason="x")
    shares.book(proposal, actor=two[1], reason="checked")
    stale = ShareProposal.objects.get(pk=proposal.pk)
    with pytest.raises(Refused):
        shares.book(stale, actor=two[1], reason="again")
    assert shares_of(sarah) == 1


def test_money_pays_once(sarah: Member, two: tuple[User, User], change: Change) -> None:
    BankReceipt.objects.create(member=sarah, stroops=5, reference="bank 7")
    with pytest.raises(Refused, match="booked as WATT"):
        change("ISSUE", 1, "bank 7", taker=sarah)
    change("ISSUE", 1, "bank 8", taker=sarah)
    with pytest.raises(Refused, match="already used"):
        change("ISSUE", 1, "bank 8", taker=sarah)


def test_two_proposals_cannot_give_the_same_shares(
    sarah: Member, mike: Member, two: tuple[User, User], change: Change
) -> None:
    change("ISSUE", 5, "bank 1", taker=sarah)
    both = [
        shares.propose(
            sarah.community, "TRANSFER", 4, f"deed {n}", giver=sarah, taker=mike, actor=two[0], reason="agreed"
        )
        for n in (1, 2)
    ]
    shares.book(both[0], actor=two[1], reason="checked")
    with pytest.raises(Refused, match="has 1 shares"):
        shares.book(both[1], actor=two[1], reason="checked")


@pytest.mark.parametrize(
    "change_of",
    [
        "UPDATE register_shareentry SET shares = 9",
        "DELETE FROM register_shareentry",
        "INSERT INTO register_shareentry (community_id, number, day, kind, giver_id, shares, stroops, proposal_id)"
        " SELECT community_id, 2, day, 'REDEMPTION', taker_id, 6, 0, proposal_id + 1 FROM register_shareentry",
        "INSERT INTO register_shareentry (community_id, number, day, kind, taker_id, shares, stroops, proposal_id)"
        " SELECT community_id, 2, day - 1, 'ISSUE', taker_id, 1, 0, proposal_id + 1 FROM register_shareentry",
    ],
    ids=["changed", "removed", "more than there is", "back in time"],
)
def test_the_database_holds_the_ledger_too(sarah: Member, change: Change, change_of: str) -> None:
    change("ISSUE", 5, "bank 1", taker=sarah)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change_of)
    assert shares_of(sarah) == 5


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ISSUE", "TRANSFER", "REDEMPTION"]), st.integers(1, 9), st.booleans()), max_size=8
    )
)
def test_shares_are_conserved_in_every_life(
    community: Community, sarah: Member, mike: Member, change: Change, life: list[tuple[str, int, bool]]
) -> None:
    start = register_on(community, START.date())
    outstanding, capital = start.shares, start.capital
    for kind, count, swapped in life:
        giver, taker = (mike, sarah) if swapped else (sarah, mike)
        sides = {"giver": giver, "taker": taker}
        if kind == "ISSUE":
            del sides["giver"]
        if kind == "REDEMPTION":
            del sides["taker"]
        try:
            entry = change(kind, count, f"life {uuid7()}", **sides)
        except Refused:
            assert kind != "ISSUE" and shares_of(giver) < count
            continue
        sign = {"ISSUE": 1, "REDEMPTION": -1, "TRANSFER": 0}[kind]
        outstanding, capital = outstanding + sign * count, capital + sign * entry.stroops
    found = register_on(community, START.date())
    assert (found.shares, found.capital) == (outstanding, capital)
    assert all(holder.shares >= 0 for holder in found.holders)
