from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.conf import settings
from stellar_sdk import Keypair, Network, TransactionEnvelope

from stelltron.core.errors import Refused
from stelltron.members import sep10
from stelltron.members.models import Member, User

DOMAIN = "coop.example"


@pytest.fixture
def wallet() -> Keypair:
    return Keypair.random()


@pytest.fixture
def member(new_member: Callable[..., Member], wallet: Keypair) -> Member:
    return new_member("W", address=wallet.public_key)


def signed(wallet: Keypair, domain: str = DOMAIN, passphrase: str | None = None) -> str:
    passphrase = passphrase or settings.STELLAR.passphrase
    envelope = TransactionEnvelope.from_xdr(sep10.challenge(wallet.public_key, domain), passphrase)
    envelope.sign(wallet)
    return envelope.to_xdr()


def test_the_wallets_signature_signs_its_member_in(member: Member, wallet: Keypair) -> None:
    assert sep10.answer(signed(wallet), DOMAIN) == member


def test_every_challenge_is_fresh_and_works_once(member: Member, wallet: Keypair) -> None:
    assert sep10.challenge(wallet.public_key, DOMAIN) != sep10.challenge(wallet.public_key, DOMAIN)
    answer = signed(wallet)
    sep10.answer(answer, DOMAIN)
    with pytest.raises(Refused) as refused:
        sep10.answer(answer, DOMAIN)
    assert refused.value.code == "challenge_used"


@pytest.mark.parametrize("case", ["unsigned", "other wallet", "other domain", "other network", "garbage", "expired"])
def test_other_answers_are_refused(member: Member, wallet: Keypair, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if case == "unsigned":
        answer = sep10.challenge(wallet.public_key, DOMAIN)
    elif case == "other wallet":
        envelope = TransactionEnvelope.from_xdr(sep10.challenge(wallet.public_key, DOMAIN), settings.STELLAR.passphrase)
        envelope.sign(Keypair.random())
        answer = envelope.to_xdr()
    elif case == "other domain":
        answer = signed(wallet, "evil.example")
    elif case == "other network":
        answer = signed(wallet, passphrase=Network.PUBLIC_NETWORK_PASSPHRASE)
    elif case == "expired":
        long_ago = time.time() - 10 * sep10.LIFETIME_SECONDS
        with monkeypatch.context() as past:
            past.setattr(time, "time", lambda: long_ago)
            answer = signed(wallet)
    else:
        answer = "not a transaction"
    with pytest.raises(Refused) as refused:
        sep10.answer(answer, DOMAIN)
    assert refused.value.code == "challenge_refused"


def test_a_wallet_that_belongs_to_nobody_or_to_somebody_who_left_is_refused(member: Member, wallet: Keypair) -> None:
    with pytest.raises(Refused, match="no member yet"):
        sep10.answer(signed(Keypair.random()), DOMAIN)
    User.objects.update(is_active=False)
    with pytest.raises(Refused, match="no member yet"):
        sep10.answer(signed(wallet), DOMAIN)
    User.objects.update(is_active=True)
    Member.objects.update(is_active=False)
    with pytest.raises(Refused, match="no member yet"):
        sep10.answer(signed(wallet), DOMAIN)


def test_the_sign_in_key_is_not_the_key_that_moves_money() -> None:
    assert sep10.server_key().public_key != settings.STELLAR.operator.public_key
