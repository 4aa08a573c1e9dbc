"""A member takes a copy of the key that the co-op keeps for them, for their password, and is told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from stellar_sdk import Keypair

from stelltron.core.models import ActionLog
from stelltron.members.models import Member, Notice
from tests.portal.conftest import PASSWORD

Page = Callable[[Member], Client]


@pytest.fixture
def home(new_member: Callable[..., Member]) -> Member:
    return new_member("home")


def test_the_key_is_that_of_the_account_and_its_owner_is_told(home: Member, signed_in: Page) -> None:
    browser = signed_in(home)
    assert "take a copy of the key" in browser.get("/wallet").content.decode()
    assert not re.search(r"\bS[A-Z2-7]{55}\b", browser.get("/wallet/key").content.decode())
    shown = browser.post("/wallet/key", {"password": PASSWORD})
    secret = re.search(r'id="secret">(S[A-Z2-7]{55})<', shown.content.decode())
    assert secret and Keypair.from_secret(secret[1]).public_key == home.wallet.address
    assert "no-store" in shown.headers["Cache-Control"]
    told = Notice.objects.get(member=home)
    assert "was shown on its page" in told.text
    logged = ActionLog.objects.get(action="wallet.show_key")
    assert logged.actor == home.user
    assert secret[1] not in str(logged.details) + told.text


def test_another_password_shows_nothing_and_tries_are_counted(
    home: Member, signed_in: Page, within_a_minute: None
) -> None:
    browser = signed_in(home)
    for _ in range(10):
        refused = browser.post("/wallet/key", {"password": "a guess"})
        assert refused.status_code == 422 and "That is not your password." in refused.content.decode()
    assert browser.post("/wallet/key", {"password": PASSWORD}).status_code == 429
    assert not ActionLog.objects.filter(action="wallet.show_key").exists()


def test_who_has_their_own_key_is_shown_none(new_member: Callable[..., Member], signed_in: Page) -> None:
    member = new_member("own", address=Keypair.random().public_key)
    browser = signed_in(member)
    assert browser.get("/wallet/key").status_code == 404
    assert "take a copy" not in browser.get("/wallet").content.decode()
