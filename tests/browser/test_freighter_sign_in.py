"""Signing in with a wallet, over the messages the Freighter extension answers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from stellar_sdk import Keypair, TransactionEnvelope

JOIN = """
from stelltron.core.models import Community
from stelltron.members.services import decide_kyc, join
member = join(Community.objects.get(slug="sunrise"), name="Freya Wallet", code="W-{tail}", address="{address}")
decide_kyc(member, "APPROVED", actor=None, reason="test")
"""
# The extension's side: one answer per request, under the id the request came with (its own spelling).
EXTENSION = """
window.freighter = true;
window.addEventListener("message", async (event) => {
  const asked = event.data;
  if (!asked || asked.source !== "FREIGHTER_EXTERNAL_MSG_REQUEST") return;
  const answer = await window.walletAnswers(asked);
  window.postMessage(
    { source: "FREIGHTER_EXTERNAL_MSG_RESPONSE", messagedId: asked.messageId, ...answer }, window.location.origin);
});
"""


class Wallet:
    """Freighter as a page sees it, with a key of our own behind it."""

    def __init__(self, page: Page, *, willing: bool = True) -> None:
        self.key, self.willing, self.asked = Keypair.random(), willing, []
        page.expose_function("walletAnswers", self.answer)
        page.add_init_script(EXTENSION)

    def answer(self, asked: dict) -> dict:
        self.asked.append(asked["type"])
        match asked["type"]:
            case "REQUEST_CONNECTION_STATUS":
                return {"isConnected": True}
            case "REQUEST_ACCESS" | "REQUEST_PUBLIC_KEY":
                return {"publicKey": self.key.public_key}
            case "REQUEST_ALLOWED_STATUS" | "SET_ALLOWED_STATUS":
                return {"isAllowed": True}
            case "SUBMIT_TRANSACTION":
                return self.sign(asked)
        return {}

    def sign(self, asked: dict) -> dict:
        if not self.willing:
            return {"apiError": {"code": -4, "message": "The user rejected this request."}}
        envelope = TransactionEnvelope.from_xdr(asked["transactionXdr"], asked["networkPassphrase"])
        envelope.sign(self.key)
        return {"signedTransaction": envelope.to_xdr(), "signerAddress": self.key.public_key}


def press(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with Freighter").click()


def test_a_wallet_signs_in_and_gives_a_mandate(phone: Page, coop) -> None:
    wallet = Wallet(phone)
    coop.run(JOIN.format(address=wallet.key.public_key, tail=wallet.key.public_key[-4:]))
    press(phone)
    expect(phone.locator("[data-connection]")).to_have_text("live")
    assert "SUBMIT_TRANSACTION" in wallet.asked
    phone.goto("/wallet")
    expect(phone.get_by_text(wallet.key.public_key)).to_be_visible()
    phone.goto("/marketplace")
    give_mandate(phone)


def give_mandate(page: Page) -> None:
    """In the wallet's own signature, down to the chain's confirmation."""
    form = page.locator("#mandate")
    page.once("dialog", lambda dialog: dialog.accept())
    form.get_by_label("Sell at least at").fill("0.0456")
    form.get_by_role("button", name="Give this mandate").click()
    form.get_by_role("button", name="Sign in Freighter").click()
    expect(page.get_by_text("on its way to the chain")).to_be_visible()
    given = form.get_by_role("button", name="End the mandate in Freighter")
    expect(given.or_(form.get_by_role("alert"))).to_be_visible()
    assert given.is_visible(), form.inner_text()
    expect(form).to_contain_text("0.0456 USD/kWh")


@pytest.mark.parametrize(
    ("willing", "said"), [(True, "belongs to no member yet"), (False, "The user rejected this request.")]
)
def test_what_goes_wrong_is_said(phone: Page, willing: bool, said: str) -> None:
    Wallet(phone, willing=willing)
    press(phone)
    expect(phone.locator("[data-freighter-status]")).to_contain_text(said)


def test_without_freighter_the_page_says_where_to_get_it(phone: Page) -> None:
    press(phone)
    expect(phone.locator("[data-freighter-status]")).to_contain_text("Freighter was not found")
