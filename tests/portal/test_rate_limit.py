"""A hundred requests a minute from one address; the next one waits, and members' own pages do not."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from stelltron.members.models import Member

MOST = 100


@pytest.fixture(autouse=True)
def one_minute(monkeypatch: pytest.MonkeyPatch, settings) -> None:  # type: ignore[no-untyped-def]
    """The limit as it is in service, within a minute that does not turn over."""
    cache.clear()
    settings.REQUESTS_A_MINUTE = MOST
    monkeypatch.setattr(time, "time", lambda: 1_800_000_015.0)


@pytest.fixture
def maria(new_member: Callable[..., Member]) -> Member:
    return new_member("maria", email="maria@test.example")


@pytest.fixture
def visitor(db: None) -> Client:
    return Client(REMOTE_ADDR="203.0.113.7")


@pytest.mark.parametrize(
    "path",
    ["/api/schema", "/auth", "/sep10/auth", "/sep12/customer", "/sep24/info", "/sign-in", "/.well-known/stellar.toml"],
)
def test_the_hundred_and_first_request_has_to_wait(visitor: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Another path spends the hundred: they count together.
    answers = [visitor.get("/sep24/transaction").status_code for _ in range(MOST)]
    assert 429 not in answers
    late = visitor.get(path)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "45")
    assert "wait a minute" in late.content.decode()
    assert Client(REMOTE_ADDR="203.0.113.8").get(path).status_code != 429
    monkeypatch.setattr(time, "time", lambda: 1_800_000_060.0)
    assert visitor.get(path).status_code != 429


def test_members_turn_their_pages_as_they_like(visitor: Client, maria: Member) -> None:
    visitor.force_login(maria.user)
    for path in ("/bills", "/static/portal/icon.svg", "/health"):
        assert {visitor.get(path).status_code for _ in range(MOST + 1)} == {200}
    assert visitor.get("/sep24/info").status_code == 200


def test_what_a_request_says_of_itself_counts_only_from_our_proxies(settings, db: None) -> None:  # type: ignore[no-untyped-def]
    def asked(remote: str, forwarded: str) -> int:
        return Client(REMOTE_ADDR=remote).get("/sep24/info", headers={"X-Forwarded-For": forwarded}).status_code

    for n in range(MOST):
        assert asked("203.0.113.7", f"198.51.100.{n}") == 200
    assert asked("203.0.113.7", "198.51.100.200") == 429
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    for n in range(MOST):
        assert asked("10.0.0.1", f"192.0.2.{n}, 198.51.100.1, 10.0.0.2") == 200
    assert asked("10.0.0.1", "192.0.2.200, 198.51.100.1, 10.0.0.2") == 429
    assert asked("10.0.0.1", "198.51.100.2") == 200
