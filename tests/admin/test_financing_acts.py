"""Providers, offerings, releases and meters in the office: with a reason, by the right role, money by two."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from financing.models import EnergyCode, Generator, Insurer, Milestone, Offering, PrepaidMeter, Provider
from stelltron.core.models import ActionLog, Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Notice

from .test_acts import act


def test_a_provider_is_verified_with_a_reason(full: Community, signed_in: Callable[..., Client]) -> None:
    provider, client = Provider.objects.get(), signed_in("Co-op staff")
    assert "This field is required" in act(client, "financing_provider", "verify", provider.pk, reason="")
    assert act(client, "financing_provider", "verify", provider.pk, reason="references called") == ""
    provider.refresh_from_db()
    assert provider.state == Provider.State.VERIFIED
    assert provider.intent.payload["function"] == "set_provider"
    assert ActionLog.objects.get(action="provider.verify").reason == "references called"
    assert "cannot go from VERIFIED" in act(client, "financing_provider", "turn_down", provider.pk, reason="late")
    page = reverse("admin:financing_provider_verify", args=[provider.pk])
    assert signed_in("Treasury").get(page).status_code == 403


def test_an_offering_is_rejected_and_both_sides_hear_why(full: Community, signed_in: Callable[..., Client]) -> None:
    Offering.objects.update(state=Offering.State.REVIEW)
    offering = Offering.objects.get()
    assert act(signed_in("Co-op staff"), "financing_offering", "reject", offering.pk, reason="the site floods") == ""
    offering.refresh_from_db()
    assert (offering.state, offering.decision) == ("REJECTED", "the site floods")
    assert Notice.objects.filter(text__endswith="the site floods").count() == 2
    page = reverse("admin:financing_offering_reject", args=[offering.pk])
    assert signed_in("Treasury").get(page).status_code == 403


def test_a_release_takes_two_of_the_treasury(full: Community, signed_in: Callable[..., Client]) -> None:
    first, second = (signed_in("Treasury", email=f"{who}@co-op.example") for who in ("first", "second"))
    milestone = Milestone.objects.get()
    Milestone.objects.update(state=Milestone.State.ACCEPTED, evidence="note 17", evidence_hash="ab" * 32)
    assert "note 17" in first.get(reverse("admin:financing_milestone_propose", args=[milestone.pk])).content.decode()
    assert act(first, "financing_milestone", "propose", milestone.pk, reason="seen the note") == ""
    assert "somebody else has to approve" in act(first, "financing_milestone", "approve", milestone.pk, reason="me")
    assert act(second, "financing_milestone", "send_back", milestone.pk, reason="which note?") == ""
    assert act(first, "financing_milestone", "propose", milestone.pk, reason="note 17, page 2") == ""
    assert act(second, "financing_milestone", "approve", milestone.pk, reason="seen it too") == ""
    milestone.refresh_from_db()
    assert (milestone.state, milestone.approved_by.email) == ("APPROVED", "second@co-op.example")
    intent = ChainIntent.objects.get(pk=milestone.intent_id)
    assert intent.payload["function"] == "release"
    assert len(intent.payload["together_with"]) == 1
    assert (
        signed_in("Co-op staff").get(reverse("admin:financing_milestone_propose", args=[milestone.pk])).status_code
        == 403
    )


def test_a_meters_code_key_is_shown_once(full: Community, signed_in: Callable[..., Client]) -> None:
    EnergyCode.objects.all().delete()
    PrepaidMeter.objects.all().delete()
    made, client = Generator.objects.get(), signed_in("Device technician")
    address = reverse("admin:financing_generator_register_meter", args=[made.pk])
    answer = client.post(address, {"serial": "SL-9", "public_key": "ab" * 32, "reason": "delivered"})
    meter = PrepaidMeter.objects.get()
    assert meter.code_key().hex() in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    again = client.get(reverse("admin:financing_prepaidmeter_change", args=[meter.pk])).content.decode()
    assert meter.code_key().hex() not in again
    assert (
        "has its meter already"
        in client.post(address, {"serial": "SL-10", "public_key": "ab" * 32, "reason": "again"}).content.decode()
    )


def test_the_dashboard_shows_what_is_due(full: Community, signed_in: Callable[..., Client]) -> None:
    Offering.objects.update(state=Offering.State.REVIEW)
    Milestone.objects.update(state=Milestone.State.PROPOSED)
    Generator.objects.update(differences=[{"what": "journal", "ours": 5, "chain": 3}])
    page = signed_in("superuser").get("/admin/").content.decode()
    assert "due payment" in page
    assert "waits for review" in page
    assert "1 figure(s) differ from its contract" in page


def test_who_builds_and_insures_is_suspended_with_a_reason_and_let_in_again(
    full: Community, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("Co-op staff")
    Provider.objects.update(state=Provider.State.VERIFIED, intent=ChainIntent.objects.first())
    Insurer.objects.update(state=Insurer.State.ADMITTED)
    for model in (Provider, Insurer):
        row, name = model.objects.get(), f"financing_{model._meta.model_name}"
        assert "This field is required" in act(client, name, "suspend", row.pk, reason="")
        assert act(client, name, "suspend", row.pk, reason="three villages wait") == ""
        row.refresh_from_db()
        assert (row.suspended_at is not None, row.suspension) == (True, "three villages wait")
        page = reverse(f"admin:{name}_lift", args=[row.pk])
        assert "three villages wait" in client.get(page).content.decode()
        assert signed_in("Treasury").get(page).status_code == 403
        assert act(client, name, "lift", row.pk, reason="delivered") == ""
        assert model.objects.get().suspended_at is None
        assert Notice.objects.filter(member=row.member, text__endswith="delivered").count() == 1
