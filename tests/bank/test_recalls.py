"""What two have accepted for a day to come is taken back by two before that day, and never deleted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from stelltron.bank import jurisdictions, recalls
from stelltron.bank.models import Adoption, RuleSet
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.models import ActionLog, Community
from stelltron.members.models import User

from .conftest import Bank
from .test_jurisdictions import adopt, generous, new_rules, travel

DAY = timedelta(days=1)
__all__ = ["generous"]


def take_back(bank: Bank, accepted: RuleSet | Adoption) -> None:
    recalls.propose(accepted, actor=bank.first, reason="wrong day")
    recalls.approve(accepted, actor=bank.second, reason="so it is")


def test_an_adoption_that_was_taken_back_never_begins_and_stays_in_the_books(bank: Bank, generous: Community) -> None:
    adopted = adopt(bank, "US")
    take_back(bank, adopted)
    assert jurisdictions.in_force(generous, generous.today() + DAY) is None
    kept = Adoption.objects.get()
    assert (kept.state, kept.recall_reason, kept.cancelled_by) == (Adoption.State.CANCELLED, "wrong day", bank.second)
    acts = ActionLog.objects.filter(action__in=("bank.jurisdiction.recall", "bank.jurisdiction.cancel"))
    assert [one.actor for one in acts.order_by("id")] == [bank.first, bank.second]
    # Its day is free again.
    adopt(bank, "US")


def test_a_version_that_was_taken_back_changes_nothing(bank: Bank, generous: Community) -> None:
    adopt(bank, "US")
    second = new_rules(bank, "US", basic_day_limit=4_000)
    take_back(bank, second)
    assert str(jurisdictions.in_force(generous, date(2100, 1, 1))) == "US, version 1"
    assert new_rules(bank, "US", basic_day_limit=5_000).number == 3


def test_it_needs_a_second_person_and_one_proposal(bank: Bank, generous: Community) -> None:
    adopted = adopt(bank, "US")
    with pytest.raises(Refused, match="nobody has proposed"):
        recalls.approve(adopted, actor=bank.second, reason="at once")
    recalls.propose(adopted, actor=bank.first, reason="wrong day")
    with pytest.raises(Refused, match="somebody else"):
        recalls.approve(adopted, actor=bank.first, reason="me too")
    with pytest.raises(IllegalTransition, match="already"):
        recalls.propose(adopted, actor=bank.second, reason="too")
    recalls.drop(adopted, actor=bank.second, reason="it is right")
    assert (adopted.state, adopted.recalled_by) == (Adoption.State.ACCEPTED, None)
    with pytest.raises(DatabaseError, match="a_second_person_takes"), transaction.atomic():
        Adoption.objects.update(state="CANCELLED", recalled_by=bank.first, cancelled_by=bank.first)


def test_from_its_day_on_another_one_has_to_follow(bank: Bank, generous: Community) -> None:
    adopted = adopt(bank, "US")
    recalls.propose(adopted, actor=bank.first, reason="wrong day")
    travel(generous, adopted.from_day)
    adopted = Adoption.objects.get()
    with pytest.raises(Refused, match="adopt another instead"):
        recalls.approve(adopted, actor=bank.second, reason="late")
    with pytest.raises(Refused, match="adopt another instead"):
        recalls.propose(RuleSet.objects.get(code="US"), actor=bank.first, reason="late")


def test_rules_that_an_adoption_rests_on_alone_are_taken_back_after_it(bank: Bank, generous: Community) -> None:
    ahead = date(2099, 1, 1)
    rules = new_rules(bank, "ELSE", ahead)
    adopted = jurisdictions.propose_adoption(generous, "ELSE", ahead + DAY, actor=bank.first, reason="we move")
    jurisdictions.accept(adopted, actor=bank.second, reason="so it is")
    with pytest.raises(Refused, match="rests on these rules alone"):
        recalls.propose(rules, actor=bank.first, reason="wrong")
    take_back(bank, adopted)
    take_back(bank, rules)
    assert rules.state == RuleSet.State.CANCELLED


def test_what_was_accepted_is_still_not_rewritten(bank: Bank, generous: Community) -> None:
    adopted = adopt(bank, "US")
    take_back(bank, adopted)
    for change in ({"code": "EU"}, {"state": "ACCEPTED"}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Adoption.objects.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Adoption.objects.all().delete()


def test_two_of_the_treasury_take_it_back_in_the_office(bank: Bank, generous: Community, client: Client) -> None:
    adopted = adopt(bank, "US")
    for who, act in ((bank.first, "take_back"), (bank.second, "take_back_second")):
        client.force_login(User.objects.get(pk=who.pk))
        page = reverse(f"admin:bank_adoption_{act}", args=[adopted.pk])
        assert client.post(page, {"reason": "wrong day"}).status_code == 302
    assert Adoption.objects.get().state == Adoption.State.CANCELLED
