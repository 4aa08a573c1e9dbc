"""Money leaves the bank only for WATT that are burned, sent by two people, and the next statement closes it."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from stellar_sdk import Keypair, TransactionEnvelope

from stelltron.bank import cases, payment_files, payouts, policy, settling
from stelltron.bank.models import BankLine, Case, CaseStep, Payout
from stelltron.bank.references import reference_of
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.states import change_state
from stelltron.core.units import STROOPS
from stelltron.ledger import intents, payments, reserves, wallet_calls
from stelltron.ledger.clients import watt_token
from stelltron.ledger.errors import explain
from stelltron.ledger.gateway import ChainRefused
from stelltron.ledger.models import PaymentProposal
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, Notice
from tests.conftest import Chain

from .conftest import Bank
from .files import MIKE, SARAH, Move

State = Payout.State
CENT = STROOPS // 100


@pytest.fixture
def paid_in(live_bank: Bank, sarah: Member) -> Bank:
    """Sarah has 100 WATT in her wallet, outside the market."""
    live_bank.statement(Move(10_000, text=reference_of(sarah), iban=SARAH))
    PaymentProposal.objects.update(into_market=False)
    live_bank.approve_all()
    assert live_bank.wallet(sarah) == 100 * STROOPS
    return live_bank


def ask(bank: Bank, member: Member, watt: int) -> Payout:
    payout = payouts.ask(member, watt * STROOPS, "Sarah Sun", SARAH)
    bank.settle()
    payout.refresh_from_db()
    return payout


def test_watt_are_burned_before_the_money_leaves_and_the_debit_closes_it(paid_in: Bank, sarah: Member) -> None:
    payout = ask(paid_in, sarah, 40)
    assert payout.state == State.READY
    assert (paid_in.supply(), paid_in.attested()) == (60 * STROOPS, 100 * STROOPS)
    file = payment_files.prepare(paid_in.account, actor=paid_in.first, reason="run")
    with pytest.raises(Refused, match="somebody else"):
        payment_files.release(file, actor=paid_in.first, reason="me too")
    with pytest.raises(Refused, match="second person"):
        payment_files.pain001(file)
    payment_files.release(file, actor=paid_in.second, reason="compared")
    payout.refresh_from_db()
    assert payout.state == State.SENT
    paid_in.pay(payout)
    payout.refresh_from_db()
    assert payout.state == State.PAID
    assert (paid_in.supply(), paid_in.attested()) == (60 * STROOPS, 60 * STROOPS)
    assert paid_in.problems() == []
    assert Notice.objects.filter(member=sarah, kind=Notice.Kind.BANK, text__contains="has left").exists()


def test_the_payment_file_is_what_was_asked_for(paid_in: Bank, sarah: Member) -> None:
    asked = [ask(paid_in, sarah, watt) for watt in (10, 25)]
    file = paid_in.send_all()
    content = payment_files.pain001(file)
    assert content == payment_files.pain001(file)
    tree = ElementTree.fromstring(content)
    names = {"p": payment_files.NAMESPACE}
    assert [found.text for found in tree.findall(".//p:EndToEndId", names)] == [one.reference for one in asked]
    assert [found.text for found in tree.findall(".//p:InstdAmt", names)] == ["10.00", "25.00"]
    assert {found.text for found in tree.findall(".//p:CtrlSum", names)} == {"35.00"}
    assert f"Sarah Sun,{SARAH},25.00,USD,{asked[1].reference}" in payment_files.as_csv(file).decode()


def test_a_payment_that_comes_back_is_minted_again_under_a_new_reference(paid_in: Bank, sarah: Member) -> None:
    payout = ask(paid_in, sarah, 40)
    paid_in.send_all()
    paid_in.pay(payout)
    paid_in.statement(Move(4000, end_to_end=payout.reference, text="AC04 account closed", reversal=True))
    payout.refresh_from_db()
    assert (payout.state, payout.bounce.state) == (State.BOUNCED, "BOUNCED")
    assert paid_in.supply() == 60 * STROOPS
    paid_in.approve_all()
    assert (paid_in.supply(), paid_in.attested(), paid_in.wallet(sarah)) == (100 * STROOPS,) * 3
    assert payout.reissue.reference not in (payout.reference, "")
    assert paid_in.problems() == []


def test_an_order_that_the_bank_refused_is_minted_again_without_a_line(paid_in: Bank, sarah: Member) -> None:
    payout = ask(paid_in, sarah, 40)
    paid_in.send_all()
    payout.refresh_from_db()
    payouts.note_unpaid(payout, actor=paid_in.first, reason="pain.002: wrong BIC")
    assert payout.reference not in payment_files.as_csv(payout.file).decode()
    paid_in.approve_all()
    assert paid_in.wallet(sarah) == 100 * STROOPS
    with pytest.raises(Refused):
        payouts.note_unpaid(payout, actor=paid_in.first, reason="again")
    paid_in.statement(Move(-4000, end_to_end=payout.reference))
    assert paid_in.problems()[:1] == [
        "the banks hold less than circulates and is owed: nothing is issued until it is made up"
    ]


def test_more_than_the_wallet_holds_is_refused(paid_in: Bank, sarah: Member) -> None:
    with pytest.raises(Refused, match=r"100\.00 WATT outside the market"):
        payouts.ask(sarah, 101 * STROOPS, "Sarah Sun", SARAH)


@pytest.mark.parametrize(
    ("stroops", "name", "iban", "code"),
    [
        (STROOPS, "S", SARAH[:-1] + "1", "bad_iban"),
        (STROOPS, " ", SARAH, "bad_name"),
        (STROOPS + 1, "S", SARAH, "amount_too_fine"),
        (CENT, "S", SARAH, "amount_too_small"),
        (STROOPS, "S", "DE89370400440532013000", "own_account"),
    ],
)
def test_what_a_bank_could_not_pay_is_refused(
    paid_in: Bank, sarah: Member, stroops: int, name: str, iban: str, code: str
) -> None:
    with pytest.raises(Refused) as problem:
        payouts.ask(sarah, stroops, name, iban)
    assert problem.value.code == code
    assert not Payout.objects.exists()


def test_a_burn_that_the_chain_refuses_leaves_everything_as_it_was(paid_in: Bank, sarah: Member) -> None:
    first, second = (payouts.ask(sarah, 60 * STROOPS, "Sarah Sun", SARAH) for _ in range(2))
    paid_in.settle()
    for one in (first, second):
        one.refresh_from_db()
    assert (first.state, second.state) == (State.READY, State.FAILED)
    assert paid_in.wallet(sarah) == 40 * STROOPS
    assert Notice.objects.filter(member=sarah, text__contains="refused by the chain").exists()


def test_a_file_taken_apart_can_be_sent_later(paid_in: Bank, sarah: Member) -> None:
    payout = ask(paid_in, sarah, 40)
    file = payment_files.prepare(paid_in.account, actor=paid_in.first, reason="run")
    payment_files.dissolve(file, actor=paid_in.second, reason="too early")
    payout.refresh_from_db()
    assert (payout.state, payout.file) == (State.READY, None)
    with pytest.raises(IllegalTransition):
        payment_files.release(file, actor=paid_in.second, reason="late")
    paid_in.send_all()
    with pytest.raises(Refused, match="no payment"):
        payment_files.prepare(paid_in.account, actor=paid_in.first, reason="again")


def test_the_owner_of_a_wallet_signs_the_burn(
    live_bank: Bank, new_member: Callable[..., Member], chain: Chain, settings: object
) -> None:
    key = Keypair.random()
    freya = new_member("freya", address=key.public_key)
    live_bank.deposit(freya, 5000)
    payout = payouts.ask(freya, 20 * STROOPS, "Freya", MIKE)
    assert payout.state == State.ASKED
    call = payouts.burn_call(payout)
    envelope = TransactionEnvelope.from_xdr(wallet_calls.unsigned(freya.wallet, call), settings.STELLAR.passphrase)
    envelope.sign(key)
    payouts.take_burn(payout, envelope.to_xdr())
    live_bank.settle()
    payout.refresh_from_db()
    assert payout.state == State.READY
    assert (live_bank.supply(), live_bank.wallet(freya)) == (30 * STROOPS, 30 * STROOPS)
    with pytest.raises(Refused, match="nothing to sign"):
        payouts.burn_call(payout)
    assert isinstance(call, WalletCall)


def test_the_database_lets_no_money_leave_unburned(paid_in: Bank, sarah: Member) -> None:
    payout = ask(paid_in, sarah, 40)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(burned_at=None)


def test_a_reissue_that_was_rejected_is_proposed_again(paid_in: Bank, sarah: Member) -> None:
    payout = ask(paid_in, sarah, 40)
    paid_in.send_all()
    paid_in.pay(payout)
    paid_in.statement(Move(4000, end_to_end=payout.reference, iban=SARAH))
    payout.refresh_from_db()
    with pytest.raises(Refused, match="proposed already"):
        payouts.issue_again(payout, actor=paid_in.first, reason="twice")
    payments.reject_payment(payout.reissue, actor=paid_in.second, reason="let me ask")
    payouts.issue_again(payout, actor=paid_in.first, reason="asked")
    paid_in.approve_all()
    assert paid_in.wallet(sarah) == 100 * STROOPS
    assert paid_in.problems() == []


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"iban": SARAH}, State.BOUNCED),
        ({"iban": MIKE, "returned": "AC04"}, State.BOUNCED),
        ({"iban": MIKE}, State.PAID),
    ],
    ids=["her account", "the bank's return code", "another account"],
)
def test_a_payment_comes_back_from_where_it_went_or_by_the_banks_word(
    paid_in: Bank, sarah: Member, more: dict, state: str
) -> None:
    payout = ask(paid_in, sarah, 40)
    paid_in.send_all()
    paid_in.pay(payout)
    paid_in.statement(Move(4000, end_to_end=payout.reference, text=reference_of(sarah), **more))
    payout.refresh_from_db()
    line = BankLine.objects.first()
    assert (payout.state, line.state) == (state, "BOUNCED" if state == State.BOUNCED else "WAITING")


@pytest.fixture
def own_wallet(live_bank: Bank, new_member: Callable[..., Member]) -> tuple[Payout, Keypair]:
    """Freya keeps her own key, has 50 WATT, and has begun to withdraw 20."""
    key = Keypair.random()
    freya = new_member("freya", address=key.public_key)
    live_bank.deposit(freya, 5000)
    return payouts.ask(freya, 20 * STROOPS, "Freya", MIKE), key


@pytest.mark.parametrize("before", ["asked", "cancelled", "handed to us"])
def test_a_burn_that_the_wallet_sends_itself_is_seen(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair], settings: object, before: str
) -> None:
    payout, key = own_wallet
    call = payouts.burn_call(payout)
    if before == "cancelled":
        payouts.cancel_own(payout)
    elif before == "handed to us":
        unsigned = wallet_calls.unsigned(payout.member.wallet, call)
        envelope = TransactionEnvelope.from_xdr(unsigned, settings.STELLAR.passphrase)
        envelope.sign(key)
        payouts.take_burn(payout, envelope.to_xdr())
    # Of two with one sequence number the chain takes one: the wallet's own.
    live_bank.chain.send(key, call.call)
    live_bank.settle()
    payout.refresh_from_db()
    assert (payout.state, payout.redemption.intent.state) == (State.READY, "CONFIRMED")
    assert (live_bank.supply(), live_bank.wallet(payout.member)) == (30 * STROOPS, 30 * STROOPS)
    live_bank.send_all()
    live_bank.pay(payout)
    payout.refresh_from_db()
    assert payout.state == State.PAID
    assert live_bank.problems() == []


def test_a_burn_under_a_reference_of_nothing_pays_nothing(live_bank: Bank, own_wallet: tuple[Payout, Keypair]) -> None:
    payout, key = own_wallet
    live_bank.chain.send(key, watt_token.redeem(key.public_key, 20 * STROOPS, bytes(32)))
    live_bank.settle()
    payout.refresh_from_db()
    assert (payout.state, payout.redemption) == (State.ASKED, None)
    assert not Case.objects.exists()


def burn(bank: Bank, payout: Payout, key: Keypair, stroops: int) -> None:
    """The wallet calls the contract itself, whatever was asked for."""
    call = watt_token.redeem(key.public_key, stroops, reserves.digest_of(payout.reference))
    bank.chain.send(key, call)
    bank.settle()
    payout.refresh_from_db()


@pytest.mark.parametrize(
    ("burned", "paid"), [(19 * STROOPS, 1900), (45 * STROOPS, 4500), (123_456_789, 1234)], ids=["less", "more", "finer"]
)
def test_a_burn_of_another_amount_is_paid_out_by_two_of_the_treasury(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair], burned: int, paid: int
) -> None:
    payout, key = own_wallet
    burn(live_bank, payout, key, burned)
    case = Case.objects.get()
    assert (payout.state, case.kind, case.stroops) == (State.HELD, Case.Kind.BURN, burned)
    assert payout.reference in case.text
    # The chain has it, and it is owed.
    assert reserves.circulation() == live_bank.supply() == 50 * STROOPS - burned
    assert reserves.owed() == burned
    with pytest.raises(Refused, match="settled by two"):
        cases.uphold(case, actor=live_bank.first, reason="no")
    with pytest.raises(Refused, match="pay out what was burned"):
        settling.propose(case, CaseStep.Kind.CLEAR, actor=live_bank.first, reason="never mind")
    live_bank.settle_case(case, CaseStep.Kind.PAY)
    payout.refresh_from_db()
    made = Payout.objects.first()
    assert (case.state, payout.state) == (Case.State.CLEARED, State.CANCELLED)
    assert (made.state, made.stroops, made.iban) == (State.READY, paid * CENT, MIKE)
    live_bank.send_all()
    live_bank.pay(made)
    made.refresh_from_db()
    assert (made.state, reserves.owed()) == (State.PAID, 0)
    assert live_bank.supply() <= live_bank.attested() == (5000 - paid) * CENT
    assert live_bank.problems() == []


def test_a_burn_of_another_amount_does_not_get_around_another_case(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair]
) -> None:
    payout, key = own_wallet
    policy.open_cases([(Case.Kind.LIMIT, "above the month's limit")], payout.member, payout.stroops, payout=payout)
    change_state(payout, Payout.TRANSITIONS, State.HELD)
    burn(live_bank, payout, key, 19 * STROOPS)
    limit, burned = Case.objects.get(kind=Case.Kind.LIMIT), Case.objects.get(kind=Case.Kind.BURN)
    step = settling.propose(burned, CaseStep.Kind.PAY, actor=live_bank.first, reason="seen")
    with pytest.raises(Refused, match="close that one first"):
        settling.approve(step, actor=live_bank.second, reason="seen")
    cases.clear(limit, actor=live_bank.first, reason="she sells her house")
    settling.approve(CaseStep.objects.get(), actor=live_bank.second, reason="seen")
    assert (Payout.objects.first().stroops, live_bank.problems()) == (19 * STROOPS, [])


def test_what_is_burned_already_stays_here_while_its_case_is_open(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair]
) -> None:
    payout, key = own_wallet
    policy.open_cases([(Case.Kind.LIMIT, "above the month's limit")], payout.member, payout.stroops, payout=payout)
    change_state(payout, Payout.TRANSITIONS, State.HELD)
    burn(live_bank, payout, key, payout.stroops)
    case = Case.objects.get()
    with pytest.raises(Refused, match="its money is owed"):
        cases.uphold(case, actor=live_bank.first, reason="suspicious")
    with pytest.raises(Refused):
        payment_files.prepare(live_bank.account, actor=live_bank.first, reason="weekly run")
    cases.clear(case, actor=live_bank.first, reason="she sells her house")
    live_bank.send_all()


@pytest.mark.parametrize("burned", [2, 1])
def test_a_burn_with_a_copy_of_the_managed_key_is_seen(paid_in: Bank, sarah: Member, burned: int) -> None:
    *_, payout = [ask(paid_in, sarah, 2) for _ in range(6)]
    assert payout.state == State.HELD
    burn(paid_in, payout, sarah.wallet.keypair(), burned * STROOPS)
    assert reserves.circulation() == paid_in.supply() == (90 - burned) * STROOPS
    cases.clear(Case.objects.exclude(kind=Case.Kind.BURN).get(), actor=paid_in.first, reason="she moves house")
    paid_in.settle()
    if burned == 1:
        paid_in.settle_case(Case.objects.get(kind=Case.Kind.BURN), CaseStep.Kind.PAY)
    paid = Payout.objects.first()
    assert (paid.state, paid.stroops) == (State.READY, burned * STROOPS)
    assert paid_in.supply() == (90 - burned) * STROOPS
    assert paid_in.problems() == []


def test_a_burn_below_a_cent_is_settled_with_nothing_to_pay(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair]
) -> None:
    payout, key = own_wallet
    burn(live_bank, payout, key, CENT - 1)
    live_bank.settle_case(Case.objects.get(), CaseStep.Kind.PAY)
    payout.refresh_from_db()
    assert (payout.state, Payout.objects.count(), reserves.owed()) == (State.CANCELLED, 1, 0)


def test_what_was_burned_is_owed_when_the_withdrawal_was_refused(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair]
) -> None:
    payout, key = own_wallet
    payouts.cancel(payout, "another account, please")
    burn(live_bank, payout, key, 5 * STROOPS)
    assert payout.state == State.CANCELLED
    live_bank.settle_case(Case.objects.get(), CaseStep.Kind.PAY)
    assert Payout.objects.first().stroops == 5 * STROOPS


def test_a_burn_after_it_had_failed_with_us_is_owed(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair], settings: object
) -> None:
    payout, key = own_wallet
    unsigned = wallet_calls.unsigned(payout.member.wallet, payouts.burn_call(payout))
    envelope = TransactionEnvelope.from_xdr(unsigned, settings.STELLAR.passphrase)
    envelope.sign(key)
    intents.fail(payouts.take_burn(payout, envelope.to_xdr()), "nobody sent it in time")
    burn(live_bank, payout, key, payout.stroops)
    case = Case.objects.get()
    assert (payout.state, "that had failed before" in case.text) == (State.FAILED, True)
    live_bank.settle_case(case, CaseStep.Kind.PAY)
    assert (Payout.objects.first().stroops, live_bank.problems()) == (20 * STROOPS, [])


def test_a_burn_that_was_given_up_with_us_and_is_on_the_chain_after_all_is_owed(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair], settings: object
) -> None:
    payout, key = own_wallet
    unsigned = wallet_calls.unsigned(payout.member.wallet, payouts.burn_call(payout))
    envelope = TransactionEnvelope.from_xdr(unsigned, settings.STELLAR.passphrase)
    envelope.sign(key)
    intents.fail(payouts.take_burn(payout, envelope.to_xdr()), "nobody knows what became of it")
    live_bank.chain.gateway.send(envelope.to_xdr())
    live_bank.settle()
    case = Case.objects.get()
    live_bank.settle_case(case, CaseStep.Kind.PAY)
    assert (Payout.objects.first().stroops, live_bank.problems()) == (20 * STROOPS, [])


def test_two_of_the_treasury_pay_out_a_burn_in_the_office(
    live_bank: Bank, own_wallet: tuple[Payout, Keypair], client: Client
) -> None:
    payout, key = own_wallet
    burn(live_bank, payout, key, 19 * STROOPS)
    client.force_login(live_bank.first)
    case = Case.objects.get()
    assert client.post(reverse("admin:bank_case_pay", args=[case.pk]), {"reason": "theirs"}).status_code == 302
    done = reverse("admin:bank_casestep_approve", args=[CaseStep.objects.get().pk])
    assert "somebody else" in client.post(done, {"reason": "me too"}).content.decode()
    client.force_login(live_bank.second)
    assert client.post(done, {"reason": "theirs"}).status_code == 302
    assert Payout.objects.first().stroops == 19 * STROOPS


def test_the_chain_burns_for_a_withdrawal_once(live_bank: Bank, own_wallet: tuple[Payout, Keypair]) -> None:
    payout, key = own_wallet
    burn(live_bank, payout, key, payout.stroops)
    with pytest.raises(ChainRefused) as problem:
        burn(live_bank, payout, key, payout.stroops)
    assert "burned already" in explain(problem.value)
    assert (payout.state, live_bank.wallet(payout.member)) == (State.READY, 30 * STROOPS)
