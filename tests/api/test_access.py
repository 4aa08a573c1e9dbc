"""Who may call what: members for themselves, nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from devices.models import SlotReading
from devices.services import register_device
from market.models import Order, StatementLine, Trade
from stelltron.core.models import Community
from stelltron.members.models import Member, User
from tests.conftest import CENT, START

READS = ["me", "orders", "book", "trades", "statement", "readings", "devices", "mandates"]


@pytest.mark.parametrize("name", READS)
def test_a_stranger_is_refused(db: None, name: str) -> None:
    answer = Client().get(f"/api/v1/{name}")
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("name", ["orders", "mandates", "devices/claim"])
def test_a_stranger_writes_nothing(db: None, name: str) -> None:
    assert Client().post(f"/api/v1/{name}", {}, content_type="application/json").status_code == 403


@pytest.mark.parametrize("name", READS)
def test_a_user_without_a_member_is_told_so(db: None, name: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("guest@co-op.example"))
    answer = client.get(f"/api/v1/{name}")
    assert answer.status_code == 403
    assert "no member" in answer.json()["detail"]


def test_a_member_who_left_is_out(new_member: Callable[..., Member]) -> None:
    gone = new_member("gone", email="gone@co-op.example")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    client = Client()
    client.force_login(gone.user)
    assert client.get("/api/v1/me").status_code == 403


def test_a_session_needs_the_csrf_token(new_member: Callable[..., Member]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(new_member("mike", email="mike@co-op.example").user)
    answer = client.post("/api/v1/devices/claim", {"claim_code": "A" * 10}, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_members_see_only_their_own(new_member: Callable[..., Member], api: Callable, community: Community) -> None:
    sarah, mike = new_member("sarah"), new_member("mike")
    order = Order.objects.create(
        community=community,
        member=sarah,
        point=sarah.metering_points.get(),
        side=Order.Side.BUY,
        wh=5,
        open_wh=5,
        price=CENT,
        arrival=1,
        placed_at=START,
    )
    StatementLine.objects.create(member=sarah, slot=START, kind="UTILITY_IMPORT", wh=5, price=CENT, amount=-500)
    SlotReading.objects.create(
        community=community,
        point=sarah.metering_points.get(),
        slot=START,
        exported_wh=5,
        imported_wh=0,
        exported_from_mwh=0,
        exported_to_mwh=5000,
        imported_from_mwh=0,
        imported_to_mwh=0,
    )
    hers, his = api(sarah), api(mike)
    for name in ("orders", "statement", "readings"):
        assert len(hers.get(f"/api/v1/{name}").json()["results"]) == 1, name
        assert his.get(f"/api/v1/{name}").json()["results"] == [], name
    assert [row["id"] for row in his.get("/api/v1/devices").json()["results"]] == ["meter-mike"]
    for method in (his.get, his.delete):
        answer = method(f"/api/v1/orders/{order.pk}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    assert hers.get(f"/api/v1/orders/{order.pk}").json()["price_stroops_per_kwh"] == CENT


def test_claiming_a_device(new_member: Callable[..., Member], api: Callable, community: Community) -> None:
    client = api(new_member("mike"))
    device, _ = register_device(community, "meter-new")
    for bad in ({}, {"claim_code": "short"}, {"claim_code": 1234567890}, {"claim_code": None}, []):
        assert client.post("/api/v1/devices/claim", bad).status_code == 400, bad
    lone = client.post("/api/v1/devices/claim", r'{"claim_code": "\ud800"}', content_type="application/json")
    assert (lone.status_code, lone.json()["code"]) == (400, "parse_error")
    unknown = client.post("/api/v1/devices/claim", {"claim_code": "AAAAAAAAAA"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_claim_code")
    taken = client.post("/api/v1/devices/claim", {"claim_code": device.claim_code.lower()})
    assert (taken.status_code, taken.json()["metering_point"]) == (201, "meter-new")
    assert client.post("/api/v1/devices/claim", {"claim_code": device.claim_code}).status_code == 400


def test_the_statement_pages_and_filters(new_member: Callable[..., Member], api: Callable) -> None:
    mike = new_member("mike")
    StatementLine.objects.bulk_create(
        StatementLine(
            member=mike,
            slot=START + timedelta(hours=hour // 2),
            kind=("UTILITY_IMPORT", "UTILITY_EXPORT")[hour % 2],
            wh=hour,
            price=1,
            amount=0,
        )
        for hour in range(130)
    )
    client = api(mike)
    seen, url = [], "/api/v1/statement"
    while url:
        page = client.get(url).json()
        seen += [line["wh"] for line in page["results"]]
        url = page["next"]
    assert seen == list(range(129, -1, -1))
    assert len(client.get("/api/v1/statement", {"kind": "UTILITY_IMPORT"}).json()["results"]) == 50
    assert client.get("/api/v1/statement", {"month": "2026-05"}).json()["results"] == []
    assert len(client.get("/api/v1/statement", {"month": "2026-06"}).json()["results"]) == 50
    for bad in ("2026-13", "june", "0000-01", "9999-12", "2026-06-01"):
        answer = client.get("/api/v1/statement", {"month": bad})
        assert answer.status_code in (200, 400), bad
        assert answer.status_code == 400 or bad == "9999-12", bad
    assert client.get("/api/v1/statement", {"kind": "BRIBE"}).status_code == 400


def test_lists_take_a_constant_number_of_queries(
    new_member: Callable[..., Member], api: Callable, community: Community, django_assert_max_num_queries: Callable
) -> None:
    sarah, mike = new_member("sarah"), new_member("mike")
    Trade.objects.bulk_create(
        Trade(
            community=community,
            venue="SPOT",
            slot=START,
            buyer=mike,
            seller=sarah,
            wh=1000,
            price=5,
            amount=5,
            matched_at=START,
        )
        for _ in range(20)
    )
    client = api(mike)
    for name in READS:
        with django_assert_max_num_queries(7):
            assert client.get(f"/api/v1/{name}").status_code == 200
    trade = client.get("/api/v1/trades").json()["results"][0]
    assert (trade["role"], trade["amount_stroops"], trade["transaction_hash"]) == ("BUYER", 5, None)
    assert "sarah" not in str(trade)


def test_the_schema_is_valid(db: None) -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "price_stroops_per_kwh" in out.getvalue()
