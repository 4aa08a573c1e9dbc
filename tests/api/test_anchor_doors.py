"""What wallets may ask the anchor, and what strangers may not."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client
from stellar_sdk import Keypair, TransactionEnvelope

from stelltron.bank import customers, parameters, rules
from stelltron.bank.models import AnchorTransfer, BankAccount, CustomerRecord, FormerRecord, Payout
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.members import tokens
from stelltron.members.models import Member, User
from stelltron.members.services import decide_kyc
from tests.jurisdiction import under_rules

HOST = "testserver"


@pytest.fixture(autouse=True)
def our_host(settings) -> None:
    settings.ALLOWED_HOSTS = [HOST]
    # Tries of the tests before this one count as well.
    cache.clear()


@pytest.fixture
def key() -> Keypair:
    return Keypair.random()


@pytest.fixture
def freya(new_member: Callable[..., Member], key: Keypair) -> Member:
    return new_member("freya", address=key.public_key)


def token_for(key: Keypair, settings) -> str:
    client = Client()
    asked = client.get("/sep10/auth", {"account": key.public_key, "home_domain": HOST}).json()
    envelope = TransactionEnvelope.from_xdr(asked["transaction"], settings.STELLAR.passphrase)
    envelope.sign(key)
    body = {"transaction": envelope.to_xdr()}
    answer = client.post("/sep10/auth", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert "sessionid" not in client.cookies
    assert client.post("/sep10/auth", body, content_type="application/json").json()["code"] == "challenge_used"
    return answer.json()["token"]


@pytest.fixture
def signed(freya: Member, key: Keypair, settings) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token_for(key, settings)}"}


def test_the_toml_names_every_door(community: Community) -> None:
    answer = Client().get("/.well-known/stellar.toml")
    read = tomllib.loads(answer.content.decode())
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert read["WEB_AUTH_ENDPOINT"] == f"http://{HOST}/sep10/auth"
    assert read["CURRENCIES"][0]["attestation_of_reserve"] == f"http://{HOST}/reserves"


@pytest.mark.parametrize("path", ["/sep24/transaction?id=x", "/sep24/transactions?asset_code=WATT", "/sep12/customer"])
def test_nobody_is_answered_without_a_token(freya: Member, path: str) -> None:
    for headers in ({}, {"HTTP_AUTHORIZATION": "Bearer x.y.z"}, {"HTTP_AUTHORIZATION": "Basic abc"}):
        answer = Client().get(path, **headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "authentication_required")
        assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_changed_old_or_foreign_token_is_refused(freya: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"http://{HOST}/sep10/auth"
    good = tokens.issue(freya, here)
    assert tokens.member_of(good, here) == freya
    head, body, seal = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    other = base64.urlsafe_b64encode(json.dumps({**claims, "exp": 10**12}).encode()).rstrip(b"=").decode()
    nothing = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for bad in (
        f"{head}.{other}.{seal}",
        f"{nothing}.{body}.",
        "",
        "..",
        good[:-2],
        tokens.issue(freya, "http://else/"),
    ):
        with pytest.raises(Exception, match="sign in with your wallet again"):
            tokens.member_of(bad, here)
    monkeypatch.setattr(tokens.time, "time", lambda: claims["exp"] + 1)
    with pytest.raises(Exception, match="again"):
        tokens.member_of(good, here)


def test_a_member_who_left_is_refused(freya: Member, signed: dict[str, str]) -> None:
    assert Client().get("/sep12/customer", **signed).status_code == 200
    Member.objects.filter(pk=freya.pk).update(is_active=False)
    assert Client().get("/sep12/customer", **signed).status_code == 403


def test_a_token_is_for_its_own_account_and_transactions(
    freya: Member, signed: dict[str, str], new_member: Callable[..., Member]
) -> None:
    other = new_member("other")
    theirs = AnchorTransfer.objects.create(member=other, kind="deposit")
    client = Client()
    body = {"asset_code": "WATT", "account": other.wallet.address}
    assert client.post("/sep24/transactions/deposit/interactive", body, **signed).json()["code"] == "other_account"
    assert client.get("/sep24/transaction", {"id": str(theirs.pk)}, **signed).status_code == 404
    assert client.get("/sep24/transaction", {"id": "nonsense"}, **signed).status_code == 404
    assert client.get("/sep24/transactions", {"asset_code": "WATT"}, **signed).json() == {"transactions": []}
    assert client.get("/sep12/customer", {"account": other.wallet.address}, **signed).status_code == 400
    assert client.delete(f"/sep12/customer/{other.wallet.address}", **signed).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/sep24/transactions/deposit/interactive", {"asset_code": "USDC"}, "other_asset"),
        ("/sep24/transactions/deposit/interactive", {"asset_code": "WATT", "amount": "-1"}, "amount_not_positive"),
        ("/sep24/transactions/deposit/interactive", {"asset_code": "WATT", "amount": "much"}, "not_an_amount"),
        ("/sep24/transactions/steal/interactive", {"asset_code": "WATT"}, "unknown_kind"),
    ],
)
def test_what_cannot_be_begun_is_said(signed: dict[str, str], path: str, body: dict, code: str) -> None:
    assert Client().post(path, body, **signed).json()["code"] == code
    assert not AnchorTransfer.objects.exists()


def test_a_page_opens_once_for_whom_it_was_made(freya: Member, signed: dict[str, str]) -> None:
    begun = (
        Client()
        .post(
            "/sep24/transactions/deposit/interactive",
            json.dumps({"asset_code": "WATT", "amount": "12.5"}),
            content_type="application/json",
            **signed,
        )
        .json()
    )
    owner, late, stranger = Client(), Client(), Client()
    assert "Show me where to pay" in owner.get(begun["url"], follow=True).content.decode()
    for client in (late, stranger):
        shown = client.get(begun["url"] if client is late else begun["url"].split("?")[0] + "?key=forged", follow=True)
        assert shown.redirect_chain[-1][0].startswith("/sign-in")
    stranger.force_login(User.objects.create_user("x@test.example", "a long password"))
    assert stranger.get(begun["url"].split("?")[0]).status_code == 403


def test_identity_details_are_kept_encrypted_and_can_be_deleted(freya: Member, signed: dict[str, str]) -> None:
    Member.objects.filter(pk=freya.pk).update(kyc=Member.Kyc.NONE)
    client = Client()
    for body, kind in (
        (json.dumps({"id_number": "X-42"}), "application/json"),
        ("last_name=Sea", "application/x-www-form-urlencoded"),
    ):
        assert client.put("/sep12/customer", body, content_type=kind, **signed).status_code == 202
    assert b"X-42" not in bytes(CustomerRecord.objects.get().fields)
    shown = client.get("/sep12/customer", **signed).json()
    assert (shown["status"], set(shown["provided_fields"])) == ("NEEDS_INFO", {"id_number", "last_name"})
    assert "X-42" not in json.dumps(shown)
    assert (
        client.put("/sep12/customer", json.dumps({"shoe": "9"}), content_type="application/json", **signed).status_code
        == 400
    )
    assert client.delete(f"/sep12/customer/{freya.wallet.address}", **signed).status_code == 200
    assert not CustomerRecord.objects.exists()
    assert client.delete(f"/sep12/customer/{freya.wallet.address}", **signed).status_code == 404


def test_other_origins_may_ask_before_they_call(community: Community) -> None:
    answer = Client().options("/sep24/info")
    assert answer.status_code == 204
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert Client().get("/sep24/transactions/deposit/interactive").status_code == 405


def test_details_that_a_withdrawal_rests_on_are_kept_until_it_is_paid(freya: Member, signed: dict[str, str]) -> None:
    client = Client()
    Member.objects.filter(pk=freya.pk).update(kyc=Member.Kyc.NONE)
    client.put("/sep12/customer", json.dumps({"id_number": "X-42"}), content_type="application/json", **signed)
    account = BankAccount.objects.create(community=freya.community, iban="DE89370400440532013000", holder="Test")
    payout = Payout.objects.create(
        kind=Payout.Kind.WITHDRAWAL, account=account, member=freya, reference="ST1", stroops=5, name="F", iban="X"
    )
    answer = client.delete(f"/sep12/customer/{freya.wallet.address}", **signed)
    assert (answer.status_code, answer.json()["code"]) == (400, "payouts_open")
    assert CustomerRecord.objects.exists()
    Payout.objects.filter(pk=payout.pk).update(state=Payout.State.CANCELLED)
    assert client.delete(f"/sep12/customer/{freya.wallet.address}", **signed).status_code == 200


def test_what_is_told_otherwise_in_a_reopened_check_keeps_what_was_told_before(
    freya: Member, signed: dict[str, str]
) -> None:
    client = Client()

    def put(**fields: str) -> None:
        body = json.dumps(fields)
        assert client.put("/sep12/customer", body, content_type="application/json", **signed).status_code == 202

    Member.objects.filter(pk=freya.pk).update(kyc=Member.Kyc.NONE)
    # A slip before anybody has looked is nobody's business.
    put(id_number="X-41")
    put(id_number="X-42", last_name="Sea")
    assert not FormerRecord.objects.exists()
    for state in (Member.Kyc.APPROVED, Member.Kyc.PENDING):
        decide_kyc(freya, state, actor=None, reason="passport expired")
    put(last_name="Sea", first_name="Freya")
    assert not FormerRecord.objects.exists()
    put(id_number="Y-1")
    former = FormerRecord.objects.get()
    assert b"X-42" not in bytes(former.fields)
    assert customers.told(former) == {"id_number": "X-42", "last_name": "Sea", "first_name": "Freya"}
    assert customers.told(CustomerRecord.objects.get())["id_number"] == "Y-1"
    assert client.delete(f"/sep12/customer/{freya.wallet.address}", **signed).status_code == 200
    assert not FormerRecord.objects.exists()


def test_the_law_keeps_former_details_too(freya: Member, signed: dict[str, str]) -> None:
    under_rules(freya.community, retention_years=5)
    Member.objects.filter(pk=freya.pk).update(kyc=Member.Kyc.PENDING)
    for number in ("X-42", "Y-1"):
        customers.tell(Member.objects.get(pk=freya.pk), {"id_number": number})
    Payout.objects.create(
        kind=Payout.Kind.WITHDRAWAL,
        account=BankAccount.objects.create(community=freya.community, iban="DE89370400440532013000", holder="Test"),
        member=freya,
        reference="ST1",
        stroops=5,
        name="F",
        iban="X",
        state=Payout.State.CANCELLED,
        burned_at=datetime.now(UTC),
    )
    answer = Client().delete(f"/sep12/customer/{freya.wallet.address}", **signed)
    assert (answer.status_code, answer.json()["code"]) == (400, "kept_by_law")
    assert FormerRecord.objects.exists()


def test_who_was_rejected_is_looked_at_again_by_staff_only(freya: Member, signed: dict[str, str]) -> None:
    Member.objects.filter(pk=freya.pk).update(kyc=Member.Kyc.REJECTED)
    client, told = Client(), dict.fromkeys(rules.FIELDS, "2001-02-03")
    answer = client.put("/sep12/customer", json.dumps(told), content_type="application/json", **signed)
    assert (answer.status_code, answer.json()["code"]) == (400, "rejected")
    assert client.get("/sep12/customer", **signed).json()["status"] == "REJECTED"
    decide_kyc(freya, Member.Kyc.PENDING, actor=None, reason="new passport")
    assert client.put("/sep12/customer", json.dumps(told), content_type="application/json", **signed).status_code == 202
    assert client.get("/sep12/customer", **signed).json()["status"] == "PROCESSING"


def test_wallets_are_told_the_smallest_withdrawal(community: Community) -> None:
    BankAccount.objects.create(community=community, iban="DE89370400440532013000", holder="Test")
    schedule(community, parameters.SMALLEST_PAYOUT, 25, community.now(), "the bank's fee")
    told = Client().get("/sep24/info").json()
    assert (told["withdraw"]["WATT"]["min_amount"], told["deposit"]["WATT"]["min_amount"]) == (25, 0.01)
