"""The office's first page: money at risk first, empty when there is none, cheap at any size."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.test import Client
from django.urls import reverse

from devices.models import Quarantined
from financing.models import Announcement, CoverClaim, Generator, Milestone, Ticket, Upkeep
from market.models import Dispute, SlotRun
from stelltron.core.actions import beat
from stelltron.core.models import Community, Heartbeat
from stelltron.ledger.models import ChainIntent, EnergyLock, Reconciliation
from stelltron.portal.today import today
from tests.conftest import CENT


def test_an_empty_co_op_has_nothing_at_risk(db: None, signed_in: Callable[..., Client]) -> None:
    page = signed_in("Co-op staff").get("/admin/").content.decode()
    assert "Nothing at risk" in page
    assert "No community yet" in page
    assert "never: silent" in page


# What a statement with a line in the queue and a case brings.
BANK = ("reserves", "bank lines", "case")


def test_the_largest_exposure_comes_first(full: Community) -> None:
    assert [risk.kind for risk in today()["risks"]][:2] == ["reserves", "bank lines"]
    risks = [risk for risk in today()["risks"] if risk.kind not in BANK]
    kinds = ["failed", "dispute", "difference", "silent meter", "expiring lock", "worse off", "quarantine"]
    assert [risk.kind for risk in risks] == kinds
    # 4 kWh at the midpoint of 2 and 28 cents.
    assert risks[0].stroops == 60 * CENT
    assert risks[2].stroops == 47 * CENT
    assert risks[3].what == "meter-mike"
    assert (risks[4].stroops, risks[4].detail) == (5 * CENT, "the battery is empty")


def test_every_figure_leads_to_its_list(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("superuser")
    page = client.get("/admin/").content.decode()
    links = {
        link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/[^"]+)"', page[page.index('id="office"') :])
    }
    assert len(links) > 10
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200, link
        assert "e=1" not in answer.request["QUERY_STRING"], link


def test_what_was_put_right_leaves_the_list(full: Community) -> None:
    ChainIntent.objects.update(state=ChainIntent.State.CONFIRMED)
    Reconciliation.objects.create(community=full, equal=True, checked=4)
    Quarantined.objects.update(received_at=datetime.now(UTC) - timedelta(hours=2))
    Dispute.objects.all().delete()
    EnergyLock.objects.update(state=EnergyLock.State.LOCKED)
    SlotRun.objects.update(cleared_at=datetime.now(UTC) - timedelta(days=8))
    assert [risk.kind for risk in today()["risks"] if risk.kind not in BANK] == ["silent meter"]


def test_defaults_claims_upkeep_and_faults_of_generators_are_seen(full: Community) -> None:
    now = datetime.now(UTC)
    Milestone.objects.update(pace=Milestone.Pace.DEFAULT, due_at=now, delay="the ship waits")
    Generator.objects.update(held=9 * CENT)
    CoverClaim.objects.update(state=CoverClaim.State.OWED, granted=700, paid=300)
    Upkeep.objects.update(state=Upkeep.State.AGREED, agreed_at=now)
    Announcement.objects.update(state=Announcement.State.PROPOSED)
    Ticket.objects.update(state=Ticket.State.OPEN)
    found = {risk.kind: (risk.stroops, risk.detail, risk.urgent) for risk in today()["risks"]}
    assert found["default"] == (9 * CENT, "the ship waits", True)
    assert found["cover claim"] == (400, "owed by the insurer", True)
    assert found["upkeep"] == (5, "waits for the second of the Treasury", False)
    assert found["announcement"] == (9 * CENT, "waits for the second of the Treasury", False)
    assert found["fault"] == (0, "it hums", True)


def test_a_late_intent_is_stuck_but_one_that_waits_for_its_group_is_not(full: Community) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    ChainIntent.objects.filter(key="mint:1").update(created_at=long_ago)
    assert "stuck" in {risk.kind for risk in today()["risks"]}
    ChainIntent.objects.filter(key="mint:1").update(group=7)
    assert "stuck" not in {risk.kind for risk in today()["risks"]}


def test_a_settlement_that_hangs_for_three_days_is_urgent_even_in_a_group(full: Community) -> None:
    waiting = ChainIntent.objects.filter(kind=ChainIntent.Kind.SETTLE)
    now = datetime.now(UTC)
    waiting.update(state=ChainIntent.State.PENDING, group=7, created_at=now - timedelta(days=3) + timedelta(hours=1))
    assert not [risk for risk in today()["risks"] if risk.kind == "stuck"]
    waiting.update(created_at=now - timedelta(days=3, hours=1))
    [stuck] = [risk for risk in today()["risks"] if risk.kind == "stuck"]
    assert stuck.urgent


def test_a_process_is_silent_after_a_minute(full: Community) -> None:
    beat("ingest")
    Heartbeat.objects.filter(process="chain").update(at=datetime.now(UTC) - timedelta(seconds=61))
    assert {one["name"]: one["silent"] for one in today()["processes"]} == {
        "chain": True,
        "clearing": True,
        "ingest": False,
    }


def test_the_fragment_is_fresh_and_for_staff(full: Community, signed_in: Callable[..., Client]) -> None:
    answer = signed_in("Device technician").get(reverse("office-today"))
    assert "no-store" in answer["Cache-Control"]
    assert "<html" not in answer.content.decode()
    assert "Money at risk" in answer.content.decode()
    assert "no role yet" in signed_in().get("/admin/").content.decode()
    assert "Money at risk" not in signed_in().get(reverse("office-today")).content.decode()


def test_the_dashboard_takes_a_constant_number_of_queries(
    full: Community, new_member: Callable, signed_in: Callable[..., Client], django_assert_max_num_queries: Callable
) -> None:
    for number in range(5):
        new_member(f"m{number}")
        ChainIntent.objects.create(community=full, kind="CALL", key=f"k{number}", state="FAILED", problem="x")
        Quarantined.objects.create(device_id=f"d{number}", reason="WRONG_MAC", payload=b"", size=0)
    client = signed_in("Co-op staff")
    with django_assert_max_num_queries(52):
        client.get(reverse("office-today"))


def test_one_flooding_device_hides_no_other_reason(full: Community) -> None:
    Quarantined.objects.bulk_create(
        Quarantined(device_id="flood", reason="BLOCKED_DEVICE", payload=b"", size=0) for _ in range(1500)
    )
    refused = {risk.what for risk in today()["risks"] if risk.kind == "quarantine"}
    assert refused == {"1 refused: unknown device", "1,500 refused: blocked device"}
