from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from stellar_sdk import Keypair, TransactionEnvelope

from stelltron.core.errors import Refused
from stelltron.members.models import Member, User
from stelltron.members.services import join, make_staff
from stelltron.portal.throttle import ADDRESS_TRIES

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def maria(new_member: Callable[..., Member]) -> Member:
    return new_member("maria", email="maria@test.example", password=PASSWORD)


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", {"email": email, "password": password, **more})


def test_a_visitor_is_sent_to_sign_in_and_comes_back(client: Client, maria: Member) -> None:
    response = client.get("/statement")
    assert response.url == "/sign-in?next=/statement"
    assert sign_in(client, "maria@test.example", next="/statement").url == "/statement"
    assert client.get("/statement").status_code == 200


def test_the_e_mail_is_compared_without_case(client: Client, maria: Member) -> None:
    assert sign_in(client, "Maria@Test.example").url == "/"


def test_an_e_mail_given_in_capitals_is_the_same_user(client: Client, new_member: Callable[..., Member]) -> None:
    noah = new_member("noah", email="Noah@Test.Example", password=PASSWORD)
    assert noah.user.email == "noah@test.example"
    assert sign_in(client, "noah@test.example").url == "/"
    with pytest.raises(Refused) as refused:
        new_member("other", email="NOAH@test.example", password=PASSWORD)
    assert refused.value.code == "email_taken"
    assert make_staff("NOAH@TEST.example", PASSWORD) == noah.user


def test_a_wrong_password_says_so(client: Client, maria: Member) -> None:
    response = sign_in(client, "maria@test.example", "not this")
    assert response.status_code == 422
    assert "do not fit together" in response.content.decode()


def test_another_site_is_no_place_to_go_next(client: Client, maria: Member) -> None:
    assert sign_in(client, "maria@test.example", next="https://elsewhere.example/").url == "/"


def test_the_eleventh_try_in_a_minute_has_to_wait(client: Client, maria: Member, within_a_minute: None) -> None:
    answers = [sign_in(client, "maria@test.example", "guess").status_code for _ in range(11)]
    assert answers.index(429) == 10
    assert "wait a minute" in sign_in(client, "maria@test.example").content.decode()


def test_one_address_cannot_try_many_names(client: Client, within_a_minute: None) -> None:
    answers = [sign_in(client, f"guess{n}@test.example", "guess").status_code for n in range(ADDRESS_TRIES + 1)]
    assert answers.index(429) == ADDRESS_TRIES


def test_a_form_of_another_site_is_refused(maria: Member) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, "maria@test.example").status_code == 403


def test_signing_out_takes_a_post(client: Client, maria: Member) -> None:
    client.force_login(maria.user)
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_staff_without_a_membership_go_to_the_office(client: Client) -> None:
    client.force_login(make_staff("office@test.example", PASSWORD))
    assert client.get("/").url == "/admin/"


def test_a_user_without_a_membership_is_told(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody@test.example", PASSWORD))
    response = client.get("/")
    assert response.status_code == 403
    assert "no active member" in response.content.decode()


def test_pages_allow_scripts_of_this_site_only(client: Client) -> None:
    response = client.get("/sign-in")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "Content-Security-Policy" not in client.get("/api/schema").headers


@pytest.fixture
def wallet(community) -> Keypair:
    keypair = Keypair.random()
    join(community, name="Noah", code="noah", address=keypair.public_key)
    return keypair


def challenge(client: Client, address: str, **more: str) -> str:
    return client.get("/auth", {"account": address}, **more).json()["transaction"]


def signed(envelope: str, key: Keypair) -> str:
    transaction = TransactionEnvelope.from_xdr(envelope, settings.STELLAR.passphrase)
    transaction.sign(key)
    return transaction.to_xdr()


def answer(client: Client, envelope: str, **more: str):
    return client.post("/auth", {"transaction": envelope}, content_type="application/json", **more)


def test_a_wallet_signs_in_once_with_its_challenge(client: Client, wallet: Keypair) -> None:
    envelope = signed(challenge(client, wallet.public_key), wallet)
    assert answer(client, envelope).json() == {"next": "/"}
    assert client.get("/").status_code == 200
    again = answer(Client(), envelope)
    assert (again.status_code, again.json()["code"]) == (400, "challenge_used")


@pytest.mark.parametrize("envelope", ["", "AAAA", "not xdr"])
def test_nonsense_is_refused_in_words(client: Client, envelope: str) -> None:
    response = answer(client, envelope)
    assert response.status_code == 400
    assert response.json()["error"]


def test_somebody_elses_signature_does_not_sign_in(client: Client, wallet: Keypair) -> None:
    response = answer(client, signed(challenge(client, wallet.public_key), Keypair.random()))
    assert response.json()["code"] == "challenge_refused"
    assert client.get("/").status_code == 302


def test_a_challenge_of_another_domain_is_refused(client: Client, wallet: Keypair) -> None:
    envelope = challenge(client, wallet.public_key, headers={"host": "localhost"})
    assert answer(client, signed(envelope, wallet)).json()["code"] == "challenge_refused"


def test_a_wallet_of_no_member_is_told(client: Client) -> None:
    stranger = Keypair.random()
    response = answer(client, signed(challenge(client, stranger.public_key), stranger))
    assert response.json()["code"] == "unknown_wallet"


def test_a_bad_address_gets_no_challenge(client: Client) -> None:
    assert client.get("/auth", {"account": "GNOPE"}).json()["code"] == "bad_address"
