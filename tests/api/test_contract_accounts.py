"""Wallets that are contracts sign in (SEP-45), and are paid in and out like the others."""

from __future__ import annotations

import json
import subprocess
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from stellar_sdk import Keypair, StrKey, scval, xdr
from stellar_sdk.auth import authorize_entry

from stelltron.bank.models import AnchorTransfer, BankAccount, Payout
from stelltron.core.models import Community
from stelltron.ledger import contracts as deployed
from stelltron.ledger import reserves, sep45
from stelltron.ledger.clients import watt_token
from stelltron.ledger.deployment import deploy_web_auth
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.gateway import ChainRefused, Gateway
from stelltron.members import sep10
from stelltron.members.models import Member, SpentChallenge
from tests import node
from tests.conftest import Chain
from tests.contract_account import ContractAccount, address_of

HOST, PATH = "testserver", "/sep45/auth"
WALLET = Path(__file__).parents[1] / "devnet" / "conformance" / "contract_wallet.mjs"


@pytest.fixture(autouse=True)
def our_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = [HOST]
    cache.clear()


@pytest.fixture
def wallet(db: None, settings: Any) -> ContractAccount:
    settings.STELLAR = replace(settings.STELLAR, operator=Keypair.random(), issuer=Keypair.random())
    gateway = Gateway(settings.STELLAR)
    deploy_web_auth(lambda text: None, gateway)
    return ContractAccount.deploy(gateway)


@pytest.fixture
def freya(new_member: Callable[..., Member], wallet: ContractAccount) -> Member:
    return new_member("freya", address=wallet.address)


def challenge(wallet: ContractAccount) -> str:
    asked = Client().get(PATH, {"account": wallet.address, "home_domain": HOST})
    assert asked.status_code == 200, asked.content
    return asked.json()["authorization_entries"]


def post(entries: str) -> Any:
    return Client().post(PATH, {"authorization_entries": entries}, content_type="application/json")


def changed(entries: str, change: Callable[[xdr.SorobanAuthorizationEntry], None]) -> str:
    read = xdr.SorobanAuthorizationEntries.from_xdr(entries)
    for entry in read.soroban_authorization_entries:
        change(entry)
    return read.to_xdr()


def with_argument(name: str, value: str) -> Callable[[xdr.SorobanAuthorizationEntry], None]:
    def change(entry: xdr.SorobanAuthorizationEntry) -> None:
        call = entry.root_invocation.function.contract_fn
        call.args = [scval.to_struct({**scval.from_struct(call.args[0]), name: scval.to_string(value)})]

    return change


def of_contract(entry: xdr.SorobanAuthorizationEntry) -> None:
    other = scval.to_address(StrKey.encode_contract(bytes(32))).address
    entry.root_invocation.function.contract_fn.contract_address = other


def of_function(entry: xdr.SorobanAuthorizationEntry) -> None:
    entry.root_invocation.function.contract_fn.function_name = xdr.SCSymbol(b"redeem")


def refusal(entries: str) -> str:
    answer = post(entries)
    assert answer.status_code == 400
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["code"] == "challenge_refused", answer.json()
    return answer.json()["error"]


def test_a_contract_signs_its_member_in_once(freya: Member, wallet: ContractAccount) -> None:
    signed = wallet.answer(challenge(wallet))
    token = post(signed).json()["token"]
    known = Client().get("/sep12/customer", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (known.status_code, known.json()["status"]) == (200, "ACCEPTED")
    assert post(signed).json()["code"] == "challenge_used"
    form = Client().post(PATH, {"authorization_entries": wallet.answer(challenge(wallet))})
    assert form.status_code == 200


def test_the_javascript_sdk_checks_and_signs_the_challenge(
    freya: Member, wallet: ContractAccount, settings: Any
) -> None:
    toml = tomllib.loads(Client().get("/.well-known/stellar.toml").content.decode())
    assert toml["WEB_AUTH_FOR_CONTRACTS_ENDPOINT"] == f"http://{HOST}{PATH}"
    asked = {
        "entries": challenge(wallet),
        "account": wallet.address,
        "homeDomain": HOST,
        "toml": toml,
        "passphrase": settings.STELLAR.passphrase,
        "secret": wallet.key.secret,
        "until": wallet.gateway.server.get_latest_ledger().sequence + 100,
    }
    # Node looks for packages beside the script.
    command = [node.program("node"), "--input-type=module", "--eval", WALLET.read_text()]
    place = node.packages(WALLET.parent)
    done = subprocess.run(command, input=json.dumps(asked), cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "token" in post(done.stdout).json()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(of_contract, id="contract"),
        pytest.param(of_function, id="function"),
        pytest.param(with_argument("home_domain", "evil.example"), id="home domain"),
        pytest.param(with_argument("web_auth_domain", "evil.example"), id="server domain"),
        pytest.param(with_argument("web_auth_domain_account", Keypair.random().public_key), id="server account"),
        pytest.param(with_argument("nonce", "9999999999-00"), id="nonce"),
    ],
)
def test_what_the_server_has_not_signed_is_refused(freya: Member, wallet: ContractAccount, change: Any) -> None:
    assert refusal(wallet.answer(changed(challenge(wallet), change)))
    assert not SpentChallenge.objects.exists()


def test_another_account_cannot_be_put_into_a_challenge(freya: Member, wallet: ContractAccount) -> None:
    stranger = ContractAccount.deploy(wallet.gateway)

    def as_freya(entry: xdr.SorobanAuthorizationEntry) -> None:
        with_argument("account", wallet.address)(entry)
        if address_of(entry) == stranger.address:
            entry.credentials.address_v2.address = scval.to_address(wallet.address).address

    taken = changed(challenge(stranger), as_freya)
    assert refusal(wallet.answer(taken, by=stranger.key))
    assert refusal(wallet.answer(taken))


def test_who_does_not_sign_is_not_signed_in(freya: Member, wallet: ContractAccount) -> None:
    asked = challenge(wallet)
    assert refusal(asked)
    assert refusal(wallet.answer(asked, by=Keypair.random()))
    assert "token" in post(wallet.answer(asked)).json()


def test_the_servers_own_signature_is_needed(freya: Member, wallet: ContractAccount, settings: Any) -> None:
    entries = xdr.SorobanAuthorizationEntries.from_xdr(challenge(wallet)).soroban_authorization_entries
    server = sep10.server_key().public_key
    alone = [entry for entry in entries if address_of(entry) != server]
    assert "at least two" in refusal(wallet.answer(xdr.SorobanAuthorizationEntries(alone).to_xdr()))
    until = wallet.gateway.server.get_latest_ledger().sequence + 100
    forged = [
        authorize_entry(entry, Keypair.random(), until, settings.STELLAR.passphrase)
        if address_of(entry) == server
        else entry
        for entry in entries
    ]
    assert refusal(wallet.answer(xdr.SorobanAuthorizationEntries(forged).to_xdr()))


def test_a_late_answer_is_refused_by_the_ledger_and_by_the_clock(
    freya: Member, wallet: ContractAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr(sep45, "LIFETIME_SECONDS", 0)
        expired = wallet.answer(challenge(wallet))
        wallet.gateway.ensure_account(Keypair.random().public_key)
    # Our own clock says so first; a clock that is behind leaves it to the ledger.
    assert "too late" in refusal(expired)
    with monkeypatch.context() as clock:
        earlier = time.time() - sep45.LIFETIME_SECONDS
        clock.setattr(sep45.time, "time", lambda: earlier)
        assert "simulation" in refusal(expired)
    signed = wallet.answer(challenge(wallet))
    later = time.time() + sep45.LIFETIME_SECONDS + 1
    with monkeypatch.context() as clock:
        clock.setattr(sep45.time, "time", lambda: later)
        assert "too late" in refusal(signed)
    assert "token" in post(signed).json()


@pytest.mark.parametrize("entries", ["", "AAAA", "not base64", "AAAAAQ=="])
def test_what_cannot_be_read_is_refused(wallet: ContractAccount, entries: str) -> None:
    assert refusal(entries)


def test_each_kind_of_account_is_shown_its_own_door(wallet: ContractAccount) -> None:
    account = Keypair.random().public_key
    answer = Client().get(PATH, {"account": account}).json()
    assert (answer["code"], "SEP-10" in answer["error"]) == ("not_a_contract", True)
    answer = Client().get("/sep10/auth", {"account": wallet.address}).json()
    assert (answer["code"], "SEP-45" in answer["error"]) == ("not_an_account", True)
    assert Client().get(PATH, {"account": "C123"}).json()["code"] == "bad_address"
    asked = {"account": wallet.address, "home_domain": "evil.example"}
    assert Client().get(PATH, asked).json()["code"] == "other_domain"


def test_a_contract_that_is_not_on_the_chain_signs_nothing(
    wallet: ContractAccount, new_member: Callable[..., Member]
) -> None:
    ghost = replace(wallet, address=StrKey.encode_contract(bytes(32)))
    new_member("ghost", address=ghost.address)
    assert refusal(ghost.answer(challenge(ghost)))


def test_a_network_that_prepares_no_challenge_is_told_as_such(
    wallet: ContractAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployed, "address", lambda name: StrKey.encode_contract(bytes(32)))
    answer = Client().get(PATH, {"account": wallet.address})
    assert (answer.status_code, answer.json()["code"]) == (400, "challenge_failed")
    assert "prepared no challenge: " in answer.json()["error"]


def test_no_strangers_code_is_run_and_no_answer_twice(
    freya: Member, wallet: ContractAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = ContractAccount.deploy(wallet.gateway)
    used, others = wallet.answer(challenge(wallet)), stranger.answer(challenge(stranger))
    assert "token" in post(used).json()
    own = challenge(wallet)
    for name, value in (("client_domain", "evil.example"), ("client_domain_account", wallet.address)):
        own = changed(own, with_argument(name, value))
    foreign = wallet.answer(own)

    def simulated(*given: object) -> None:
        raise AssertionError("it was simulated")

    monkeypatch.setattr(sep45, "reached", simulated)
    assert post(used).json()["code"] == "challenge_used"
    assert post(others).json()["code"] == "unknown_wallet"
    assert "client domain" in refusal(foreign)


def test_a_contract_that_is_nobodys_or_a_leavers_gets_no_token(freya: Member, wallet: ContractAccount) -> None:
    stranger = ContractAccount.deploy(wallet.gateway)
    answer = post(stranger.answer(challenge(stranger)))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_wallet")
    Member.objects.filter(pk=freya.pk).update(is_active=False)
    assert post(wallet.answer(challenge(wallet))).json()["code"] == "unknown_wallet"


def test_the_portal_takes_contracts_too(freya: Member, wallet: ContractAccount) -> None:
    browser = Client()
    asked = browser.get("/auth", {"account": wallet.address}).json()
    signed = {"authorization_entries": wallet.answer(asked["authorization_entries"])}
    assert "next" in browser.post("/auth", signed, content_type="application/json").json()
    assert browser.get("/wallet").status_code == 200


def test_the_sep_1_page_names_no_door_that_is_not_there(community: Community) -> None:
    assert "CONTRACT" not in Client().get("/.well-known/stellar.toml").content.decode().split("[[")[0]


def test_a_contract_is_paid_in_and_withdraws_by_its_own_call(new_member: Callable[..., Member], chain: Chain) -> None:
    deploy_web_auth(lambda text: None, chain.gateway)
    wallet = ContractAccount.deploy(chain.gateway)
    freya = new_member("freya", address=wallet.address)
    BankAccount.objects.create(community=freya.community, iban="DE89370400440532013000", holder="Test")
    receive_payment(freya, 50 * 10**7, "in-1")
    chain.settle()
    assert deployed.ask(chain.gateway, watt_token.balance(wallet.address)) == 50 * 10**7

    token = post(wallet.answer(challenge(wallet))).json()["token"]
    browser, bearer = Client(), {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    body = {"asset_code": "WATT", "amount": "20", "account": wallet.address}
    begun = browser.post("/sep24/transactions/withdraw/interactive", body, **bearer).json()
    page = browser.get(begun["url"], follow=True).redirect_chain[-1][0]
    details = {"amount": "20", "name": "Freya", "iban": "GB29NWBK60161331926819", "confirmed": "yes"}
    shown = browser.post(page, details, follow=True).content.decode()
    payout = AnchorTransfer.objects.get(pk=begun["id"]).payout
    assert payout.state == Payout.State.ASKED
    reference = reserves.digest_of(payout.reference)
    assert reference.hex() in shown and "Freighter" not in shown
    refused = browser.get(f"/wallet/acts/burn?subject={payout.pk}")
    assert refused.json()["code"] == "contract_account"
    told = browser.get("/sep24/transaction", {"id": begun["id"]}, **bearer).json()["transaction"]
    assert (told["status"], told["from"]) == ("pending_user_transfer_start", wallet.address)
    assert reference.hex() in told["message"]

    wallet.run(watt_token.redeem(wallet.address, payout.stroops, reference))
    chain.settle()
    payout.refresh_from_db()
    assert payout.state == Payout.State.READY
    assert deployed.ask(chain.gateway, watt_token.balance(wallet.address)) == 30 * 10**7
    told = browser.get("/sep24/transaction", {"id": begun["id"]}, **bearer).json()["transaction"]
    assert (told["status"], told["message"]) == ("pending_external", "")
    with pytest.raises(ChainRefused, match="206"):
        wallet.run(watt_token.redeem(wallet.address, payout.stroops, reference))
