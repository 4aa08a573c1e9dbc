"""A member's own wallet is changed for another by two of the Treasury, once nothing is under way with the old one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from stellar_sdk import Keypair, StrKey

from stelltron.bank import payouts, wallet_changes
from stelltron.bank.models import WalletChange
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.core.units import STROOPS
from stelltron.ledger import contracts
from stelltron.ledger.clients import watt_token
from stelltron.ledger.models import Seat
from stelltron.members.models import Member, Notice

from .conftest import Bank
from .files import MIKE

NEW = StrKey.encode_contract(bytes(31) + b"\x07")


@pytest.fixture
def key() -> Keypair:
    return Keypair.random()


@pytest.fixture
def freya(live_bank: Bank, new_member: Callable[..., Member], key: Keypair) -> Member:
    """She signs in with a wallet of her own, and has 50 WATT in it."""
    member = new_member("freya", address=key.public_key)
    live_bank.deposit(member, 5000)
    return member


def propose(bank: Bank, member: Member, address: str = NEW) -> WalletChange:
    return wallet_changes.propose(member, address, actor=bank.first, reason="lost the phone")


def allowed(bank: Bank, address: str) -> bool:
    return contracts.ask(bank.chain.gateway, watt_token.allowed(address))


def test_the_new_wallet_is_paid_and_the_old_one_is_shut(live_bank: Bank, freya: Member, key: Keypair) -> None:
    browser = Client()
    browser.force_login(freya.user)
    assert browser.get("/wallet").status_code == 200
    change = propose(live_bank, freya)
    assert change.left.startswith("50.00 WATT in their wallet")
    with pytest.raises(Refused, match="somebody else"):
        wallet_changes.approve(change, actor=live_bank.first, reason="me too")
    wallet_changes.approve(change, actor=live_bank.second, reason="seen her passport")
    live_bank.settle()
    freya = Member.objects.get(pk=freya.pk)
    assert (freya.wallet.address, allowed(live_bank, key.public_key)) == (NEW, False)
    assert browser.get("/wallet").status_code == 302
    assert Notice.objects.filter(member=freya, key=f"wallet:{change.pk}").exists()
    done = ActionLog.objects.get(action="bank.wallet.change")
    assert (done.actor, done.details["old"], done.details["left"]) == (live_bank.second, key.public_key, change.left)
    live_bank.deposit(freya, 700)
    assert live_bank.wallet(freya) == 7 * STROOPS
    with pytest.raises(Refused, match="was, a member's wallet"):
        propose(live_bank, freya, key.public_key)


def test_it_waits_for_what_is_under_way(live_bank: Bank, freya: Member) -> None:
    payout = payouts.ask(freya, 20 * STROOPS, "Freya", MIKE)
    with pytest.raises(Refused, match=r"payments to their bank \(1\)"):
        propose(live_bank, freya)
    payouts.cancel_own(payout)
    change = propose(live_bank, freya)
    payouts.ask(freya, 20 * STROOPS, "Freya", MIKE)
    with pytest.raises(Refused, match="payments to their bank"):
        wallet_changes.approve(change, actor=live_bank.second, reason="seen")


def test_what_the_old_wallet_holds_is_what_both_have_read(live_bank: Bank, freya: Member, key: Keypair) -> None:
    change = propose(live_bank, freya)
    live_bank.chain.send(key, watt_token.burn(key.public_key, 10 * STROOPS))
    live_bank.settle()
    with pytest.raises(Refused, match=r"holds now: 40\.00 WATT"):
        wallet_changes.approve(change, actor=live_bank.second, reason="seen")
    wallet_changes.reject(change, actor=live_bank.second, reason="again")
    wallet_changes.approve(propose(live_bank, freya), actor=live_bank.second, reason="seen")


def test_a_place_in_the_marketplace_is_kept(live_bank: Bank, freya: Member) -> None:
    Seat.objects.create(member=freya, index=0)
    with pytest.raises(Refused, match="a place in the marketplace"):
        propose(live_bank, freya)


def test_the_address_is_a_new_one_and_the_wallet_the_members_own(live_bank: Bank, freya: Member, sarah: Member) -> None:
    for address, said in (("C123", "neither an account"), (sarah.wallet.address, "a member's wallet")):
        with pytest.raises(Refused, match=said):
            propose(live_bank, freya, address)
    with pytest.raises(Refused, match="keeps the key"):
        propose(live_bank, sarah)
