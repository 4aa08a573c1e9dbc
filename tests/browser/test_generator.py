"""A generator from request to income, by three people in three browsers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from stellar_sdk import Keypair

from .conftest import Coop, reload_until
from .test_member_day import sign_in

# The office's part; its own pages are tested with the office.
PREPARE = """
from financing.offering import requests
from stelltron.core.units import STROOPS
from stelltron.ledger.funding import receive_payment
from stelltron.members.models import Member
village, builder, bank = (Member.objects.get(user__email=f"{name}@sunrise.example") for name in ("kenji", "lucia", "emma"))
Member.objects.filter(pk=bank.pk).update(kind=Member.Kind.INSTITUTION)
receive_payment(bank, 30_000 * STROOPS, "BROWSER-bank", into_market=False)
receive_payment(village, 100 * STROOPS, "BROWSER-village", into_market=False)
asked = requests.ask_to_provide(builder, "nine villages")
requests.verify_provider(asked, verified=True, actor=None, reason="references called")
"""
APPROVE = """
from financing.models import Offering
from financing.offering.offerings import approve_offering
approve_offering(Offering.objects.get(), actor=None, reason="checked")
"""


@pytest.fixture
def people(window: Callable[..., Page]) -> Callable[[str], Page]:
    def open_browser(name: str) -> Page:
        page = window()
        sign_in(page, name)
        return page

    return open_browser


def becomes(page: Page, selector: str, text: str | re.Pattern[str]) -> None:
    reload_until(page.locator(selector).filter(has_text=text))


def test_a_village_gets_its_generator(coop: Coop, people: Callable[[str], Page]) -> None:
    coop.run(PREPARE)
    village, builder, bank = people("kenji"), people("lucia"), people("emma")

    village.goto("/generators/requests")
    for label, text in (
        ("What is it for", "Power for Tengbeh"),
        ("Where", "Tengbeh Town"),
        ("Power", "10"),
        ("People who will use it", "400"),
        ("Why", "a clinic without light"),
    ):
        village.get_by_label(label, exact=True).fill(text)
    village.get_by_role("button", name="Ask", exact=True).click()
    expect(village.get_by_role("status").filter(has_text="Your request is open")).to_be_visible()

    builder.goto("/generators/requests")
    builder.get_by_role("link", name="Power for Tengbeh").click()
    for label, text in (
        ("What you would build", "10 kW solar"),
        ("Power", "10"),
        ("Cost", "20000"),
        ("Yield of a year", "14600"),
        ("Days until it runs", "30"),
        ("Warranty, months", "24"),
    ):
        builder.get_by_label(label, exact=True).fill(text)
    builder.get_by_role("button", name="Place the bid").click()
    expect(builder.get_by_text("Your bid is placed")).to_be_visible()

    village.reload()
    village.get_by_text("Choose Lucia Rossi").click()
    village.get_by_label("Lowest price").fill("0.05")
    village.get_by_label("Highest price").fill("0.5")
    village.get_by_role("button", name="Choose this bid").click()
    expect(village.get_by_text("The co-op reviews the offering")).to_be_visible()

    coop.run(APPROVE)
    village.goto("/generators")
    becomes(village, "main", "Power for Tengbeh")
    village.get_by_role("link", name="Power for Tengbeh").click()
    expect(village.locator("#funding")).to_contain_text("open for funding")
    assert village.evaluate("document.documentElement.scrollWidth") <= 390

    bank.goto("/generators")
    bank.get_by_role("link", name="Power for Tengbeh").click()
    bank.get_by_label("Units").fill("10000")
    bank.get_by_role("button", name="See what it costs").click()
    expect(bank.get_by_text("20,000.00 USD")).to_be_visible()
    bank.get_by_label("I have read the risks").check()
    bank.get_by_role("button", name="Fund it").click()
    expect(bank.get_by_text("10,000 units is on its way")).to_be_visible()
    # The village watches it without a reload.
    expect(village.locator("#funding")).to_contain_text("funded, being built")
    expect(village.locator("#funding")).to_contain_text("100.00 %")

    builder.goto(village.url)
    builder.get_by_label("Evidence").first.fill("delivery note 17")
    shown = io.BytesIO()
    Image.new("RGB", (2400, 1800), "green").save(shown, "PNG")
    picture = {"name": "panels.png", "mimeType": "image/png", "buffer": shown.getvalue()}
    builder.get_by_label("Photographs").first.set_input_files([picture])
    builder.get_by_role("button", name="Report it").first.click()
    becomes(village, "main", "delivery note 17")
    photograph = village.locator("img.photograph")
    photograph.scroll_into_view_if_needed()
    expect(photograph).to_have_js_property("complete", True)
    expect(photograph).to_have_js_property("naturalWidth", 1600)
    village.get_by_role("button", name="Answer").click()
    expect(village.get_by_text("accepted by the requester")).to_be_visible()

    village.get_by_label("The meter's key").fill(Keypair.random().raw_public_key().hex())
    village.get_by_role("button", name="It is installed").click()
    becomes(village, "#funding", "waits for its first token")
    village.get_by_role("textbox", name="First token").fill("1")
    village.get_by_role("button", name="Send the first token").click()
    becomes(village, "#funding", "running")

    bank.goto(village.url)
    for detail in bank.locator("main details").all():
        detail.locator("summary").first.click()
    expect(bank.get_by_role("button", name="Offer it")).to_be_visible()
    assert bank.evaluate("document.documentElement.scrollWidth") <= 390
    for page in ("/generators/cover", "/generators/agents"):
        builder.goto(page)
        # The header while the connection is away: its longest word.
        builder.evaluate("document.querySelector('.connection').textContent = 'reconnecting'")
        assert builder.evaluate("document.documentElement.scrollWidth") <= 390

    bank.goto("/generators/portfolio")
    # One WATT less five per cent for maintenance, all of it hers.
    expect(bank.get_by_text("0.95 USD").first).to_be_visible()
    bank.get_by_role("button", name="Claim").click()
    expect(bank.get_by_text("on its way to your wallet")).to_be_visible()
    becomes(bank, "main", re.compile(r"Claimed so far\s*0\.95 USD"))
