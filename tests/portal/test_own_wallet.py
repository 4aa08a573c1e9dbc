"""A member whose wallet is their own: the co-op builds, they sign, the chain confirms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from stellar_sdk import Keypair, TransactionEnvelope

from market.models import Mandate
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import intents
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent, ChainTransaction
from stelltron.members.models import Member

from .test_marketplace import HTMX, TERMS

KEY = Keypair.from_raw_ed25519_seed(b"the wallet of a member called f.")


@pytest.fixture
def freya(new_member: Callable[..., Member], chain) -> Member:
    """With 50 WATT in her own account and none in the market."""
    member = new_member("freya", address=KEY.public_key)
    receive_payment(member, 50 * STROOPS, "bank-1")
    chain.settle()
    return member


@pytest.fixture
def browser(freya: Member, signed_in: Callable) -> Client:
    return signed_in(freya)


def signed(browser: Client, act: str, key: Keypair = KEY) -> str:
    asked = browser.get(f"/wallet/acts/{act}").json()
    envelope = TransactionEnvelope.from_xdr(asked["transaction"], settings.STELLAR.passphrase)
    envelope.sign(key)
    return envelope.to_xdr()


def hand_in(browser: Client, act: str, envelope: str):
    return browser.post(f"/wallet/acts/{act}", {"transaction": envelope}, content_type="application/json")


def do(browser: Client, act: str, key: Keypair = KEY):
    return hand_in(browser, act, signed(browser, act, key))


def test_she_deposits_gives_a_mandate_and_ends_it(freya: Member, browser: Client, chain) -> None:
    assert do(browser, "deposit?subject=20.5").status_code == 200
    assert balance(freya, Asset.WATT).available == 0
    chain.settle()
    assert balance(freya, Asset.WATT).available == 205 * STROOPS // 10

    page = browser.post("/marketplace/mandate", TERMS, **HTMX).content.decode()
    mandate = Mandate.objects.get(member=freya)
    assert f"give-mandate?subject={mandate.pk}" in page
    assert do(browser, f"give-mandate?subject={mandate.pk}").status_code == 200
    chain.settle()
    mandate.refresh_from_db()
    assert mandate.state == Mandate.State.ACTIVE

    assert do(browser, f"end-mandate?subject={mandate.pk}").status_code == 200
    chain.settle()
    mandate.refresh_from_db()
    assert mandate.state == Mandate.State.ENDED
    assert set(ChainIntent.objects.filter(wallet=freya.wallet).values_list("state", flat=True)) == {"CONFIRMED"}


def test_an_envelope_is_taken_once(browser: Client) -> None:
    envelope = signed(browser, "deposit?subject=1")
    assert hand_in(browser, "deposit?subject=1", envelope).status_code == 200
    assert hand_in(browser, "deposit?subject=1", envelope).json()["code"] == "already_taken"


def test_another_amount_or_signer_is_refused(browser: Client) -> None:
    envelope = signed(browser, "deposit?subject=1")
    assert hand_in(browser, "deposit?subject=2", envelope).json()["code"] == "other_transaction"
    assert do(browser, "deposit?subject=1", Keypair.random()).json()["code"] == "other_signer"
    assert hand_in(browser, "deposit?subject=1", "AAAA").json()["code"] == "not_an_envelope"


@pytest.mark.parametrize("amount", ["", "-1", "0", "many", "1000"])
def test_what_cannot_be_deposited_is_said(browser: Client, amount: str) -> None:
    response = browser.get(f"/wallet/acts/deposit?subject={amount}")
    assert response.status_code == 400
    assert response.json()["error"]


def test_what_the_chain_did_not_take_is_not_signed_by_us(freya: Member, browser: Client, chain) -> None:
    """Two envelopes with the same sequence number: the second can never be included."""
    first, second = signed(browser, "deposit?subject=10"), signed(browser, "deposit?subject=11")
    hand_in(browser, "deposit?subject=10", first)
    hand_in(browser, "deposit?subject=11", second)
    for _ in range(20):
        chain.submitter.step()
        chain.follower.step()
    assert balance(freya, Asset.WATT).available == 10 * STROOPS
    left = ChainIntent.objects.filter(wallet=freya.wallet).exclude(state=ChainIntent.State.CONFIRMED).get()
    assert left.state == ChainIntent.State.SENT
    ChainTransaction.objects.filter(pk=left.transaction_id).update(max_time=1)
    chain.settle()
    left.refresh_from_db()
    assert left.state == ChainIntent.State.FAILED
    with pytest.raises(Refused, match="only they can send it again"):
        intents.retry(left)


def test_managed_wallets_have_nothing_to_sign(new_member: Callable[..., Member], signed_in: Callable) -> None:
    assert signed_in(new_member("mike")).get("/wallet/acts/deposit?subject=1").status_code == 404


def test_nobody_elses_mandate_can_be_signed(browser: Client, trader: Callable[..., Member]) -> None:
    mandate = Mandate.objects.get(member=trader("mike"))
    assert browser.get(f"/wallet/acts/end-mandate?subject={mandate.pk}").status_code == 404
