"""A staff member's look at the office: figures that change without a reload, and the lists behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from stelltron.replay.sunrise import FIRMWARE_HOME, NAMES, PASSWORD, STAFF_EMAIL

from .conftest import DESK
from .test_member_day import changes, sign_in


@pytest.fixture
def office(window: Callable[..., Page]) -> Page:
    page = window(DESK)
    page.goto("/admin/")
    page.locator("input[name=username]").fill(STAFF_EMAIL)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form [type=submit]").first.click()
    return page


def test_todays_figures_change_without_a_reload(office: Page) -> None:
    expect(office.get_by_role("heading", name="Money at risk")).to_be_visible()
    office.evaluate("window.loadedOnce = true")
    expect(office.get_by_text("Last settlement")).to_be_visible()
    changes(office, "section[aria-labelledby=chain] .office-note code")
    assert office.evaluate("window.loadedOnce")


def test_a_slot_leads_to_its_settlement(office: Page) -> None:
    office.goto("/admin/market/slotrun/?state__exact=SETTLED")
    office.locator("#result_list tbody tr").first.wait_for()
    office.locator("#result_list tbody tr th a, #result_list tbody tr td a").first.click()
    expect(office.get_by_text("Merkle root").first).to_be_visible()


def test_the_firmware_meters_readings_reach_its_owner(phone: Page) -> None:
    sign_in(phone, NAMES[FIRMWARE_HOME][1])
    phone.wait_for_selector('[data-live="read-at"]')
    changes(phone, '[data-live="read-at"]')
