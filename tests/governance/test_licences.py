"""Keys of applications: open with the licence stake, closed below it, and each only for its scopes."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from governance.grid import licences
from governance.grid.licence_api import LicenceKeyThrottle
from governance.models import LicenceKey
from stelltron.core.errors import Refused
from stelltron.ledger import contracts
from stelltron.ledger.clients import grid_staking
from stelltron.ledger.deployment import GRID, LICENCE_STAKE
from stelltron.members.models import Member, User

from .conftest import Assembly
from .test_staking import coop as coop
from .test_staking import do

SignIn = Callable[[Member], Client]


@pytest.fixture
def host(coop: Assembly) -> Member:
    """Ann, with exactly the licence stake and a sign-in."""
    ann = coop["ann"]
    ann.user = User.objects.create_user("ann@co-op.example")
    ann.save(update_fields=["user"])
    do(coop, "ann", "stake", LICENCE_STAKE // GRID)
    return ann


def application(secret: str) -> APIClient:
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.default_format = "json"
    return client


def test_licence_opens_with_the_stake_and_closes_below_it(coop: Assembly, host: Member):
    _, secret = licences.issue(host, "Heat pump", ["own:read"])
    used = application(secret)
    assert used.get("/api/v1/me").json()["code"] == "ann"
    do(coop, "ann", "ask", 1)
    assert not contracts.ask(coop.chain.gateway, grid_staking.has_licence(host.wallet.address))
    refused = used.get("/api/v1/me")
    assert refused.status_code == 403 and "less GRID at stake" in refused.json()["detail"]
    with pytest.raises(Refused, match="licence stake"):
        licences.issue(host, "Another", ["own:read"])
    do(coop, "ann", "stake", 1)
    assert used.get("/api/v1/me").status_code == 200


def test_key_does_what_its_scopes_say_and_nothing_else(host: Member):
    _, reads = licences.issue(host, "Reader", ["own:read"])
    _, sees = licences.issue(host, "Watcher", ["market:read"])
    _, places = licences.issue(host, "Trader", ["orders:write"])
    may_read = {"orders": reads, "statement": reads, "book": sees, "prices": sees}
    for name, allowed in may_read.items():
        for secret in (reads, sees, places):
            answer = application(secret).get(f"/api/v1/{name}")
            assert answer.status_code == (200 if secret == allowed else 403), name
    order = {"side": "BUY", "wh": 0}
    assert application(places).post("/api/v1/orders", order).json()["code"] == "bad_input"
    for secret in (reads, sees):
        assert application(secret).post("/api/v1/orders", order).status_code == 403
    for path in ("/api/v1/mandates", "/api/v1/devices/claim", "/api/v1/stored", "/api/v1/disputes"):
        for secret in (reads, sees, places):
            assert application(secret).post(path, {}).status_code == 403, path


def test_key_is_shown_once_and_kept_as_a_hash(host: Member, signed_in: SignIn):
    browser = signed_in(host)
    wish = {"name": "Heat pump", "scopes": ["own:read", "market:read"]}
    page = browser.post("/grid/keys", wish).content.decode()
    secret = page.partition("<code>stelltron_")[2].partition("</code>")[0]
    assert application(f"stelltron_{secret}").get("/api/v1/book").status_code == 200
    assert secret not in browser.get("/grid").content.decode()
    assert secret not in str(LicenceKey.objects.values().get())
    assert "has a key already" in browser.post("/grid/keys", wish).content.decode()
    assert browser.post("/grid/keys", {"name": "None"}).status_code == 422


def test_revoked_key_stops_working(host: Member, signed_in: SignIn, new_member: Callable[..., Member]):
    key, secret = licences.issue(host, "Heat pump", ["own:read"])
    stranger = signed_in(new_member("other"))
    assert stranger.post(f"/grid/keys/{key.pk}/revoke").status_code == 404
    assert application(secret).get("/api/v1/me").status_code == 200
    assert LicenceKey.objects.get().last_used_at
    assert "cannot use its key" in signed_in(host).post(f"/grid/keys/{key.pk}/revoke", follow=True).content.decode()
    refused = application(secret).get("/api/v1/me")
    assert refused.status_code == 403 and "revoked" in refused.json()["detail"]
    assert application("stelltron_nothing").get("/api/v1/me").status_code == 403


def test_key_is_slowed_down_where_it_asks_too_often(host: Member, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(LicenceKeyThrottle, "rate", "2/min")
    cache.clear()
    _, secret = licences.issue(host, "Eager", ["own:read"])
    _, other = licences.issue(host, "Patient", ["own:read"])
    used = application(secret)
    assert [used.get("/api/v1/me").status_code for _ in range(3)] == [200, 200, 429]
    assert application(other).get("/api/v1/me").status_code == 200


def test_owner_who_left_takes_the_keys_along(host: Member):
    _, secret = licences.issue(host, "Heat pump", ["own:read"])
    Member.objects.filter(pk=host.pk).update(is_active=False)
    assert application(secret).get("/api/v1/me").status_code == 403


def test_nobody_has_a_licence_before_the_contracts_stand(new_member: Callable[..., Member]):
    assert not licences.is_licensed(new_member("early"))


def test_most_keys_are_ten(host: Member):
    for number in range(licences.MOST_KEYS):
        licences.issue(host, f"App {number}", ["own:read"])
    with pytest.raises(Refused, match="revoke one"):
        licences.issue(host, "One more", ["own:read"])


def test_description_of_the_api_names_the_key(db: None):
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "licenceKey:" in out.getvalue() and "scheme: bearer" in out.getvalue()
