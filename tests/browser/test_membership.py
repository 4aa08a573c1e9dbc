"""From an application on a phone to a share certificate, over a running co-op."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import Coop
from .test_member_day import sign_in

BOOK = """
from stelltron.core.models import Community
from stelltron.members.models import Member
from stelltron.members.services import make_staff
from stelltron.register import applications, shares
from stelltron.register.models import Application
teller, checker = (make_staff(f"{n}@sunrise.example", "sunrise-demo-office", "Treasury") for n in ("teller", "checker"))
application = Application.objects.get(email="newcomer@sunrise.example")
member = applications.approve(application, "N-1", actor=teller, reason="lives here")
proposal = shares.propose(member.community, "ISSUE", 2, "bank 1", taker=member, actor=teller, reason="paid")
print(shares.book(proposal, actor=checker, reason="checked"))
"""


def test_a_newcomer_applies_is_admitted_and_sees_their_shares(phone: Page, coop: Coop) -> None:
    phone.goto("/sign-in")
    phone.get_by_role("link", name="Become a member of Sunrise Energy Cooperative").click()
    phone.get_by_label("Name").fill("Nora Newcomer")
    phone.get_by_label("Address").fill("Lane 3, Fontana")
    phone.get_by_label("E-mail").fill("newcomer@sunrise.example")
    phone.get_by_label("Shares").fill("2")
    phone.get_by_label("Password").fill("short")
    phone.get_by_role("button", name="Apply").click()
    expect(phone.get_by_role("alert").first).to_contain_text("too short")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_label("Password").fill("sunrise-demo")
    phone.get_by_role("button", name="Apply").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "subscribed and paid 2" in coop.run(BOOK)
    sign_in(phone, "newcomer")
    phone.get_by_role("link", name="My membership").click()
    expect(phone.get_by_text("bank 1")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    with phone.expect_download() as got:
        phone.get_by_role("button", name="Download as PDF").click()
    assert got.value.suggested_filename.startswith("shares-N-1-")
