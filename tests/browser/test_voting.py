"""A proposal in a real browser: drafted, supported, rehearsed and voted on by three members of the sample."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import Coop
from .test_member_day import sign_in


@pytest.fixture
def member(chromium: Browser, coop: Coop) -> Callable[[str], Page]:
    """Somebody's own browser window."""
    opened: list[BrowserContext] = []

    def open_window(name: str) -> Page:
        opened.append(chromium.new_context(viewport={"width": 390, "height": 844}, base_url=coop.url))
        page = opened[-1].new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        sign_in(page, name)
        return page

    yield open_window
    for context in opened:
        context.close()


def test_members_change_how_energy_is_shared(member: Callable[[str], Page]) -> None:
    maria, sarah, mike = member("maria"), member("sarah"), member("mike")
    maria.goto("/proposals")
    for _ in range(40):
        # The roll is kept by beat, twice a minute.
        if maria.get_by_role("link", name="Another way to share energy").count():
            break
        maria.wait_for_timeout(3000)
        maria.reload()
    maria.get_by_role("link", name="Another way to share energy").click()
    maria.get_by_label("Title").fill("Halve the difference")
    maria.get_by_label("Energy is shared by").select_option("1")
    maria.get_by_label("Why").fill("One price in the middle is easy to understand.")
    maria.get_by_role("button", name="Write the draft").click()
    expect(maria.locator("main")).to_contain_text("Your draft is written")
    address = maria.url
    sarah.goto(address)
    sarah.get_by_role("button", name="Stand behind it").click()
    expect(sarah.locator("main")).to_contain_text("you stand behind it")
    sarah.get_by_role("button", name="Rehearse it").click()
    rehearsal = sarah.locator("#rehearsal")
    expect(rehearsal).to_contain_text(re.compile(r"better for you|worse for you|The same"), timeout=90_000)
    expect(rehearsal).to_contain_text("Traded among members")
    maria.goto(address)
    maria.get_by_role("button", name="Put it to the vote").click()
    for window in (maria, sarah, mike):
        window.goto(address)
        for _ in range(30):
            if window.get_by_role("radio", name="Yes").count():
                break
            window.wait_for_timeout(1000)
            window.reload()
    mike.get_by_role("radio", name="No").check()
    mike.get_by_role("button", name="Vote").click()
    maria.get_by_role("radio", name="Yes").check()
    maria.get_by_role("button", name="Vote").click()
    # Sarah's page counts by itself.
    expect(sarah.locator("#results")).to_contain_text(re.compile(r"2 of \d+ have voted"), timeout=30_000)
    mike.get_by_label("What you think").fill("The auction was fair.")
    mike.get_by_role("button", name="Say it").click()
    expect(mike.locator("main")).to_contain_text("The auction was fair.")
    sarah.goto("/proposals")
    expect(sarah.locator("main")).to_contain_text("your vote is missing")
    width = sarah.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, width
