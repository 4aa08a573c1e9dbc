"""Classic payments, and every reason to refuse one."""

import time

import pytest
from stellar_sdk import Keypair, MuxedAccount
from stellar_sdk.soroban_rpc import GetTransactionStatus, SendTransactionStatus


def test_a_payment_moves_lumens_and_costs_the_base_fee(devnet, alice, bob):
    before = devnet.stroops(alice.public_key), devnet.stroops(bob.public_key)
    sent = devnet.server.send_transaction(devnet.payment(alice, bob.public_key, fee=5_000))
    assert sent.status == SendTransactionStatus.PENDING
    done = devnet.server.poll_transaction(sent.hash)
    assert done.status == GetTransactionStatus.SUCCESS
    assert devnet.fee_charged(done) == 100
    after = devnet.stroops(alice.public_key), devnet.stroops(bob.public_key)
    assert (before[0] - after[0], after[1] - before[1]) == (10_000_100, 10_000_000)


def test_the_same_envelope_again_is_a_duplicate(devnet, alice, bob):
    envelope = devnet.payment(alice, bob.public_key)
    devnet.server.send_transaction(envelope)
    again = devnet.server.send_transaction(envelope)
    assert again.status == SendTransactionStatus.DUPLICATE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sequence": 5}, "txBAD_SEQ"),
        ({"signer": Keypair.random()}, "txBAD_AUTH"),
        ({"fee": 50}, "txINSUFFICIENT_FEE"),
        ({"time_bounds": (0, 1_000)}, "txTOO_LATE"),
        ({"time_bounds": (4_000_000_000, 0)}, "txTOO_EARLY"),
    ],
)
def test_what_is_refused_costs_nothing(devnet, alice, bob, change, code):
    before = devnet.stroops(alice.public_key)
    refused = devnet.server.send_transaction(devnet.payment(alice, bob.public_key, **change))
    assert refused.status == SendTransactionStatus.ERROR
    assert devnet.error_code(refused) == code
    assert devnet.stroops(alice.public_key) == before


def test_a_signature_nobody_needs_is_refused(devnet, alice, bob):
    envelope = devnet.payment(alice, bob.public_key)
    envelope.sign(bob)
    assert devnet.error_code(devnet.server.send_transaction(envelope)) == "txBAD_AUTH_EXTRA"


def test_an_unknown_account_cannot_pay(devnet, alice, bob):
    stranger = Keypair.random()
    envelope = devnet.payment(alice, bob.public_key)
    envelope.transaction.source = MuxedAccount.from_account(stranger.public_key)
    envelope.signatures.clear()
    envelope.sign(stranger)
    assert devnet.error_code(devnet.server.send_transaction(envelope)) == "txNO_ACCOUNT"


def test_a_payment_that_cannot_be_covered_fails_and_pays_its_fee(devnet, bob):
    poor = devnet.member()
    before = devnet.stroops(poor.public_key)
    sent = devnet.server.send_transaction(devnet.payment(poor, bob.public_key, "10000"))
    done = devnet.server.poll_transaction(sent.hash)
    assert done.status == GetTransactionStatus.FAILED
    assert devnet.stroops(poor.public_key) == before - 100


def test_transactions_page(devnet, alice, bob):
    first = devnet.server.get_transactions(start_ledger=1, limit=2)
    second = devnet.server.get_transactions(cursor=first.cursor, limit=2)
    ledgers = [tx.ledger for tx in first.transactions + second.transactions]
    assert len(ledgers) == 4 and ledgers == sorted(set(ledgers))
    last = devnet.server.get_latest_ledger().sequence
    beyond = devnet.server.get_transactions(cursor=str(last + 1 << 32), limit=2)
    assert beyond.transactions == []


def test_on_a_timer_one_transaction_per_source_waits(start_devnet):
    devnet = start_devnet("--close-ms", "1500")
    payer, other = devnet.member(), devnet.member()
    first = devnet.payment(payer, other.public_key)
    sequence = devnet.server.load_account(payer.public_key).sequence
    next_one = devnet.payment(payer, other.public_key, sequence=sequence + 1)
    waiting = devnet.server.send_transaction(first)
    assert waiting.status == SendTransactionStatus.PENDING
    again = devnet.server.send_transaction(next_one)
    assert again.status == SendTransactionStatus.TRY_AGAIN_LATER
    assert devnet.server.get_transaction(waiting.hash).status == GetTransactionStatus.NOT_FOUND
    done = devnet.server.poll_transaction(waiting.hash)
    assert done.status == GetTransactionStatus.SUCCESS
    assert devnet.server.send_transaction(next_one).status == SendTransactionStatus.PENDING


def test_a_transaction_whose_time_runs_out_in_the_queue_is_dropped(start_devnet):
    devnet = start_devnet("--close-ms", "4000")
    payer, other = devnet.member(), devnet.member()
    bounds = (0, int(time.time()) + 1)
    sent = devnet.server.send_transaction(devnet.payment(payer, other.public_key, time_bounds=bounds))
    assert sent.status == SendTransactionStatus.PENDING
    while devnet.server.get_latest_ledger().close_time <= bounds[1]:
        time.sleep(0.1)
    assert devnet.server.get_transaction(sent.hash).status == GetTransactionStatus.NOT_FOUND
    assert devnet.stroops(payer.public_key) == 100_000_000_000
