"""The portal on a phone's home screen, and what it shows there without a connection."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .test_member_day import sign_in

KEPT = ["/offline", "/static/portal/build/style.css", "/static/portal/icon.svg"]


def ready(page: Page) -> None:
    """The worker answers for the pages."""
    sign_in(page, "maria")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def test_a_phone_takes_the_portal_onto_its_home_screen(phone: Page) -> None:
    ready(phone)
    browser = phone.context.new_cdp_session(phone)
    found = browser.send("Page.getAppManifest")
    assert found["errors"] == []
    assert '"name": "Sunrise Energy Cooperative"' in found["data"]
    problems = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A test's windows are private ones.
    assert [problem["errorId"] for problem in problems] == ["in-incognito"]


def test_without_a_connection_the_page_says_so_and_goes_on_by_itself(phone: Page) -> None:
    ready(phone)
    phone.context.set_offline(True)
    phone.goto("/marketplace")
    expect(phone.get_by_role("heading", name="No connection")).to_be_visible()
    # In its own clothes.
    assert phone.get_by_role("link", name="Try again").evaluate("at => getComputedStyle(at).borderRadius") != "0px"
    phone.context.set_offline(False)
    phone.get_by_role("link", name="Try again").click()
    expect(phone.get_by_role("heading", name="Market", exact=True)).to_be_visible()


def test_an_order_that_gets_no_answer_is_not_silent(phone: Page) -> None:
    sign_in(phone, "sarah")
    phone.goto("/marketplace")
    form = phone.locator("#order-form")
    form.get_by_label("Energy").fill("1")
    form.get_by_label("Limit price").fill("0.0124")
    phone.context.set_offline(True)
    form.get_by_role("button", name="Place order").click()
    expect(phone.get_by_role("alert")).to_contain_text("before you send it again")
    phone.context.set_offline(False)
    form.get_by_role("button", name="Place order").click()
    expect(form.get_by_role("status")).to_contain_text("1.000 kWh at 0.0124")
    expect(phone.locator("[data-unanswered]")).to_have_count(0)
    phone.once("dialog", lambda dialog: dialog.accept())
    phone.locator("#orders").get_by_role("button", name=re.compile("Cancel")).click()
    expect(phone.locator("#orders")).to_contain_text("None.")


def test_nothing_of_a_members_stays_on_the_phone(phone: Page) -> None:
    ready(phone)
    kept = phone.evaluate(
        """async () => {
            const cache = await caches.open("offline");
            const found = await cache.matchAll();
            return Promise.all(found.map(async (one) => [new URL(one.url).pathname, await one.text()]));
        }"""
    )
    assert [path for path, _ in kept] == KEPT
    assert not re.search(r"maria|Sunrise", kept[0][1], re.IGNORECASE)
