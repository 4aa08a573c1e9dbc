"""Every list, add and change page: there for the right role, closed for the wrong one; books stay books."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from devices.models import Device
from financing.models import EnergyCode, PrepaidMeter
from stelltron.core.models import Community
from stelltron.core.staff import BooksAdmin
from stelltron.members.models import Member, User, Wallet

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
BOOKS = [model for model in MODELS if isinstance(admin.site._registry[model], BooksAdmin)]
# Signed envelopes' hashes spent at sign-in, and what is shown with the row it belongs to.
NOT_SHOWN = {"members.SpentChallenge", "ledger.JournalLine", "devices.Register"} | {
    "market.TariffBand",
    "market.BillLine",
    "market.HeldEnergy",
    "market.BillNumber",
    "market.LockDelivery",
    "audit.Unsealed",
}
OURS = ("core", "members", "ledger", "bank", "register", "devices", "market", "financing", "governance", "audit")


def url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_is_where_staff_can_find_it() -> None:
    ours = {model._meta.label for model in apps.get_models() if model._meta.app_label in OURS}
    assert ours - {model._meta.label for model in MODELS} == NOT_SHOWN


def test_every_page_opens_for_an_administrator(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("superuser")
    for model in MODELS:
        assert client.get(url(model, "changelist")).status_code == 200, model
        assert client.get(url(model, "changelist"), {"q": "sarah"}).status_code == 200, model
        allowed = admin.site._registry[model].has_add_permission(client.get("/admin/").wsgi_request)
        assert client.get(url(model, "add")).status_code == (200 if allowed else 403), model
        first = model._default_manager.first()
        if model._meta.app_label in OURS:
            assert first is not None or model._meta.model_name == "paymentproposal", f"no {model} in the fixture"
        if first is not None:
            assert client.get(url(model, "change", quote(first.pk))).status_code == 200, model


@pytest.mark.parametrize(
    ("role", "seen", "not_seen"),
    [
        (
            "Co-op staff",
            ["members_member", "devices_device", "market_trade", "ledger_journalentry", "core_actionlog"],
            ["members_user", "auth_group", "django_celery_beat_periodictask"],
        ),
        (
            "Treasury",
            ["ledger_paymentproposal", "ledger_chainintent", "members_member"],
            ["market_trade", "devices_device", "core_actionlog", "members_user"],
        ),
        (
            "Device technician",
            ["devices_device", "devices_quarantined", "devices_slotreading", "devices_telemetry"],
            ["market_trade", "ledger_paymentproposal", "ledger_journalentry", "members_wallet"],
        ),
    ],
)
def test_roles_see_what_is_theirs(
    full: Community, signed_in: Callable[..., Client], role: str, seen: list[str], not_seen: list[str]
) -> None:
    client = signed_in(role)
    home = client.get("/admin/").content.decode()
    for model in seen:
        assert client.get(reverse(f"admin:{model}_changelist")).status_code == 200, model
        assert reverse(f"admin:{model}_changelist") in home, model
    for model in not_seen:
        assert client.get(reverse(f"admin:{model}_changelist")).status_code == 403, model
        assert f'"{reverse(f"admin:{model}_changelist")}"' not in home, model


def test_members_and_strangers_get_the_login(full: Community) -> None:
    client = Client()
    client.force_login(User.objects.get(email="mike@co-op.example"))
    for browser in (client, Client()):
        for page in ("/admin/", url(Member, "changelist"), url(Member, "add")):
            answer = browser.get(page)
            assert answer.status_code == 302
            assert "/admin/login/" in answer.url
        assert browser.get("/admin/today/").status_code == 403


def test_nobody_edits_the_books(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("superuser")
    for model in BOOKS:
        first = model._default_manager.first()
        before = model._default_manager.filter(pk=first.pk).values().get()
        assert client.post(url(model, "change", quote(first.pk)), {"state": "X", "name": "x"}).status_code == 403, model
        assert client.post(url(model, "delete", quote(first.pk)), {"post": "yes"}).status_code == 403, model
        assert model._default_manager.filter(pk=first.pk).values().get() == before


def test_no_page_shows_a_secret(full: Community, signed_in: Callable[..., Client]) -> None:
    client = signed_in("superuser")
    wallet, device = Wallet.objects.first(), Device.objects.first()
    secrets = [
        wallet.keypair().secret,
        bytes(wallet.secret).decode(),
        wallet.keypair().raw_secret_key().hex(),
        bytes(device.key).decode(),
        device.hmac_key().hex(),
        "c2VjcmV0LWVudmVsb3Bl",
        EnergyCode.objects.get().code,
        PrepaidMeter.objects.get().code_key().hex(),
        bytes(device.point.proof_salt).hex(),
    ]
    for model in MODELS:
        pages = [client.get(url(model, "changelist"))]
        pages += [client.get(url(model, "change", quote(row.pk))) for row in model._default_manager.all()[:3]]
        for page in pages:
            text = page.content.decode()
            assert not [secret for secret in secrets if secret in text], model


def test_a_hostile_payload_is_text(full: Community, signed_in: Callable[..., Client]) -> None:
    from devices.models import Quarantined

    page = signed_in("superuser").get(url(Quarantined, "change", Quarantined.objects.get().pk)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize("model", [m for m in MODELS if m._meta.app_label in OURS], ids=lambda m: m._meta.label)
def test_lists_take_a_constant_number_of_queries(
    full: Community, signed_in: Callable[..., Client], django_assert_max_num_queries: Callable, model: type[Model]
) -> None:
    client = signed_in("superuser")
    with django_assert_max_num_queries(12):
        client.get(url(model, "changelist"))
