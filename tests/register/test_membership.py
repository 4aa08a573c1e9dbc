"""From an application to the last day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate

from devices.models import Device
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.ledger.models import Asset, Holding
from stelltron.members.models import Member, User
from stelltron.members.services import make_staff
from stelltron.register import applications, departures
from stelltron.register.holdings import register_on
from stelltron.register.models import Application, Departure, ShareEntry
from tests.conftest import START

WISH = {
    "kind": "PERSON",
    "name": "Anna Berg",
    "email": "Anna@Mail.example",
    "password": "a long own password",
    "address": "Lane 3, Fontana",
    "shares": 2,
}


@pytest.fixture
def staff(db: None) -> User:
    return make_staff("staff@co-op.example", "correct horse battery")


def travel(community: Community, days: int) -> None:
    Community.objects.filter(pk=community.pk).update(data_time=START + timedelta(days=days))


def test_an_applicant_becomes_a_member_who_signs_in(community: Community, staff: User) -> None:
    application = applications.apply(community, **WISH)
    assert not User.objects.filter(email="anna@mail.example").exists()
    member = applications.approve(application, "A-7", actor=staff, reason="lives in the village")
    assert (member.name, member.code, member.kyc) == ("Anna Berg", "A-7", Member.Kyc.NONE)
    assert authenticate(username="anna@mail.example", password="a long own password") == member.user
    application.refresh_from_db()
    assert (application.member, application.password) == (member, "")
    assert {"application.receive", "application.approved", "member.join"} <= set(
        ActionLog.objects.values_list("action", flat=True)
    )
    with pytest.raises(Refused):
        applications.reject(application, actor=staff, reason="changed my mind")


def test_a_rejected_applicant_may_ask_again(community: Community, staff: User) -> None:
    application = applications.apply(community, **WISH)
    with pytest.raises(Refused, match="waits already"):
        applications.apply(community, **WISH)
    applications.reject(application, actor=staff, reason="lives elsewhere")
    assert applications.apply(community, **WISH).state == Application.State.OPEN
    assert Member.objects.count() == 0


def test_nothing_is_kept_of_who_was_rejected_half_a_year_ago(community: Community, staff: User) -> None:
    admitted = applications.apply(community, **WISH)
    applications.approve(admitted, "A-7", actor=staff, reason="lives here")
    for n in (1, 2):
        application = applications.apply(community, **{**WISH, "email": f"{n}@mail.example"})
        applications.reject(application, actor=staff, reason="lives elsewhere")
    long_ago = datetime.now(UTC) - timedelta(days=181)
    Application.objects.filter(email__in=("1@mail.example", "anna@mail.example")).update(decided_at=long_ago)
    assert applications.forget_rejected() == 1
    assert set(Application.objects.values_list("email", flat=True)) == {"anna@mail.example", "2@mail.example"}


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"shares": 0}, "bad_shares"),
        ({"kind": "COMPANY"}, "bad_representative"),
        ({"representative": "Bo"}, "bad_representative"),
        ({"email": "staff@co-op.example"}, "email_taken"),
    ],
)
def test_a_bad_application_says_what_to_change(
    community: Community, staff: User, wish: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        applications.apply(community, **{**WISH, **wish})
    assert refused.value.code == code


def test_a_code_that_is_taken_leaves_the_application_open(
    community: Community, staff: User, new_member: Callable[..., Member]
) -> None:
    new_member("A-7")
    application = applications.apply(community, **WISH)
    with pytest.raises(Refused, match="A-7"):
        applications.approve(application, "A-7", actor=staff, reason="welcome")
    application.refresh_from_db()
    assert application.state == Application.State.OPEN


def test_a_membership_ends_after_its_notice_and_with_nothing_left(
    community: Community, staff: User, new_member: Callable[..., Member], change: Callable[..., ShareEntry]
) -> None:
    anna = new_member("anna")
    change("ISSUE", 3, "bank 1", taker=anna)
    Holding.objects.create(member=anna, asset=Asset.WATT, available=5 * 10**7)
    departure = departures.declare(anna, Departure.Kind.RESIGNATION, reason="moves away")
    assert departure.notice_until == START.date() + timedelta(days=90)
    with pytest.raises(Refused, match="leaving already"):
        departures.declare(anna, Departure.Kind.RESIGNATION, reason="again")
    departure.member.community.refresh_from_db()
    with pytest.raises(Refused, match="notice runs until 2026-08-30"):
        departures.end(departure, actor=staff, reason="early")
    travel(community, 90)
    anna.community.refresh_from_db()
    with pytest.raises(Refused) as refused:
        departures.end(departure, actor=staff, reason="notice is over")
    for left in ("3 shares", "5.00 WATT in the market", "devices that are not blocked (1)"):
        assert left in refused.value.message
    change("REDEMPTION", 3, "bank 2", giver=anna)
    Holding.objects.update(available=0)
    Device.objects.update(state=Device.State.BLOCKED)
    departures.end(departure, actor=staff, reason="notice is over")
    anna.refresh_from_db()
    assert not anna.is_active
    last = START.date() + timedelta(days=90)
    assert register_on(community, last + timedelta(days=1)).holders == []
    assert [holder.shares for holder in register_on(community, last - timedelta(days=1)).holders] == [3]


def test_heirs_take_the_shares_without_notice(
    community: Community, staff: User, new_member: Callable[..., Member], change: Callable[..., ShareEntry]
) -> None:
    anna, ben = new_member("anna"), new_member("ben")
    change("ISSUE", 3, "bank 1", taker=anna)
    departure = departures.declare(
        anna, Departure.Kind.DEATH, reason="letter of 3 June", heirs="her son Ben", actor=staff
    )
    assert departure.notice_until == START.date()
    change("TRANSFER", 3, "certificate of inheritance 9", giver=anna, taker=ben)
    Device.objects.update(state=Device.State.BLOCKED)
    departures.end(departure, actor=staff, reason="inherited")
    assert {h.member.code: h.shares for h in register_on(community, START.date()).holders if h.shares} == {"ben": 3}


def test_who_takes_the_notice_back_stays(community: Community, staff: User, new_member: Callable[..., Member]) -> None:
    anna = new_member("anna")
    departure = departures.declare(anna, Departure.Kind.RESIGNATION, reason="moves away")
    departures.withdraw(departure, reason="stays after all")
    assert departures.declare(anna, Departure.Kind.RESIGNATION, reason="moves now").state == Departure.State.DECLARED
    with pytest.raises(Refused):
        departures.end(departure, actor=staff, reason="x")
