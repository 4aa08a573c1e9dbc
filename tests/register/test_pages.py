"""The pages: applying without an account, one's own membership, and the office's register."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from stelltron.core.models import Community
from stelltron.members.models import Member
from stelltron.members.services import make_staff
from stelltron.register.models import Application, Departure, ShareEntry, ShareProposal
from tests.conftest import START

PASSWORD = "correct horse battery"
WISH = {
    "kind": "PERSON",
    "name": "Anna Berg",
    "email": "anna@mail.example",
    "password": "a long own password",
    "address": "Lane 3, Fontana",
    "shares": "2",
}


@pytest.fixture
def anna(new_member: Callable[..., Member], change: Callable[..., ShareEntry]) -> Member:
    member = new_member("anna", email="anna@mail.example", password=PASSWORD)
    change("ISSUE", 3, "bank 1", taker=member)
    return member


@pytest.fixture
def own(anna: Member) -> Client:
    client = Client()
    client.force_login(anna.user)
    return client


def office(role: str, email: str = "office@co-op.example") -> Client:
    client = Client()
    client.force_login(make_staff(email, PASSWORD, role))
    return client


def test_anybody_applies(community: Community) -> None:
    page = reverse("portal:apply", args=["test"])
    assert page in Client().get(reverse("portal:sign-in")).content.decode()
    assert b"Become a member" in Client().get(page).content
    assert b"Thank you" in Client().post(page, WISH).content
    assert Application.objects.get().shares == 2
    assert Client().get(reverse("portal:apply", args=["nowhere"])).status_code == 404


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"password": "short"}, "too short"),
        ({"shares": "0"}, "Ask for 1 to"),
        ({"kind": "COMPANY"}, "names who acts for it"),
        ({"email": "no e-mail"}, "valid email"),
    ],
)
def test_a_bad_application_is_shown_again_with_what_to_change(
    community: Community, wish: dict[str, str], said: str
) -> None:
    answer = Client().post(reverse("portal:apply", args=["test"]), {**WISH, **wish})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert b"a long own password" not in answer.content
    assert Application.objects.count() == 0


def test_applications_are_decided_in_the_office(community: Community) -> None:
    for email in ("anna@mail.example", "bo@mail.example"):
        Client().post(reverse("portal:apply", args=["test"]), {**WISH, "email": email})
    first, second = Application.objects.order_by("id")
    staff = office("Co-op staff")
    assert b"pbkdf2" not in staff.get(reverse("admin:register_application_change", args=[first.pk])).content
    approve = reverse("admin:register_application_approve", args=[first.pk])
    assert staff.post(approve, {"code": "A-7", "reason": "lives here"}).status_code == 302
    assert Member.objects.get(code="A-7").user.email == "anna@mail.example"
    reject = reverse("admin:register_application_reject", args=[second.pk])
    assert staff.post(reject, {"reason": "lives elsewhere"}).status_code == 302
    assert Application.objects.get(pk=second.pk).state == Application.State.REJECTED
    assert office("Treasury", "t@co-op.example").get(approve).status_code == 403


def test_shares_are_booked_by_two_of_the_treasury(community: Community, new_member: Callable[..., Member]) -> None:
    new_member("anna")
    one, other = (office("Treasury", f"{name}@co-op.example") for name in ("x", "y"))
    add = reverse("admin:register_shareproposal_add")
    wish = {"community": str(community.pk), "kind": "ISSUE", "taker": "anna", "shares": "3", "reference": "b 1"}
    assert b"has no member nobody" in one.post(add, {**wish, "taker": "nobody", "reason": "paid"}).content
    assert one.post(add, {**wish, "reason": "paid"}).status_code == 302
    book = reverse("admin:register_shareproposal_book", args=[ShareProposal.objects.get().pk])
    assert b"somebody else has to book it" in one.post(book, {"reason": "me"}).content
    assert other.post(book, {"reason": "checked"}).status_code == 302
    assert ShareEntry.objects.get().shares == 3
    assert office("Co-op staff").get(add).status_code == 403


def test_the_register_of_a_day_is_a_page_a_table_and_a_paper(anna: Member) -> None:
    staff, page = office("Co-op staff"), reverse("office-register")
    day = {"community": "test", "day": str(START.date())}
    assert b"3 shares, 150.00 USD" in staff.get(page, day).content
    assert "anna,Member anna,person,3" in staff.get(page, {**day, "format": "csv"}).content.decode()
    assert staff.get(page, {**day, "format": "pdf"}).content.startswith(b"%PDF")
    Community.objects.update(clock=Community.Clock.WALL)
    assert b"Nobody was a member" in staff.get(page, {**day, "day": "2020-01-01"}).content
    assert staff.get(page, {**day, "day": "yesterday"}).status_code == 400
    assert office("Device technician", "d@co-op.example").get(page).status_code == 403
    assert Client().get(page).status_code == 403


def test_a_member_sees_their_shares_and_takes_a_certificate(own: Client) -> None:
    page = own.get(reverse("portal:membership")).content.decode()
    assert "bank 1" in page and "150.00" in page
    paper = own.get(reverse("portal:share-certificate"), {"day": str(START.date())})
    assert paper.content.startswith(b"%PDF")
    assert own.get(reverse("portal:share-certificate"), {"day": "tomorrow"}).status_code == 404
    assert Client().get(reverse("portal:membership")).status_code == 302


def test_a_member_resigns_and_stays(own: Client, anna: Member) -> None:
    assert own.post(reverse("portal:resign"), {"reason": ""}).status_code == 422
    assert own.post(reverse("portal:resign"), {"reason": "moves away"}).status_code == 302
    assert b"2026-08-30" in own.get(reverse("portal:membership")).content
    assert own.post(reverse("portal:resign"), {"reason": "again"}).status_code == 422
    assert own.post(reverse("portal:stay")).status_code == 302
    assert Departure.objects.get().state == Departure.State.WITHDRAWN


def test_the_office_ends_a_membership_and_says_what_is_left(anna: Member) -> None:
    staff = office("Co-op staff")
    wish = {"community": str(anna.community_id), "code": "anna", "kind": "DEATH", "reason": "a letter", "heirs": "Ben"}
    assert staff.post(reverse("admin:register_departure_add"), wish).status_code == 302
    end = reverse("admin:register_departure_end", args=[Departure.objects.get().pk])
    assert b"3 shares" in staff.get(end).content
    assert b"still has: 3 shares" in staff.post(end, {"reason": "now"}).content
    assert Member.objects.get(code="anna").is_active
