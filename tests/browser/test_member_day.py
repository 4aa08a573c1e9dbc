"""A member's day in a real browser, over a co-op whose meters run."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(f"{name}@sunrise.example")
    page.get_by_label("Password").fill("sunrise-demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("[data-connection]")).to_have_text("live")


def changes(page: Page, selector: str) -> None:
    """The text of ``selector`` becomes another one, without a reload."""
    place = page.locator(selector).first
    before = place.inner_text()
    expect(place).not_to_have_text(before)


def test_figures_change_without_a_reload(phone: Page) -> None:
    sign_in(phone, "maria")
    phone.evaluate("window.loadedOnce = true")
    expect(phone.get_by_role("note")).to_contain_text("recorded homes in Fontana")
    phone.wait_for_selector('[data-live="read-at"]')
    changes(phone, '[data-live="power"]')
    phone.locator("#slots tbody tr").first.wait_for()
    changes(phone, "#slots tbody tr th")
    expect(phone.locator("#slots .state.settled").first).to_be_visible()
    expect(phone.locator("#slots code").first).to_be_visible()
    expect(phone.locator(".uplot canvas")).to_be_visible()
    assert phone.evaluate("window.loadedOnce")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_order_is_placed_corrected_and_cancelled(phone: Page) -> None:
    sign_in(phone, "sarah")
    phone.get_by_role("link", name="Market").click()
    phone.evaluate("window.loadedOnce = true")
    form = phone.locator("#order-form")
    form.get_by_label("Energy").fill("1,5")
    form.get_by_label("Limit price").fill("0.0123")
    form.get_by_role("button", name="Place order").click()
    expect(form.get_by_role("alert")).to_contain_text("with a point")
    form.get_by_label("Energy").fill("1.5")
    form.get_by_role("button", name="Place order").click()
    expect(form.get_by_role("status")).to_contain_text("1.500 kWh at 0.0123")
    expect(phone.locator("#book tr.mine")).to_contain_text("0.0123")
    expect(phone.locator("#balances")).to_contain_text("0.01 WATT")
    phone.once("dialog", lambda dialog: dialog.accept())
    phone.locator("#orders").get_by_role("button", name=re.compile("Cancel")).click()
    expect(phone.locator("#orders")).to_contain_text("None.")
    expect(phone.locator("#book tr.mine")).to_have_count(0)
    assert phone.evaluate("window.loadedOnce")


def test_another_members_order_appears_by_itself(phone: Page, window: Callable[..., Page]) -> None:
    sign_in(phone, "emma")
    phone.get_by_role("link", name="Market").click()
    other = window()
    sign_in(other, "tom")
    other.goto("/marketplace")
    other.locator("#order-form").get_by_label("Energy").fill("2")
    other.locator("#order-form").get_by_label("Limit price").fill("0.0111")
    other.get_by_role("button", name="Place order").click()
    expect(phone.locator("#book")).to_contain_text("0.0111")


def test_a_statement_line_leads_to_its_transaction(phone: Page) -> None:
    sign_in(phone, "mike")
    phone.locator("#slots .state.settled").first.wait_for()
    phone.get_by_role("link", name="Statement").click()
    phone.locator(".lines a").last.click()
    expect(phone.get_by_role("heading", name="Readings of your meter")).to_be_visible()
    expect(phone.locator("#transaction-hash")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    expect(phone.get_by_text("confirmed", exact=True)).to_be_visible()


def test_signing_out_ends_the_session(phone: Page) -> None:
    sign_in(phone, "priya")
    phone.get_by_role("button", name="Sign out").click()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    phone.goto("/wallet")
    expect(phone).to_have_url(re.compile("/sign-in"))
