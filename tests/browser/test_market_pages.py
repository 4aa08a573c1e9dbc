"""Order kinds and the price playground in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .conftest import reload_until
from .test_member_day import sign_in


def test_an_order_form_asks_for_what_its_kind_needs(phone: Page) -> None:
    sign_in(phone, "sarah")
    phone.get_by_role("link", name="Market").click()
    form = phone.locator("#order-form")
    price, trigger = form.get_by_label("Limit price"), form.get_by_label("Wakes at")
    expect(trigger).to_be_hidden()
    form.get_by_label("Trades").select_option("MARKET")
    expect(price).to_be_hidden()
    form.get_by_label("Trades").select_option("STOP")
    form.get_by_label("Energy").fill("1")
    price.fill("0.21")
    trigger.fill("0.2")
    form.get_by_role("button", name="Place order").click()
    expect(form.get_by_role("status")).to_contain_text("waits until the last price reaches 0.20")
    expect(phone.locator("#orders")).to_contain_text("waits for 0.20")
    phone.once("dialog", lambda dialog: dialog.accept())
    phone.locator("#orders").get_by_role("button", name=re.compile("Cancel")).click()
    expect(phone.locator("#orders")).to_contain_text("None.")


def test_the_playground_and_the_server_give_the_same_price(phone: Page) -> None:
    sign_in(phone, "tom")
    phone.goto("/price")
    played = phone.locator('[data-played="price"]')
    before = played.inner_text()
    phone.get_by_label("Demand").fill("67.891")
    phone.get_by_label("State of charge").fill("33.33")
    phone.get_by_label("Distance").fill("1.234")
    phone.get_by_label("Hour").select_option("18")
    expect(played).not_to_have_text(before)
    computed_here = played.inner_text()
    factors_here = phone.locator("dd[data-played]").all_inner_texts()
    phone.get_by_label("Demand").fill("much")
    expect(played).to_have_text("–")
    phone.get_by_label("Demand").fill("67.891")
    expect(played).to_have_text(computed_here)
    # The server's answer, before any script touches it.
    address = phone.evaluate("'/price?' + new URLSearchParams(new FormData(document.querySelector('#playground')))")
    answer = phone.request.get(address).text()
    assert f'<span data-played="price">{computed_here}</span>' in answer
    assert [text for text in factors_here if f">{text}</dd>" not in answer] == []
    # Two quotes make a chart, and with them the page is at its widest.
    phone.goto("/price")
    chart = phone.locator(".uplot canvas")
    reload_until(chart)
    expect(chart).to_be_visible()
    expect(phone.locator("tr.strong")).to_be_visible()
    phone.wait_for_function("document.documentElement.scrollWidth <= 390")
