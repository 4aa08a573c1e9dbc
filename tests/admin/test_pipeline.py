"""The office sees where generators stand, who is waited for, and what is due; the right roles only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from financing.models import Generator, GeneratorRequest, Milestone, Offering, Stake, Upkeep
from stelltron.core.models import Community
from stelltron.portal.pipeline import due_payments, pipeline
from tests.conftest import CENT, START


def stages() -> dict[str, tuple[int, list]]:
    return {stage.label: (stage.count, stage.sums) for stage in pipeline()["stages"]}


def test_a_running_generator_is_counted_and_waits_for_nobody(full: Community) -> None:
    Generator.objects.update(received=7 * CENT)
    GeneratorRequest.objects.update(state=GeneratorRequest.State.ACCEPTED)
    assert stages()["Running"] == (1, [("goal", "USD", 10_000 * CENT), ("income", "USD", 7 * CENT)])
    assert stages()["Taking bids"] == (0, [])
    assert pipeline()["waiting"] == []


def test_the_longest_waiting_comes_first_with_whom_it_waits_for(full: Community) -> None:
    Generator.objects.update(state=Generator.State.FUNDED, funded_at=START, held=600 * CENT)
    Offering.objects.update(state=Offering.State.REVIEW, offered_at=START - timedelta(days=2))
    GeneratorRequest.objects.update(opened_at=START - timedelta(days=1))
    found = pipeline()["waiting"]
    assert [(one.stage, one.whom) for one in found] == [
        ("in review", "co-op staff"),
        ("taking bids", "providers"),
        ("being built", f"provider {Generator.objects.get().provider}"),
    ]
    assert (found[0].stroops, found[2].stroops) == (10_000 * CENT, 600 * CENT)


@pytest.mark.parametrize(
    ("state", "whom"), [("REPORTED", "requester"), ("ACCEPTED", "Treasury"), ("PROPOSED", "Treasury")]
)
def test_a_milestone_waits_for_who_has_to_act(full: Community, state: str, whom: str) -> None:
    GeneratorRequest.objects.update(state=GeneratorRequest.State.ACCEPTED)
    Generator.objects.update(state=Generator.State.FUNDED, funded_at=START)
    Milestone.objects.update(state=state, reported_at=START + timedelta(days=3))
    [found] = pipeline()["waiting"]
    assert found.whom.startswith(whom)
    assert found.since == START + timedelta(days=3)


def test_what_is_due_adds_up(full: Community) -> None:
    Milestone.objects.update(state=Milestone.State.ACCEPTED, reported_at=START)
    Generator.objects.update(state=Generator.State.FAILED, maintenance=9 * CENT)
    due = due_payments()
    assert due["milestone_sums"] == [("USD", 1, 4_000 * CENT)]
    assert [one.stroops for one in due["milestones"]] == [4_000 * CENT]
    units = sum(Stake.objects.values_list("units", flat=True))
    assert due["refund_sums"] == [("USD", 2, units * CENT)]
    assert sum(one.stroops for one in due["refunds"]) == units * CENT
    Upkeep.objects.update(
        kind="SPEND", state="AGREED", amount=3 * CENT, payee=Stake.objects.first().member, device_key=""
    )
    due = due_payments()
    assert due["spending_sums"] == [("USD", 1, 3 * CENT)]
    assert due["spendings"][0].whom == "a second of the Treasury"
    assert due["fund_sums"] == [("USD", 1, 9 * CENT)]


def test_the_pages_open_for_who_may_see_them(full: Community, signed_in: Callable[..., Client]) -> None:
    Milestone.objects.update(state=Milestone.State.ACCEPTED, reported_at=START)
    treasury = signed_in("Treasury")
    assert "the Treasury to propose it" in treasury.get(reverse("office-due")).content.decode()
    assert "Tengbeh" in signed_in("Co-op staff").get(reverse("office-pipeline")).content.decode()
    assert reverse("office-due") in treasury.get("/admin/").content.decode()
    made = Generator.objects.get()
    technician = signed_in("Device technician")
    for name in ("office-due", "office-pipeline"):
        assert technician.get(reverse(name)).status_code == 403
        assert reverse(name) not in technician.get("/admin/").content.decode()
    statement = reverse("office-generator-statement", args=[made.address, "pdf"])
    assert statement in treasury.get(reverse("admin:financing_generator_change", args=[made.pk])).content.decode()
    assert treasury.get(statement).content.startswith(b"%PDF")
    assert signed_in("Auditor").get(statement).status_code == 403


def test_empty_pages_say_so(db: None, signed_in: Callable[..., Client]) -> None:
    staff = signed_in("superuser")
    assert "Nothing waits" in staff.get(reverse("office-pipeline")).content.decode()
    page = staff.get(reverse("office-due")).content.decode()
    for said in ("No provider waits", "Nobody's stake", "Nothing is proposed", "No generator has set"):
        assert said in page
