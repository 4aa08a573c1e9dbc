"""What staff do: through a service, with a reason, and money by two people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from devices.models import Device
from market.models import AllocationKey, GridFee, Tariff, Trade
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.models import ActionLog, Community, ParameterVersion
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.models import BankReceipt, ChainIntent, PaymentProposal
from stelltron.members.models import Member, User
from tests.conftest import CENT, START


def act(client: Client, model: str, name: str, pk: object, **fields: object) -> str:
    """Submit an act's page; "" when it was done, else the page."""
    answer = client.post(reverse(f"admin:{model}_{name}", args=[pk]), fields)
    return "" if answer.status_code == 302 else answer.content.decode()


def test_blocking_a_device_needs_a_reason(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("Device technician")
    page = reverse("admin:devices_device_block", args=["meter-sarah"])
    assert client.get(page).status_code == 200
    assert "This field is required" in act(client, "devices_device", "block", "meter-sarah", reason="")
    assert Device.objects.get(pk="meter-sarah").state == Device.State.ACTIVE
    assert act(client, "devices_device", "block", "meter-sarah", reason="seal broken") == ""
    assert Device.objects.get(pk="meter-sarah").state == Device.State.BLOCKED
    logged = ActionLog.objects.get(action="device.block")
    assert (logged.reason, logged.actor.email, logged.target) == (
        "seal broken",
        "devicetechnician@co-op.example",
        "meter-sarah",
    )
    assert signed_in("Treasury").get(page).status_code == 403


def test_a_new_devices_key_is_shown_once(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("Device technician")
    fields = {"community": full.pk, "device_id": "meter-new", "kind": "METER", "reason": "delivered"}
    answer = client.post(reverse("admin:devices_device_add"), fields)
    device = Device.objects.get(pk="meter-new")
    page = answer.content.decode()
    assert device.hmac_key().hex() in page
    assert device.claim_code in page
    assert "no-store" in answer["Cache-Control"]
    for again in (
        reverse("admin:devices_device_change", args=["meter-new"]),
        reverse("admin:devices_device_changelist"),
    ):
        assert device.hmac_key().hex() not in client.get(again).content.decode()
    assert "exists already" in client.post(reverse("admin:devices_device_add"), fields).content.decode()


def test_deciding_kyc(full: Community, signed_in: Callable[..., Client]) -> None:
    mike = Member.objects.get(code="mike")
    client = signed_in("Co-op staff")
    assert act(client, "members_member", "decide_kyc", mike.pk, decision="REJECTED", reason="passport expired") == ""
    mike.refresh_from_db()
    assert mike.kyc == Member.Kyc.REJECTED
    assert ActionLog.objects.filter(action="member.kyc", reason="passport expired", target="mike").exists()
    assert "Select a valid choice" in act(client, "members_member", "decide_kyc", mike.pk, decision="GOD", reason="x")
    answer = signed_in("Treasury").post(
        reverse("admin:members_member_decide_kyc", args=[mike.pk]), {"decision": "APPROVED", "reason": "x"}
    )
    assert answer.status_code == 403


def test_adding_a_member(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("Co-op staff")
    fields = {"community": full.pk, "code": "zara", "name": "Zara", "kind": "PERSON", "reason": "general meeting"}
    assert client.post(reverse("admin:members_member_add"), fields).status_code == 302
    zara = Member.objects.get(code="zara")
    assert zara.wallet.address.startswith("G")
    assert zara.kyc == Member.Kyc.NONE
    assert "already a member" in client.post(reverse("admin:members_member_add"), fields).content.decode()
    bad = {**fields, "code": "y", "address": "GNOTANADDRESS"}
    assert (
        "neither an account (G…) nor a contract"
        in client.post(reverse("admin:members_member_add"), bad).content.decode()
    )
    assert not Member.objects.filter(code="y").exists()


def test_changing_a_members_name_is_logged_with_its_reason(full: Community, signed_in: Callable[..., Client]) -> None:
    mike = Member.objects.get(code="mike")
    client, page = signed_in("Co-op staff"), reverse("admin:members_member_change", args=[mike.pk])
    fields = {"code": "mike", "name": "Mike J.", "kind": "PERSON", "is_active": "on"}
    assert client.post(page, fields).status_code == 200
    assert client.post(page, {**fields, "reason": "married", "kyc": "REJECTED"}).status_code == 302
    mike.refresh_from_db()
    assert (mike.name, mike.kyc) == ("Mike J.", Member.Kyc.APPROVED)
    logged = ActionLog.objects.get(action="member.change")
    assert (logged.reason, logged.details) == ("married", {"fields": ["name"]})


def test_sending_a_failed_intent_again(full: Community, signed_in: Callable[..., Client]) -> None:
    intent = ChainIntent.objects.get(state=ChainIntent.State.FAILED)
    assert (
        signed_in("Device technician")
        .post(reverse("admin:ledger_chainintent_retry", args=[intent.pk]), {"reason": "x"})
        .status_code
        == 403
    )
    client = signed_in("Treasury")
    assert act(client, "ledger_chainintent", "retry", intent.pk, reason="budget raised") == ""
    intent.refresh_from_db()
    assert intent.state == ChainIntent.State.PENDING
    assert ActionLog.objects.get(action="intent.retry").reason == "budget raised"
    assert "cannot go from PENDING" in act(client, "ledger_chainintent", "retry", intent.pk, reason="again")


def test_failed_trade_says_why(full: Community, signed_in: Callable[..., Client]) -> None:
    trade = Trade.objects.filter(intent__state=ChainIntent.State.FAILED).first()
    page = reverse("admin:market_trade_change", args=[trade.pk])
    client = signed_in("Co-op staff")
    assert "out of budget" not in client.get(page).content.decode()
    Trade.objects.filter(pk=trade.pk).update(state=Trade.State.FAILED)
    assert "out of budget" in client.get(page).content.decode()


def test_a_bank_payment_takes_two_people(full: Community, signed_in: Callable[..., Client]) -> None:
    first, second = (signed_in("Treasury", email=f"{who}@co-op.example") for who in ("first", "second"))
    mike = Member.objects.get(code="mike")
    fields = {"member": mike.pk, "amount": "12.5", "reference": "BANK-77", "reason": "statement of 1 June"}
    assert first.post(reverse("admin:ledger_paymentproposal_add"), fields).status_code == 302
    proposal = PaymentProposal.objects.get(reference="BANK-77")
    assert proposal.stroops == 125 * STROOPS // 10
    assert not BankReceipt.objects.filter(reference="BANK-77").exists()
    assert "somebody else has to approve" in act(first, "ledger_paymentproposal", "approve", proposal.pk, reason="me")
    assert act(second, "ledger_paymentproposal", "approve", proposal.pk, reason="seen it too") == ""
    assert BankReceipt.objects.get(reference="BANK-77").stroops == 125 * STROOPS // 10
    proposal.refresh_from_db()
    assert (proposal.state, proposal.approved_by.email) == ("APPROVED", "second@co-op.example")
    assert "cannot go from APPROVED" in act(second, "ledger_paymentproposal", "approve", proposal.pk, reason="twice")
    assert "cannot go from APPROVED" in act(second, "ledger_paymentproposal", "reject", proposal.pk, reason="late")
    assert "already booked" in first.post(reverse("admin:ledger_paymentproposal_add"), fields).content.decode()


@pytest.mark.parametrize("role", ["Co-op staff", "Device technician"])
def test_payments_are_for_the_treasury(full: Community, signed_in: Callable[..., Client], role: str) -> None:
    client = signed_in(role)
    proposal = PaymentProposal.objects.get()
    assert client.post(reverse("admin:ledger_paymentproposal_add"), {}).status_code == 403
    for name in ("approve", "reject"):
        assert (
            client.post(
                reverse(f"admin:ledger_paymentproposal_{name}", args=[proposal.pk]), {"reason": "x"}
            ).status_code
            == 403
        )
    with pytest.raises(Refused, match="Treasury"):
        payments.approve_payment(proposal, actor=User.objects.get(pk=client.session["_auth_user_id"]), reason="x")


def test_service_and_database_refuse_the_same_person(full: Community, treasurer: Callable[[str], User]) -> None:
    one = treasurer("one@co-op.example")
    proposal = payments.propose_payment(Member.objects.get(code="mike"), 5 * CENT, "B-1", actor=one, reason="seen")
    with pytest.raises(Refused, match="somebody else"):
        payments.approve_payment(proposal, actor=one, reason="me too")
    with pytest.raises(IntegrityError, match="a_second_person_approves"), transaction.atomic():
        PaymentProposal.objects.filter(pk=proposal.pk).update(state="APPROVED", approved_by=one)
    with pytest.raises(IntegrityError, match="approved_by_somebody"), transaction.atomic():
        PaymentProposal.objects.filter(pk=proposal.pk).update(state="APPROVED")


def test_even_an_administrator_needs_a_second_person(full: Community) -> None:
    boss = User.objects.create_superuser("boss@co-op.example")
    proposal = payments.propose_payment(Member.objects.get(code="mike"), 5 * CENT, "B-1", actor=boss, reason="seen")
    with pytest.raises(Refused, match="somebody else"):
        payments.approve_payment(proposal, actor=boss, reason="me too")


def test_a_rejected_reference_can_be_proposed_again(full: Community, treasurer: Callable[[str], User]) -> None:
    one, two = treasurer("one@co-op.example"), treasurer("two@co-op.example")
    mike = Member.objects.get(code="mike")
    wrong = payments.propose_payment(mike, 500 * CENT, "B-1", actor=one, reason="typo")
    with pytest.raises(Refused, match="already proposed"):
        payments.propose_payment(mike, 5 * CENT, "B-1", actor=two, reason="again")
    stale = PaymentProposal.objects.get(pk=wrong.pk)
    payments.reject_payment(wrong, actor=one, reason="one zero too many")
    with pytest.raises(IllegalTransition):
        payments.approve_payment(stale, actor=two, reason="too late")
    assert not BankReceipt.objects.filter(reference="B-1").exists()
    right = payments.propose_payment(mike, 5 * CENT, "B-1", actor=one, reason="put right")
    payments.approve_payment(right, actor=two, reason="seen")
    assert BankReceipt.objects.get(reference="B-1").stroops == 5 * CENT


@pytest.mark.parametrize("stroops", [0, -1, 10**17])
def test_impossible_payments_are_refused(full: Community, treasurer: Callable[[str], User], stroops: int) -> None:
    with pytest.raises(Refused, match="more than zero"):
        payments.propose_payment(
            Member.objects.get(code="mike"), stroops, "B-1", actor=treasurer("a@x.example"), reason="x"
        )
    Member.objects.update(kyc=Member.Kyc.PENDING)
    with pytest.raises(Refused, match="identity check"):
        payments.propose_payment(Member.objects.get(code="mike"), 5, "B-1", actor=treasurer("a@x.example"), reason="x")


def test_a_tariff_and_a_parameter_change_the_future_only(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("Co-op staff")
    tariff = {
        "community": full.pk,
        "name": "2027",
        "retail": "0.30",
        "feed_in": "0.03",
        "reason": "letter of the utility",
    }
    past = {**tariff, "valid_from": f"{START - timedelta(days=3):%Y-%m-%dT%H:%M}"}
    assert "starts now or later" in client.post(reverse("admin:market_tariff_add"), past).content.decode()
    swapped = {**tariff, "retail": "0.01"}
    assert "between zero and the retail" in client.post(reverse("admin:market_tariff_add"), swapped).content.decode()
    assert client.post(reverse("admin:market_tariff_add"), tariff).status_code == 302
    assert Tariff.objects.get(name="2027").retail == 30 * CENT
    parameter = {"community": full.pk, "key": "market.grace_seconds", "value": 60, "reason": "faster"}
    assert (
        "must lie between"
        in client.post(reverse("admin:core_parameterversion_add"), {**parameter, "value": -1}).content.decode()
    )
    assert client.post(reverse("admin:core_parameterversion_add"), parameter).status_code == 302
    assert ParameterVersion.objects.get(reason="faster").effective_from == START
    past = {**parameter, "effective_from": f"{START - timedelta(days=3):%Y-%m-%dT%H:%M}"}
    assert "from now on or later" in client.post(reverse("admin:core_parameterversion_add"), past).content.decode()


def test_an_act_needs_the_forms_token(full: Community, signed_in: Callable[..., Client]) -> None:
    staff = signed_in("superuser")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    page = reverse("admin:devices_device_block", args=["meter-sarah"])
    assert strict.post(page, {"reason": "forged"}).status_code == 403
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', strict.get(page).content.decode()).group(1)
    assert strict.post(page, {"reason": "seal broken", "csrfmiddlewaretoken": token}).status_code == 302


def test_a_grid_fee_and_an_allocation_key_are_acts_with_bounds(
    full: Community, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("Co-op staff")
    fee = {
        "community": full.pk,
        "zone": 1,
        "name": "valley",
        "inside": "0.01",
        "out": "0.02",
        "into": "0.02",
        "feeder_w": 5000,
        "reason": "letter of the grid operator",
    }
    dear = {**fee, "inside": "0.05"}
    assert "may not pay more than out of it" in client.post(reverse("admin:market_gridfee_add"), dear).content.decode()
    past = {**fee, "valid_from": f"{START - timedelta(days=3):%Y-%m-%dT%H:%M}"}
    assert "starts now or later" in client.post(reverse("admin:market_gridfee_add"), past).content.decode()
    assert client.post(reverse("admin:market_gridfee_add"), fee).status_code == 302
    made = GridFee.objects.get(zone=1)
    assert (made.inside, made.out, made.feeder_w) == (CENT, 2 * CENT, 5000)
    key = {"member": Member.objects.get(code="mike").pk, "percent": "60.01", "reason": "general meeting"}
    assert "the others leave 60.00 %" in client.post(reverse("admin:market_allocationkey_add"), key).content.decode()
    assert client.post(reverse("admin:market_allocationkey_add"), {**key, "percent": "60"}).status_code == 302
    assert AllocationKey.objects.get(member__code="mike").basis_points == 6000
    assert ActionLog.objects.get(action="allocation_key.set").reason == "general meeting"
