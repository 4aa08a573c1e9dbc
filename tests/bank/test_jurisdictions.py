"""Rules of jurisdictions: by two, from a day on, never looser than what the co-op itself allows, and never changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from stelltron.bank import cases, customers, explained, jurisdictions, parameters, payouts, policy, retention, rules
from stelltron.bank.models import Adoption, BankLine, Case, Clearance, RuleSet
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS
from stelltron.members.models import Member
from stelltron.members.services import make_staff

from .conftest import Bank
from .files import SARAH, Move

DAY = timedelta(days=1)
NAMES = ["first_name", "last_name"]


@pytest.fixture(autouse=True)
def full_wallets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payouts, "wallet_watt", lambda member: 10**9 * STROOPS)


@pytest.fixture
def generous(community: Community) -> Community:
    """Its own parameters allow much, so that what holds a payment back is a jurisdiction's rule."""
    for parameter in parameters.LIMITS.values():
        schedule(community, parameter, 100_000, community.now(), "generous")
    return community


def values_of(code: str, **changes: int) -> dict[str, int]:
    return {**RuleSet.objects.filter(code=code).latest("number").values, **changes}


def new_rules(bank: Bank, code: str, from_day: date | None = None, **changes: int) -> RuleSet:
    day = from_day or date(2100, 1, 1)
    made = jurisdictions.propose_rules(
        code,
        values_of("US", **changes),
        NAMES,
        day,
        source="the supervisor's letter",
        actor=bank.first,
        reason="new rules",
        name="Elsewhere",
        currency="USD",
    )
    jurisdictions.accept(made, actor=bank.second, reason="read")
    return made


def adopt(bank: Bank, code: str, days: int = 1) -> Adoption:
    """Accepted, from so many days ahead on."""
    community = Community.objects.get(pk=bank.account.community_id)
    made = jurisdictions.propose_adoption(
        community, code, community.today() + days * DAY, actor=bank.first, reason="we are registered there"
    )
    jurisdictions.accept(made, actor=bank.second, reason="seen the register")
    return made


def travel(community: Community, to: date) -> None:
    """The community's own clock, to the same hour of that day."""
    now = community.now()
    Community.objects.filter(pk=community.pk).update(data_time=now + (to - community.today()))
    community.refresh_from_db()


def pay(bank: Bank, member: Member, watt: int) -> str:
    bank.statement(Move(watt * 100, text=reference_of(member), iban=SARAH))
    return BankLine.objects.order_by("id").last().state


def test_the_same_payment_passes_under_one_jurisdiction_and_waits_under_another(
    bank: Bank, sarah: Member, generous: Community
) -> None:
    assert pay(bank, sarah, 5_000) == BankLine.State.PROPOSED
    adopt(bank, "US")
    travel(sarah.community, generous.today() + DAY)
    assert pay(bank, sarah, 5_000) == BankLine.State.HELD
    case = Case.objects.latest("id")
    assert (case.kind, "3,000.00 are the limit (the rules US, version 1)" in case.text) == ("LIMIT", True)
    with pytest.raises(Refused, match=r"3,000\.00 WATT at once \(the rules US, version 1\)"):
        payouts.ask(sarah, 3_001 * STROOPS, "Sarah", SARAH)
    cases.set_clearance(sarah, Clearance.Level.FULL, actor=bank.first, reason="pay slips")
    assert pay(bank, sarah, 5_000) == BankLine.State.PROPOSED


def test_rules_hold_from_their_day_on_and_not_before(bank: Bank, sarah: Member, generous: Community) -> None:
    adopt(bank, "US", days=2)
    began = generous.today() + 2 * DAY
    travel(generous, began - DAY)
    assert jurisdictions.in_force(generous) is None
    assert pay(bank, sarah, 3_001) == BankLine.State.PROPOSED
    travel(generous, began)
    assert str(jurisdictions.in_force(generous)) == "US, version 1"
    assert pay(bank, sarah, 3_001) == BankLine.State.HELD


def test_a_further_version_changes_nothing_before_its_day(bank: Bank, generous: Community) -> None:
    adopt(bank, "US")
    second = new_rules(bank, "US", basic_day_limit=4_000)
    assert (second.number, second.name) == (2, "United States, money services")
    before, after = (jurisdictions.in_force(generous, second.from_day - one * DAY) for one in (1, 0))
    assert (before.values["basic_day_limit"], after.values["basic_day_limit"]) == (3_000, 4_000)


def test_a_community_leaves_a_jurisdiction_from_a_day_on(bank: Bank, generous: Community) -> None:
    adopt(bank, "US", days=1)
    adopt(bank, "", days=5)
    today = generous.today()
    held = [jurisdictions.in_force(generous, today + days * DAY) for days in range(6)]
    assert [str(one) if one else "" for one in held] == ["", *["US, version 1"] * 4, ""]
    assert [(one.from_day - today).days for one in jurisdictions.changes(generous, today, today + 9 * DAY)] == [1, 5]


def test_members_tighten_within_the_rules_and_loosen_nothing(bank: Bank, sarah: Member, generous: Community) -> None:
    adopt(bank, "US")
    community = sarah.community
    travel(community, generous.today() + DAY)
    basic_day = parameters.LIMITS[Clearance.Level.BASIC, "day"]
    held = policy.held_limit(sarah, "day")
    assert (held.value, "parameter bank.basic_day_limit says 100,000" in held.why) == (3_000, True)
    schedule(community, basic_day, 200, community.now(), "voted")
    held = policy.held_limit(sarah, "day")
    assert (held.value, "would allow 3,000" in held.why) == (200, True)
    for key, parameter, tight, loose in (
        ("velocity", parameters.VELOCITY, 1, 900),
        ("structuring_count", parameters.STRUCTURING_COUNT, 2, 90),
        ("structuring_percent", parameters.STRUCTURING_PERCENT, 50, 95),
    ):
        given = jurisdictions.in_force(community).values[key]
        for own, then in ((loose, given), (tight, tight)):
            schedule(community, parameter, own, community.now(), "voted")
            assert jurisdictions.held(community, key, parameter).value == then


def test_it_takes_two_of_the_treasury(bank: Bank, generous: Community) -> None:
    clerk = make_staff("clerk@co-op.example", "correct horse", "Co-op staff")
    tomorrow = generous.today() + DAY
    with pytest.raises(Refused, match="Treasury"):
        jurisdictions.propose_adoption(generous, "US", tomorrow, actor=clerk, reason="mine")
    made = jurisdictions.propose_adoption(generous, "US", tomorrow, actor=bank.first, reason="registered")
    with pytest.raises(Refused, match="somebody else has to accept"):
        jurisdictions.accept(made, actor=bank.first, reason="mine")
    with pytest.raises(Refused, match="decide that first"):
        jurisdictions.propose_adoption(generous, "US", tomorrow, actor=bank.second, reason="again")
    assert jurisdictions.in_force(generous, tomorrow) is None
    jurisdictions.reject(made, actor=bank.first, reason="a typing error")
    assert jurisdictions.in_force(generous, tomorrow) is None
    with pytest.raises(DatabaseError, match="a_second_person_accepts"), transaction.atomic():
        Adoption.objects.create(
            community=generous,
            code="US",
            from_day=tomorrow,
            state="ACCEPTED",
            proposed_by=bank.first,
            decided_by=bank.first,
        )
    logged = list(ActionLog.objects.filter(action__startswith="bank.jurisdiction").values_list("action", flat=True))
    assert logged == ["bank.jurisdiction.reject", "bank.jurisdiction.propose"]


def test_nothing_begins_today_nor_on_a_day_that_was_taken(bank: Bank, generous: Community) -> None:
    for day in (generous.today(), generous.today() - DAY):
        with pytest.raises(Refused, match="not earlier"):
            jurisdictions.propose_adoption(generous, "US", day, actor=bank.first, reason="late")
    made = jurisdictions.propose_adoption(generous, "US", generous.today() + DAY, actor=bank.first, reason="late")
    travel(generous, generous.today() + DAY)
    made.community.refresh_from_db()
    with pytest.raises(Refused, match="not earlier"):
        jurisdictions.accept(made, actor=bank.second, reason="the second person was away")
    jurisdictions.reject(made, actor=bank.second, reason="too late")
    generous.refresh_from_db()
    adopt(bank, "US")
    with pytest.raises(Refused, match="propose another day"):
        adopt(bank, "US")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"velocity": 0}, "rule_out_of_bounds"),
        ({"velocity": True}, "rule_out_of_bounds"),
        ({"full_day_limit": "1"}, "rule_out_of_bounds"),
        ({"basic_payment_limit": 3_001}, "rules_contradict"),
        ({"shoe_size": 9}, "rules_incomplete"),
    ],
)
def test_rules_that_cannot_hold_are_refused(bank: Bank, changes: dict, code: str) -> None:
    with pytest.raises(Refused) as refused:
        new_rules(bank, "US", **changes)
    assert refused.value.code == code


def test_a_jurisdiction_is_known_named_and_of_the_communitys_currency(bank: Bank, generous: Community) -> None:
    tomorrow = generous.today() + DAY
    for code, problem in (("XX", "unknown_jurisdiction"), ("EU", "other_currency")):
        with pytest.raises(Refused) as refused:
            jurisdictions.propose_adoption(generous, code, tomorrow, actor=bank.first, reason="there")
        assert refused.value.code == problem
    with pytest.raises(Refused, match="name the jurisdiction"):
        jurisdictions.propose_rules(
            "XX", values_of("US"), NAMES, date(2100, 1, 1), source="law", actor=bank.first, reason="new"
        )
    assert new_rules(bank, "XX", basic_payment_limit=1).number == 1


def test_the_delivered_sets_are_complete(db: None) -> None:
    delivered = {one.code: one for one in RuleSet.objects.all()}
    assert set(delivered) == {"EU", "IN", "US"}
    for one in delivered.values():
        assert rules.read(one.values) == one.values
        assert set(one.identity_fields) <= set(rules.FIELDS)
        assert one.source


def test_what_was_decided_or_proposed_is_never_rewritten(bank: Bank, generous: Community) -> None:
    made = adopt(bank, "US")
    waits = jurisdictions.propose_rules(
        "US", values_of("US"), NAMES, date(2100, 1, 1), source="law", actor=bank.first, reason="new"
    )
    for change in (
        lambda: RuleSet.objects.filter(code="US").update(values={}),
        lambda: RuleSet.objects.filter(code="US").delete(),
        lambda: RuleSet.objects.filter(code="US").update(state="REJECTED"),
        lambda: Adoption.objects.filter(pk=made.pk).update(from_day=date(2000, 1, 1)),
        lambda: Adoption.objects.filter(pk=made.pk).update(state="REJECTED"),
        lambda: RuleSet.objects.filter(pk=waits.pk).update(values={}),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_the_identity_check_asks_what_the_rules_ask(bank: Bank, sarah: Member, generous: Community) -> None:
    new_rules(bank, "XX", from_day=date(2100, 1, 1))
    travel(generous, date(2100, 1, 1))
    adopt(bank, "XX")
    travel(generous, date(2100, 1, 2))
    Member.objects.filter(pk=sarah.pk).update(kyc=Member.Kyc.NONE)
    assert customers.tell(sarah, {"first_name": "Sarah"}).kyc == Member.Kyc.NONE
    assert customers.tell(sarah, {"last_name": "Hill"}).kyc == Member.Kyc.PENDING


def test_what_is_known_of_a_member_is_kept_as_long_as_the_rules_ask(
    bank: Bank, sarah: Member, generous: Community
) -> None:
    Member.objects.filter(pk=sarah.pk).update(kyc=Member.Kyc.NONE)
    customers.tell(sarah, {"first_name": "Sarah"})
    adopt(bank, "US")
    travel(sarah.community, generous.today() + DAY)
    assert retention.kept_until(sarah) is None
    pay(bank, sarah, 10)
    line = BankLine.objects.get()
    assert retention.kept_until(sarah) == line.booked_on.replace(year=line.booked_on.year + 5)
    with pytest.raises(Refused, match="for 5 years after the last payment"):
        customers.forget(sarah)
    travel(sarah.community, retention.kept_until(sarah) + DAY)
    with pytest.raises(Refused, match="as long as the membership lasts"):
        customers.forget(sarah)
    Member.objects.filter(pk=sarah.pk).update(is_active=False)
    sarah.refresh_from_db()
    customers.forget(sarah)


def test_what_was_rejected_leaves_nothing_behind_and_an_older_version_never_returns(bank: Bank) -> None:
    values = RuleSet.objects.get(code="US").values
    day = datetime.now(UTC).date() + 30 * DAY

    def propose(from_day: date, **more: str) -> RuleSet:
        fields = ["first_name", "last_name"]
        return jurisdictions.propose_rules(
            "CH", values, fields, from_day, source="law", actor=bank.first, reason="x", **more
        )

    jurisdictions.reject(propose(day, name="Swis", currency="EUR"), actor=bank.second, reason="not in euros")
    with pytest.raises(Refused, match="name the jurisdiction and its currency"):
        propose(day)
    made = propose(day, name="Switzerland", currency="CHF")
    jurisdictions.accept(made, actor=bank.second, reason="seen")
    assert (made.number, made.currency, made.name) == (2, "CHF", "Switzerland")
    earlier = propose(day - DAY)
    with pytest.raises(Refused, match="begins later"):
        jurisdictions.accept(earlier, actor=bank.second, reason="seen")


def test_the_office_proposes_accepts_and_says_why(bank: Bank, generous: Community) -> None:
    first, second = Client(), Client()
    first.force_login(bank.first)
    second.force_login(bank.second)
    day = str(generous.today() + DAY)
    asked = {"community": str(generous.pk), "code": "US", "from_day": day, "reason": "registered"}
    assert first.post(reverse("admin:bank_adoption_add"), asked).status_code == 302
    made = Adoption.objects.get()
    accept = reverse("admin:bank_adoption_accept", args=[made.pk])
    assert "somebody else has to accept" in first.post(accept, {"reason": "me"}).content.decode()
    assert second.post(accept, {"reason": "seen"}).status_code == 302
    travel(generous, generous.today() + DAY)
    page = first.get(reverse("admin:bank_adoption_change", args=[made.pk])).content.decode()
    assert "basic_day_limit (WATT)" in page
    assert "the rules US, version 1; the parameter bank.basic_day_limit says 100,000" in page
    form = first.get(reverse("admin:bank_ruleset_add") + "?like=IN").context["form"]
    assert (form.initial["code"], form.initial["full_day_limit"]) == ("IN", 200_000)
    sent = {
        "code": "US",
        "from_day": "2100-01-01",
        "identity": NAMES,
        **values_of("US", velocity=4),
        "source": "a letter",
        "reason": "asked to",
    }
    answer = first.post(reverse("admin:bank_ruleset_add"), sent)
    assert answer.status_code == 302, answer.context["form"].errors
    shown = first.get(reverse("admin:bank_ruleset_change", args=[RuleSet.objects.latest("id").pk])).content.decode()
    assert "<b>velocity</b> 4 payments" in shown


def test_every_rule_is_explained(bank: Bank, generous: Community) -> None:
    own = dict(explained.lines(generous))
    assert not any("payment_limit" in name for name in own)
    adopt(bank, "US")
    travel(generous, generous.today() + DAY)
    assert len(dict(explained.lines(generous))) == len(rules.RULES)
