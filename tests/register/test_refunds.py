"""A surplus goes back by what each traded, to the last stroop, by two people, through the chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger import journal
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, BankReceipt
from stelltron.members.models import Member, User
from stelltron.register import departures, refunds
from stelltron.register.models import Refund, RefundPart
from tests.conftest import Chain

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def traders(community: Community, new_member: Callable[..., Member]) -> tuple[Member, Member, Member]:
    """Anna sold for 100 and bought for 50, Ben bought for 100, Cleo for 50; a deposit is no trade."""
    anna, ben, cleo = (new_member(code) for code in ("anna", "ben", "cleo"))
    account = journal.member_account
    for n, (seller, buyer, stroops) in enumerate(((anna, ben, 100), (cleo, anna, 50))):
        journal.post(
            community,
            "settle",
            f"settle:{n}",
            [(account(seller.pk), Asset.WATT, stroops), (account(buyer.pk), Asset.WATT, -stroops)],
        )
    journal.post(community, "deposited", "d", [("wallets", Asset.WATT, -9999), (account(cleo.pk), Asset.WATT, 9999)])
    return anna, ben, cleo


def test_a_surplus_is_divided_by_what_each_traded_to_the_last_stroop(
    community: Community, traders: tuple[Member, ...], two: tuple[User, User]
) -> None:
    refund = refunds.propose(community, YESTERDAY, TODAY, 1000, actor=two[0], reason="a good year")
    parts = {part.member.code: (part.basis, part.stroops) for part in refund.parts.select_related("member")}
    assert parts == {"anna": (150, 500), "ben": (100, 333), "cleo": (50, 167)}
    with pytest.raises(Refused, match="divided or proposed already"):
        refunds.propose(community, TODAY, TODAY, 1, actor=two[0], reason="the same day once more")
    Refund.objects.update(state=Refund.State.REJECTED)
    odd = refunds.propose(community, YESTERDAY, TODAY, 1, actor=two[0], reason="a bad year")
    assert sum(odd.parts.values_list("stroops", flat=True)) == 1


def test_the_second_person_pays_and_it_arrives(
    community: Community, traders: tuple[Member, ...], two: tuple[User, User], chain: Chain
) -> None:
    refund = refunds.propose(community, YESTERDAY, TODAY, 1000, actor=two[0], reason="a good year")
    with pytest.raises(Refused, match="somebody else"):
        refunds.pay(refund, actor=two[0], reason="me")
    assert BankReceipt.objects.count() == 0
    assert refunds.pay(refund, actor=two[1], reason="as the members decided") == 3
    with pytest.raises(Refused):
        refunds.pay(Refund.objects.get(pk=refund.pk), actor=two[1], reason="again")
    chain.settle()
    assert [balance(member, Asset.WATT).available for member in traders] == [500, 333, 167]


def test_only_the_period_counts_and_only_who_can_be_paid(
    community: Community, traders: tuple[Member, ...], two: tuple[User, User]
) -> None:
    with pytest.raises(Refused, match="has traded in these days"):
        refunds.propose(community, YESTERDAY - timedelta(days=9), YESTERDAY, 1000, actor=two[0], reason="too early")
    Member.objects.filter(code="ben").update(kyc=Member.Kyc.PENDING)
    refund = refunds.propose(community, YESTERDAY, TODAY, 1000, actor=two[0], reason="a good year")
    assert {part.member.code for part in refund.parts.select_related("member")} == {"anna", "cleo"}
    Member.objects.filter(code="cleo").update(is_active=False)
    with pytest.raises(Refused, match="any more: cleo"):
        refunds.pay(refund, actor=two[1], reason="checked")
    assert BankReceipt.objects.count() == 0


def test_a_refund_that_waits_ties_its_members(traders: tuple[Member, ...], two: tuple[User, User]) -> None:
    anna = traders[0]
    refund = refunds.propose(anna.community, YESTERDAY, TODAY, 1000, actor=two[0], reason="a good year")
    assert "refunds to be decided (1)" in departures.what_is_left(anna)
    refunds.reject(refund, actor=two[0], reason="counted wrongly")
    assert "refunds to be decided (1)" not in departures.what_is_left(anna)


def test_the_database_pays_only_the_whole_and_only_once(traders: tuple[Member, ...], two: tuple[User, User]) -> None:
    community = traders[0].community
    short = Refund.objects.create(
        community=community, first_day=TODAY, last_day=TODAY, stroops=10, reason="x", proposed_by=two[0]
    )
    part = RefundPart.objects.create(refund=short, member=traders[0], basis=1, stroops=9)
    paid = {"state": Refund.State.PAID, "approved_by": two[1]}
    for change in (
        lambda: Refund.objects.filter(pk=short.pk).update(**paid),
        lambda: RefundPart.objects.filter(pk=part.pk).update(stroops=10),
        lambda: Refund.objects.filter(pk=short.pk).update(**{**paid, "approved_by": two[0]}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    RefundPart.objects.create(refund=short, member=traders[1], basis=1, stroops=1)
    Refund.objects.filter(pk=short.pk).update(**paid)
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.filter(pk=short.pk).update(stroops=9)


def test_refunds_go_through_the_office(
    community: Community, traders: tuple[Member, ...], two: tuple[User, User], contracts: None
) -> None:
    one, other = Client(), Client()
    one.force_login(two[0])
    other.force_login(two[1])
    wish = {"community": str(community.pk), "first": str(YESTERDAY), "last": str(TODAY), "reason": "a good year"}
    assert one.post(reverse("admin:register_refund_add"), {**wish, "surplus": "0.0001"}).status_code == 302
    refund = Refund.objects.get()
    assert refund.stroops == 1000
    pay = reverse("admin:register_refund_pay", args=[refund.pk])
    assert b"somebody else has to approve it" in one.post(pay, {"reason": "me"}).content
    assert other.post(pay, {"reason": "checked"}).status_code == 302
    assert Refund.objects.get().state == Refund.State.PAID
