from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from stellar_sdk import Keypair

from stelltron.core.errors import Refused
from stelltron.members.models import Member, Wallet
from stelltron.members.services import join


def test_a_managed_wallet_signs_and_its_key_is_encrypted_at_rest(new_member: Callable[..., Member]) -> None:
    wallet = new_member("A").wallet
    assert wallet.keypair().public_key == wallet.address
    assert wallet.keypair().raw_secret_key() not in bytes(Wallet.objects.get().secret)


def test_an_external_wallet_has_no_key_here(new_member: Callable[..., Member]) -> None:
    address = Keypair.random().public_key
    wallet = new_member("A", address=address).wallet
    assert (wallet.kind, wallet.address) == (Wallet.Kind.EXTERNAL, address)
    with pytest.raises(ValueError, match="alone"):
        wallet.keypair()
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.update(secret=b"x")


def test_codes_mails_and_addresses_are_taken_once(community, new_member: Callable[..., Member]) -> None:
    new_member("A", email="a@coop.example", password="correct horse")
    for details, code in (
        ({"code": "A"}, "member_code_taken"),
        ({"code": "B", "email": "a@coop.example"}, "email_taken"),
        ({"code": "C", "address": "GNOTANADDRESS"}, "bad_address"),
    ):
        with pytest.raises(Refused) as refused:
            join(community, name="x", **details)
        assert refused.value.code == code
    assert Member.objects.count() == 1
