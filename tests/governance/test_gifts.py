"""GRID from the co-op: two people, a reason each, and not more than there is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from governance.grid import giving, staking
from governance.models import GridGift
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.ledger.deployment import GRID, GRID_AT_FIRST
from stelltron.members.models import Member, User

from .conftest import Assembly


def treasurer(name: str) -> User:
    user = User.objects.create_user(f"{name}@co-op.example", is_staff=True)
    user.groups.add(Group.objects.get(name="Treasury"))
    return user


@pytest.fixture
def two(db: None) -> tuple[User, User]:
    return treasurer("one"), treasurer("two")


def test_gift_moves_when_a_second_person_agrees(assembly: Assembly, two: tuple[User, User]):
    one, other = two
    gift = giving.propose(assembly["ann"], 250 * GRID, actor=one, reason="built the meter box")
    assembly.chain.settle()
    assert staking.balance(assembly["ann"]) == 0
    with pytest.raises(Refused, match="somebody else"):
        giving.approve(gift, actor=one, reason="me")
    giving.approve(gift, actor=other, reason="true")
    assembly.chain.settle()
    assert staking.balance(assembly["ann"]) == 250 * GRID
    with pytest.raises(Refused, match="cannot go from APPROVED"):
        giving.approve(gift, actor=other, reason="twice")
    assembly.chain.settle()
    assert staking.balance(assembly["ann"]) == 250 * GRID
    said = ActionLog.objects.filter(action__startswith="grid.").order_by("id").values_list("action", "reason")
    assert list(said) == [("grid.propose", "built the meter box"), ("grid.give", "true")]


def test_database_itself_wants_a_second_person(assembly: Assembly, two: tuple[User, User]):
    gift = giving.propose(assembly["ann"], GRID, actor=two[0], reason="x")
    for changes in ({"state": "APPROVED"}, {"state": "APPROVED", "approved_by": two[0]}, {"stroops": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            GridGift.objects.filter(pk=gift.pk).update(**changes)


def test_what_is_not_there_or_not_for_them_is_not_given(assembly: Assembly, two: tuple[User, User]):
    one, other = two
    with pytest.raises(Refused, match="left to give"):
        giving.propose(assembly["ann"], GRID_AT_FIRST, actor=one, reason="all of it")
    Member.objects.filter(pk=assembly["bob"].pk).update(kyc=Member.Kyc.PENDING)
    assembly["bob"].refresh_from_db()
    with pytest.raises(Refused, match="identity check"):
        giving.propose(assembly["bob"], GRID, actor=one, reason="x")
    with pytest.raises(Refused, match="Treasury"):
        giving.propose(
            assembly["ann"], GRID, actor=User.objects.create_user("x@co-op.example", is_staff=True), reason="x"
        )
    most = 600_000 * GRID
    first, second = (giving.propose(assembly["ann"], most, actor=one, reason="half") for _ in range(2))
    giving.approve(first, actor=other, reason="yes")
    # The first has not arrived yet, and counts already.
    with pytest.raises(Refused, match="left to give"):
        giving.approve(second, actor=other, reason="yes")
    giving.reject(second, actor=one, reason="too much")
    assembly.chain.settle()
    assert staking.balance(assembly["ann"]) == most


def test_gift_is_proposed_and_approved_in_the_office(assembly: Assembly, two: tuple[User, User]):
    browsers = []
    for user in two:
        client = Client()
        client.force_login(user)
        browsers.append(client)
    wish = {"member": assembly["ann"].pk, "amount": "12.5", "reason": "first members"}
    browsers[0].post(reverse("admin:governance_gridgift_add"), wish)
    gift = GridGift.objects.get()
    path = reverse("admin:governance_gridgift_approve", args=[gift.pk])
    assert "somebody else" in browsers[0].post(path, {"reason": "me"}, follow=True).content.decode()
    browsers[1].post(path, {"reason": "agreed"})
    assembly.chain.settle()
    assert staking.balance(assembly["ann"]) == 125 * GRID // 10
