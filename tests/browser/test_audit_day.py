"""A member takes their data along; the Treasury hands the books to an auditor; verify says that they hold."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stelltron.replay.sunrise import PASSWORD

from .conftest import DESK, Coop
from .test_member_day import sign_in


@pytest.fixture
def treasury(window: Callable[..., Page], coop: Coop) -> Page:
    coop.run(
        "from stelltron.members.services import make_staff\n"
        f"make_staff('treasury@sunrise.example', '{PASSWORD}', 'Treasury')"
    )
    page = window(DESK)
    page.goto("/admin/")
    page.locator("input[name=username]").fill("treasury@sunrise.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form [type=submit]").first.click()
    return page


def test_a_member_takes_everything_along(phone: Page, tmp_path: Path) -> None:
    sign_in(phone, "maria")
    phone.get_by_role("link", name="Your data").click()
    expect(phone.get_by_role("heading", name="Take a copy")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    with phone.expect_download() as got:
        phone.get_by_role("button", name="Download my data").click()
    got.value.save_as(tmp_path / "mine.zip")
    names = zipfile.ZipFile(tmp_path / "mine.zip").namelist()
    assert {"members.Member.json", "devices.Device.json", "core.ActionLog.json"} <= set(names)


def test_the_treasury_hands_the_books_over(treasury: Page, coop: Coop, tmp_path: Path) -> None:
    # By name: another file opens a second co-op here.
    treasury.goto("/admin/audit/anchor/")
    treasury.get_by_role("link", name="Anchor now").first.click()
    treasury.locator("select[name=community]").select_option(label="Sunrise Energy Cooperative")
    treasury.locator("input[name=reason]").fill("before the audit")
    treasury.locator("form button[type=submit], form input[type=submit]").last.click()
    expect(treasury.get_by_text("waits for the chain")).to_be_visible()
    treasury.get_by_role("link", name="Export for auditors").first.click()
    treasury.locator("select[name=community]").select_option(label="Sunrise Energy Cooperative")
    treasury.locator("input[name=first]").fill("2016-01-01")
    treasury.locator("input[name=last]").fill("2030-12-31")
    treasury.locator("input[name=reason]").fill("yearly audit")
    with treasury.expect_download() as got:
        treasury.locator("form button[type=submit], form input[type=submit]").last.click()
    got.value.save_as(tmp_path / "books.zip")
    manifest = json.loads(zipfile.ZipFile(tmp_path / "books.zip").read("manifest.json"))
    assert manifest["files"]["journal.csv"]["rows"] > 0 and manifest["files"]["allocation.csv"]["rows"] > 0
    treasury.goto("/admin/audit/anchor/")
    expect(treasury.get_by_text("confirmed").first).to_be_visible()
    said = coop.run("from django.core.management import call_command\ncall_command('verify')")
    assert "journal" in said and "anchored up to" in said
