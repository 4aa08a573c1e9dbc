"""A member's own wallet is changed for another by two of the Treasury, once nothing is under way with the old one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from stellar_sdk import Keypair, StrKey

from governance.models import Proposal
from stelltron.bank import payouts, wallet_changes
from stelltron.bank.models import BankLine, Case, WalletChange
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.core.units import STROOPS
from stelltron.ledger import contracts, intents, payments
from stelltron.ledger.clients import watt_token
from stelltron.ledger.clients.generator import dispense
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent, PaymentProposal, Seat
from stelltron.members.models import Member, Notice

from .conftest import Bank
from .files import MIKE, Move

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
    with pytest.raises(Refused, match="or was, a member's wallet"):
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


def test_who_has_the_old_wallet_holds_up_nothing_and_both_read_what_is_in_it(
    live_bank: Bank, freya: Member, key: Keypair, client: Client
) -> None:
    change = propose(live_bank, freya)
    live_bank.chain.send(key, watt_token.burn(key.public_key, 10 * STROOPS))
    live_bank.settle()
    client.force_login(live_bank.second)
    page = client.get(reverse("admin:bank_walletchange_approve", args=[change.pk])).content.decode()
    assert "In the old wallet stays: 40.00 WATT in their wallet" in page and "(50.00 WATT in their wallet" in page
    wallet_changes.approve(change, actor=live_bank.second, reason="seen")
    change.refresh_from_db()
    assert change.left.startswith("40.00 WATT in their wallet")


def test_money_on_its_way_to_the_old_wallet_arrives_first(live_bank: Bank, freya: Member) -> None:
    live_bank.statement(Move(7000, text=reference_of(freya)))
    live_bank.settle()
    payments.approve_payment(PaymentProposal.objects.first(), actor=live_bank.second, reason="seen")
    with pytest.raises(Refused, match="calls on their way"):
        propose(live_bank, freya)
    minting = ChainIntent.objects.get(key__startswith="mint:", state=ChainIntent.State.PENDING)
    intents.fail(minting, "not admitted")
    with pytest.raises(Refused, match="calls on their way"):
        propose(live_bank, freya)
    intents.retry(minting)
    live_bank.settle()
    assert propose(live_bank, freya).left.startswith("120.00 WATT")


def test_a_counter_that_the_contract_refused_holds_nobody(live_bank: Bank, freya: Member) -> None:
    """Another receipt follows it; this one can never be taken."""
    refused = queue_call(freya.community, "a:dispense:7", dispense(freya.wallet.address, 50_000, 7, bytes(64)))
    assert refused
    with pytest.raises(Refused, match="calls on their way"):
        propose(live_bank, freya)
    intents.fail(refused, "the credit is too small (contract error 531)")
    assert propose(live_bank, freya)


def test_who_owes_the_bank_keeps_the_wallet(live_bank: Bank, freya: Member) -> None:
    Case.objects.create(
        community=freya.community, kind=Case.Kind.CHARGEBACK, member=freya, line=BankLine.objects.first(),
        text="taken back", stroops=1, state=Case.State.UPHELD,
        closed_by=live_bank.first, closed_at=timezone.now(), reason="it was hers",
    )  # fmt: skip
    with pytest.raises(Refused, match="the wallet stays until that case is cleared"):
        propose(live_bank, freya)


def test_nobody_gets_an_address_that_was_given_up(
    live_bank: Bank, freya: Member, key: Keypair, new_member: Callable[..., Member]
) -> None:
    wallet_changes.approve(propose(live_bank, freya), actor=live_bank.second, reason="seen")
    with pytest.raises(Refused, match="is, or was, a member's wallet"):
        new_member("olga", address=key.public_key)


def test_a_payment_that_members_vote_on_goes_to_the_wallet_they_have_read(live_bank: Bank, freya: Member) -> None:
    Proposal.objects.create(
        community=freya.community, kind="BUDGET", title="thanks", text="for the roof", state=Proposal.State.SENT,
        change={"to": str(freya.pk), "stroops": 1},
    )  # fmt: skip
    with pytest.raises(Refused, match=r"proposals to the members \(1\)"):
        propose(live_bank, freya)


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
