"""A financier whose wallet is their own: they sign the stake, the claim, the refund, and what owners and users do."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from django.conf import settings
from django.test import Client
from stellar_sdk import Keypair, TransactionEnvelope

from financing.calls import call, wallet_balance
from financing.models import EnergyCode, Generator, Payment, Pledge
from financing.offering import offerings
from financing.owning import owning
from financing.proof import differences
from financing.using import running
from stelltron.core.units import STROOPS
from stelltron.ledger.clients import generator
from stelltron.ledger.funding import receive_payment
from stelltron.members.models import Member

from .conftest import Village, metered

KEY = Keypair.from_raw_ed25519_seed(b"the wallet of a member called f.")


def freya(village: Village) -> Member:
    member = village.people["freya"] = village.join("freya", address=KEY.public_key)
    receive_payment(member, 10_000 * STROOPS, "bank-freya")
    village.chain.settle()
    return member


def sign(browser: Client, act: str, subject: str, key: Keypair = KEY):
    address = f"/wallet/acts/{act}?subject={subject}"
    asked = browser.get(address).json()
    envelope = TransactionEnvelope.from_xdr(asked["transaction"], settings.STELLAR.passphrase)
    envelope.sign(key)
    return browser.post(address, {"transaction": envelope.to_xdr()}, content_type="application/json")


def test_she_funds_by_her_own_signature_after_reading_the_risks(village: Village, signed_in: Callable) -> None:
    made, browser = village.funding(), signed_in(freya(village))
    page = f"/generators/{made.address}/fund"
    assert "Sign with Freighter" not in browser.get(page, {"units": "3000"}).content.decode()
    confirmed = browser.post(page, {"units": "3000", "risks_read": "on"})
    assert f"fund-generator?subject={made.address}:3000" in confirmed.content.decode()
    assert not Pledge.objects.exists()
    other = sign(browser, "fund-generator", f"{made.address}:3000", Keypair.random())
    assert other.json()["code"] == "other_signer"
    assert village.fresh(made).reserved == 0
    assert sign(browser, "fund-generator", f"{made.address}:3000").status_code == 200
    assert village.fresh(made).reserved == 3000
    village.chain.settle()
    assert made.stakes.get(member=village["freya"]).units == 3000
    assert Pledge.objects.get().state == "FUNDED"
    assert "Error" not in browser.get(f"/wallet/acts/fund-generator?subject={made.address}:x").json()["error"]


def test_she_claims_by_her_own_signature_and_once(village: Village, signed_in: Callable) -> None:
    browser = signed_in(freya(village))
    made = village.funding()
    assert sign(browser, "fund-generator", f"{made.address}:5000").status_code == 200
    village.fund(made, "ann", 5000)
    running_one = village.start(village.fresh(made))
    assert "claim-income" in browser.get("/generators/portfolio").content.decode()
    assert sign(browser, "claim-income", made.address).status_code == 200
    village.chain.settle()
    stake = made.stakes.get(member=village["freya"])
    assert stake.claimed == STROOPS * 95 // 100 // 2
    again = browser.get(f"/wallet/acts/claim-income?subject={made.address}")
    assert again.json()["code"] == "nothing_to_claim"
    assert running.next_price(running_one) == 0
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_she_takes_her_stake_back_from_a_failed_funding(village: Village, signed_in: Callable) -> None:
    browser = signed_in(freya(village))
    made = village.funding()
    assert browser.get(f"/wallet/acts/refund-stake?subject={made.address}").json()["code"] == "nothing_to_refund"
    sign(browser, "fund-generator", f"{made.address}:100")
    village.chain.settle()
    village.travel(days=31)
    offerings.end_funding(village.now)
    village.chain.settle()
    assert sign(browser, "refund-stake", made.address).status_code == 200
    village.chain.settle()
    assert made.stakes.get(member=village["freya"]).units == 0


def test_she_has_second_thoughts_and_signs_her_stake_back(village: Village, signed_in: Callable) -> None:
    browser = signed_in(freya(village))
    made = village.funding()
    had = wallet_balance(village["freya"])
    sign(browser, "fund-generator", f"{made.address}:500")
    village.chain.settle()
    [pledge] = Pledge.objects.all()
    subject = f"{made.address}:{pledge.pk}"
    assert f"take-stake-back?subject={subject}" in browser.get(f"/generators/{made.address}").content.decode()
    assert sign(browser, "take-stake-back", subject).status_code == 200
    assert browser.get(f"/wallet/acts/take-stake-back?subject={subject}").json()["code"] == "stake_not_there"
    village.chain.settle()
    pledge.refresh_from_db()
    made = village.fresh(made)
    assert (pledge.state, made.sold, made.reserved) == ("TAKEN", 0, 0)
    assert wallet_balance(village["freya"]) == had
    assert differences(made, village.chain.gateway) == []


def do(village: Village, browser: Client, made: Generator, act: str, **told: str) -> str:
    """Fill in a form of the generator's page and sign what follows: what the co-op says, or why not."""
    page = browser.post(f"/generators/{made.address}/acts/{act}", told)
    if page.status_code != 200:
        return unescape(page.content.decode())
    subject = re.search(r"at-generator\?subject=([^\"]+)", page.content.decode())
    assert subject
    answer = sign(browser, "at-generator", subject[1]).json()
    # Her wallet signs one transaction after the other.
    village.chain.settle()
    return answer.get("said") or answer["error"]


def test_she_sets_a_price_sells_buys_and_gives_by_her_own_signature(village: Village, signed_in: Callable) -> None:
    browser = signed_in(freya(village))
    made = village.funding()
    sign(browser, "fund-generator", f"{made.address}:5000")
    village.fund(made, "ann", 5000)
    made = village.start(village.fresh(made))
    hers = made.stakes.filter(member=village["freya"])
    assert "way to the chain" in do(village, browser, made, "price", price="0.20")
    assert "way to the chain" in do(village, browser, made, "list", units="1000", price="2.5")
    village.chain.settle()
    stake = hers.get()
    assert (stake.price, stake.listed, stake.ask) == (STROOPS * 20 // 100, 1000, STROOPS * 5 // 2)
    owning.buy_units(made, village["ann"], stake, 400, max_price=stake.ask)
    owning.list_units(made, village["ann"], 100, STROOPS)
    village.chain.settle()
    assert hers.get().units == 4600
    anns = made.stakes.get(member=village["ann"]).address
    assert "above your limit" in do(village, browser, made, "buy", seller=anns, units="50", max_price="0.9")
    assert "way to the chain" in do(village, browser, made, "buy", seller=anns, units="50", max_price="1")
    assert "way to the chain" in do(village, browser, made, "unlist")
    village.chain.settle()
    assert (hers.get().units, hers.get().listed) == (4650, 0)
    assert "way to the chain" in do(village, browser, made, "give", other="ann", units="650")
    village.chain.settle()
    assert hers.get().units == 4000
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_she_buys_energy_by_her_own_signature(village: Village, signed_in: Callable) -> None:
    browser = signed_in(freya(village))
    made = village.running()
    told = {"quantity": "5", "phone": "+14155550123"}
    assert "above your limit" in do(village, browser, made, "energy", **told, max_price="1")
    assert not Payment.objects.filter(member=village["freya"]).exists()
    assert "the code for the meter follows" in do(village, browser, made, "energy", **told, max_price=str(STROOPS // 5))
    village.chain.settle()
    payment = Payment.objects.get(member=village["freya"])
    assert (payment.state, payment.quantity, payment.amount) == ("PAID", 5000, STROOPS)
    assert (payment.payer, payment.phone) == (KEY.public_key, "+14155550123")
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_what_was_filled_in_is_in_no_address_and_for_nobody_else(village: Village, signed_in: Callable) -> None:
    browser, made = signed_in(freya(village)), village.running()
    told = {"quantity": "5", "phone": "+14155550123", "max_price": str(STROOPS // 5)}
    page = browser.post(f"/generators/{made.address}/acts/energy", told).content.decode()
    subject = re.search(r"at-generator\?subject=([^\"]+)", page)
    assert subject and re.fullmatch(r"[0-9a-f]{32}", subject[1])
    other = village.join("olga", address=Keypair.random().public_key)
    for who, name in ((signed_in(other), subject[1]), (browser, "0" * 32), (browser, "")):
        assert who.get(f"/wallet/acts/at-generator?subject={name}").json()["code"] == "sign_again"
    assert "transaction" in browser.get(f"/wallet/acts/at-generator?subject={subject[1]}").json()


def test_who_pays_past_our_pages_finds_the_code_on_them(village: Village, signed_in: Callable) -> None:
    made, meter = metered(village)
    browser = signed_in(freya(village))
    village.chain.send(KEY, call(made, generator.pay(KEY.public_key, 5000, STROOPS)))
    village.chain.settle()
    code = EnergyCode.objects.get(payment__member=village["freya"])
    assert code.code in browser.get(f"/generators/{made.address}").content.decode()
    assert meter.enter(code.code, 0) == 5000
