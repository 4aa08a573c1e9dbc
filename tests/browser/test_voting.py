"""A proposal in a real browser: drafted, supported, rehearsed and voted on by three members of the sample."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import reload_until
from .test_member_day import sign_in


@pytest.fixture
def member(window: Callable[..., Page]) -> Callable[[str], Page]:
    """Somebody's own browser window."""

    def open_window(name: str) -> Page:
        page = window()
        page.on("dialog", lambda dialog: dialog.accept())
        sign_in(page, name)
        return page

    return open_window


def test_members_change_how_energy_is_shared(member: Callable[[str], Page]) -> None:
    maria, sarah, mike = member("maria"), member("sarah"), member("mike")
    maria.goto("/proposals")
    sharing = maria.get_by_role("link", name="Another way to share energy")
    # The roll is kept by beat, twice a minute.
    reload_until(sharing)
    sharing.click()
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
    expect(rehearsal).to_contain_text(re.compile(r"better for you|worse for you|The same"))
    expect(rehearsal).to_contain_text("Traded among members")
    maria.goto(address)
    maria.get_by_role("button", name="Put it to the vote").click()
    for window in (maria, sarah, mike):
        window.goto(address)
        reload_until(window.get_by_role("radio", name="Yes"))
    mike.get_by_role("radio", name="No").check()
    mike.get_by_role("button", name="Vote").click()
    maria.get_by_role("radio", name="Yes").check()
    maria.get_by_role("button", name="Vote").click()
    # Sarah's page counts by itself.
    expect(sarah.locator("#results")).to_contain_text(re.compile(r"2 of \d+ have voted"))
    mike.get_by_label("What you think").fill("The auction was fair.")
    mike.get_by_role("button", name="Say it").click()
    expect(mike.locator("main")).to_contain_text("The auction was fair.")
    sarah.goto("/proposals")
    expect(sarah.locator("main")).to_contain_text("your vote is missing")
    width = sarah.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, width
