"""A member pays in and withdraws in the portal; everybody sees what stands behind WATT."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from stellar_sdk import Keypair, TransactionEnvelope

from stelltron.bank import leaving, mod97
from stelltron.bank.models import Payout
from stelltron.bank.references import reference_of
from stelltron.core.units import STROOPS
from stelltron.ledger import deployment
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, WithdrawalRequest
from stelltron.members.models import Member
from tests.bank.conftest import Bank
from tests.bank.files import SARAH

ASKED = {"amount": "40", "name": "Sarah Sun", "iban": mod97.in_groups(SARAH)}


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "WITHDRAW_DELAY_SECONDS", 0)


@pytest.fixture
def sarah(new_member: Callable[..., Member]) -> Member:
    return new_member("sarah")


def test_the_wallet_shows_where_to_pay_and_the_reference(bank: Bank, sarah: Member, signed_in: Callable) -> None:
    page = signed_in(sarah).get("/wallet").content.decode()
    assert mod97.in_groups(reference_of(sarah)) in page
    assert mod97.in_groups(bank.account.iban) in page


def test_she_leaves_the_market_confirms_and_is_paid(live_bank: Bank, sarah: Member, signed_in: Callable) -> None:
    live_bank.deposit(sarah, 10_000, iban=SARAH)
    browser: Client = signed_in(sarah)
    page = browser.post("/wallet/bank/withdraw", {**ASKED, "confirmed": "yes"})
    assert page.status_code == 422
    assert "take what is in the market out of it first" in page.content.decode()

    assert browser.post("/wallet/bank/leave", {"market_amount": "60"}).status_code == 302
    live_bank.settle()
    assert balance(sarah, Asset.WATT).held == 60 * STROOPS
    assert "WATT leave the market from" in browser.get("/wallet/bank").content.decode()
    assert (
        "something of yours is leaving"
        in browser.post("/wallet/bank/leave", {"market_amount": "1"}).content.decode().lower()
    )
    assert leaving.take_ready(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert leaving.take_ready(datetime.now(UTC) + timedelta(minutes=1)) == 0
    live_bank.settle()
    assert live_bank.wallet(sarah) == 60 * STROOPS

    asked = browser.post("/wallet/bank/withdraw", ASKED)
    assert "Confirm it" in asked.content.decode()
    assert not Payout.objects.exists()
    assert browser.post("/wallet/bank/withdraw", {**ASKED, "confirmed": "yes"}).status_code == 302
    live_bank.settle()
    assert "The co-op sends the money" in browser.get("/wallet/bank").content.decode()
    live_bank.send_all()
    live_bank.pay(Payout.objects.get())
    assert "has left for your account" in browser.get("/wallet/bank").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("iban", "NL00", "check digits"), ("amount", "", "required"), ("amount", "1.001", "whole cents")],
)
def test_what_is_wrong_is_said_at_its_field(
    bank: Bank,
    sarah: Member,
    signed_in: Callable,
    field: str,
    value: str,
    said: str,
) -> None:
    page = signed_in(sarah).post("/wallet/bank/withdraw", {**ASKED, "confirmed": "yes", field: value})
    assert page.status_code == 422
    assert re.search(rf'id="id_{field}_error"[^>]*>[^<]*{said}', page.content.decode())


def test_she_signs_everything_herself_with_a_wallet_of_her_own(
    live_bank: Bank,
    new_member: Callable[..., Member],
    signed_in: Callable,
) -> None:
    key = Keypair.random()
    freya = new_member("freya", address=key.public_key)
    live_bank.deposit(freya, 10_000)
    browser = signed_in(freya)

    def sign(act: str) -> None:
        asked = browser.get(f"/wallet/acts/{act}").json()
        envelope = TransactionEnvelope.from_xdr(asked["transaction"], settings.STELLAR.passphrase)
        envelope.sign(key)
        done = browser.post(f"/wallet/acts/{act}", {"transaction": envelope.to_xdr()}, content_type="application/json")
        assert done.status_code == 200, done.content
        live_bank.settle()

    sign("deposit?subject=100")
    assert browser.get("/wallet/acts/take-out").json()["code"] == "not_ready"
    sign("leave?subject=70")
    assert leaving.take_ready(datetime.now(UTC) + timedelta(minutes=1)) == 0
    WithdrawalRequest.objects.update(ready_at=datetime.now(UTC) - timedelta(minutes=1))
    sign("take-out")
    assert live_bank.wallet(freya) == 70 * STROOPS
    browser.post("/wallet/bank/withdraw", {**ASKED, "confirmed": "yes"})
    payout = Payout.objects.get()
    assert f"/wallet/acts/burn?subject={payout.pk}" in browser.get("/wallet/bank").content.decode()
    sign(f"burn?subject={payout.pk}")
    payout.refresh_from_db()
    assert payout.state == Payout.State.READY
    assert browser.get("/wallet/acts/burn?subject=999").status_code == 404


def test_what_is_not_signed_can_be_cancelled_by_its_owner_only(
    live_bank: Bank,
    new_member: Callable[..., Member],
    signed_in: Callable,
    sarah: Member,
) -> None:
    freya = new_member("freya", address=Keypair.random().public_key)
    live_bank.deposit(freya, 10_000)
    browser = signed_in(freya)
    browser.post("/wallet/bank/withdraw", {**ASKED, "confirmed": "yes"})
    payout = Payout.objects.get()
    assert signed_in(sarah).post(f"/wallet/bank/payouts/{payout.pk}/cancel").status_code == 404
    browser.post(f"/wallet/bank/payouts/{payout.pk}/cancel")
    payout.refresh_from_db()
    assert payout.state == Payout.State.CANCELLED
    assert (
        "can no longer be cancelled"
        in browser.post(f"/wallet/bank/payouts/{payout.pk}/cancel", follow=True).content.decode()
    )


def test_anybody_sees_reserves_and_supply(live_bank: Bank, sarah: Member) -> None:
    before = Client().get("/reserves").content.decode()
    assert "No bank statement has been imported" in before
    live_bank.deposit(sarah, 12_345)
    page = Client().get("/reserves")
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("123.45") >= 3
    statement = live_bank.account.statements.get()
    assert statement.digest in text
    assert "No bank statement" not in text
    assert "sarah" not in text.lower()
