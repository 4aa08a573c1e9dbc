"""Who pays, how much, and who goes first when a ledger is full."""

import pytest
from stellar_sdk import Keypair, scval, xdr
from stellar_sdk.soroban_rpc import GetTransactionStatus, SendTransactionStatus

HEAVY = 300_000_000


def result(done) -> xdr.TransactionResult:
    return xdr.TransactionResult.from_xdr(done.result_xdr)


def inner_code(answer: xdr.TransactionResult) -> str:
    return answer.result.inner_result_pair.result.result.code.name


def test_a_fee_bump_pays_for_somebody_elses_payment(devnet, alice, bob):
    payer = devnet.member()
    before = [devnet.stroops(member.public_key) for member in (alice, bob, payer)]
    inner = devnet.payment(alice, bob.public_key, fee=100)
    sent = devnet.server.send_transaction(devnet.bump(inner, payer, 300))
    assert sent.status == SendTransactionStatus.PENDING
    done = devnet.server.poll_transaction(sent.hash)
    assert done.status == GetTransactionStatus.SUCCESS
    after = [devnet.stroops(member.public_key) for member in (alice, bob, payer)]
    # A bump counts as one operation more.
    assert [now - then for now, then in zip(after, before, strict=True)] == [-10_000_000, 10_000_000, -200]
    assert result(done).result.code.name == "txFEE_BUMP_INNER_SUCCESS"
    assert result(done).result.inner_result_pair.transaction_hash.hash == inner.hash()


def test_a_fee_bump_is_found_by_either_hash(devnet, alice, bob):
    payer = devnet.member()
    inner = devnet.payment(alice, bob.public_key)
    outer = devnet.bump(inner, payer, 200)
    devnet.server.send_transaction(outer)
    for hash_ in (outer.hash_hex(), inner.hash_hex()):
        found = devnet.server.get_transaction(hash_)
        assert (found.status, found.fee_bump, found.transaction_hash) == (GetTransactionStatus.SUCCESS, True, hash_)
        assert found.envelope_xdr == outer.to_xdr()
    # What it bumped is spent.
    again = devnet.server.send_transaction(inner)
    assert devnet.error_code(again) == "txBAD_SEQ"


def test_a_fee_bump_of_an_invocation_gets_the_refund(devnet, probe, alice, bob):
    payer = devnet.member()
    before = devnet.stroops(alice.public_key), devnet.stroops(payer.public_key)
    call = probe.transfer(alice, alice.public_key, bob.public_key, 5)
    call.sign()
    inner = call.built_transaction
    sent = devnet.server.send_transaction(devnet.bump(inner, payer, inner.transaction.fee + 200))
    done = devnet.server.poll_transaction(sent.hash)
    assert done.status == GetTransactionStatus.SUCCESS
    fees = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.soroban_meta.ext.v1
    used = fees.total_non_refundable_resource_fee_charged.int64 + fees.total_refundable_resource_fee_charged.int64
    assert devnet.fee_charged(done) == used + 200
    after = devnet.stroops(alice.public_key), devnet.stroops(payer.public_key)
    assert (before[0] - after[0], before[1] - after[1]) == (0, used + 200)


def test_an_inner_failure_costs_the_payer(devnet, alice):
    payer = devnet.member()
    before = devnet.stroops(payer.public_key)
    inner = devnet.payment(alice, Keypair.random().public_key)
    sent = devnet.server.send_transaction(devnet.bump(inner, payer, 500))
    done = devnet.server.poll_transaction(sent.hash)
    assert done.status == GetTransactionStatus.FAILED
    assert result(done).result.code.name == "txFEE_BUMP_INNER_FAILED"
    assert inner_code(result(done)) == "txFAILED"
    assert before - devnet.stroops(payer.public_key) == 200


def test_a_bump_needs_a_better_rate_and_both_signatures(devnet, alice, bob):
    payer = devnet.member()

    def refused(inner, fee):
        answer = devnet.server.send_transaction(devnet.bump(inner, payer, fee))
        return xdr.TransactionResult.from_xdr(answer.error_result_xdr)

    low = refused(devnet.payment(alice, bob.public_key, fee=400), 799)
    assert (low.result.code.name, low.fee_charged.int64) == ("txINSUFFICIENT_FEE", 800)
    unsigned = refused(devnet.payment(alice, bob.public_key, signed=False), 400)
    assert unsigned.result.code.name == "txFEE_BUMP_INNER_FAILED"
    assert inner_code(unsigned) == "txBAD_AUTH"
    outer = devnet.bump(devnet.payment(alice, bob.public_key), payer, 400)
    outer.signatures.clear()
    assert devnet.error_code(devnet.server.send_transaction(outer)) == "txBAD_AUTH"


@pytest.fixture
def by_hand(start_devnet):
    """A network whose ledgers close when asked to, with a probe and five members on it."""
    devnet = start_devnet("--admin")
    devnet.members = [devnet.member() for _ in range(5)]
    devnet.probe = devnet.deploy_probe(devnet.members[0])
    assert devnet.stop() == 0
    devnet.options = ("--admin", "--close-ms", "3600000")
    return devnet.start()


def heavy_call(devnet, payer, bid: int):
    """An invocation that reserves so many instructions that a ledger takes two."""
    call = devnet.probe.client.invoke("burn_cpu", [scval.to_uint32(10)], payer.public_key, payer)
    envelope = call.built_transaction
    data = envelope.transaction.soroban_data
    data.resources.instructions = xdr.Uint32(HEAVY)
    data.resource_fee = xdr.Int64(data.resource_fee.int64 + 250_000)
    envelope.transaction.fee = data.resource_fee.int64 + bid
    envelope.sign(payer)
    return envelope


def test_a_full_ledger_takes_the_best_offers_and_the_rest_waits(by_hand):
    bids = [100, 500, 300, 900, 200]
    hashes = {}
    for member, bid in zip(by_hand.members, bids, strict=True):
        sent = by_hand.server.send_transaction(heavy_call(by_hand, member, bid))
        assert sent.status == SendTransactionStatus.PENDING
        hashes[bid] = sent.hash
    price = {}
    for expected in ({900, 500}, {300, 200}, {100}):
        ledger = by_hand.close()["ledger"]
        found = {bid: by_hand.server.get_transaction(hash_) for bid, hash_ in hashes.items()}
        closed = {bid: done for bid, done in found.items() if done.ledger == ledger}
        assert set(closed) == expected
        for bid, done in closed.items():
            fees = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.soroban_meta.ext.v1
            used = (
                fees.total_refundable_resource_fee_charged.int64 + fees.total_non_refundable_resource_fee_charged.int64
            )
            price[bid] = by_hand.fee_charged(done) - used
    # In a full ledger everybody pays what the last one in offered.
    assert price == {900: 500, 500: 500, 300: 200, 200: 200, 100: 100}

    stats = by_hand.server.get_fee_stats()
    soroban = stats.soroban_inclusion_fee
    counted = soroban.transaction_count - 2
    assert (soroban.max, soroban.min, counted) == (500, 100, 5)
    assert (soroban.p99, soroban.p70, soroban.p10) == (500, 200, 100)
    assert stats.inclusion_fee.max == 100
    meta = xdr.LedgerCloseMeta.from_xdr(by_hand.server.get_ledgers(ledger - 2, limit=1).ledgers[0].metadata_xdr)
    assert meta.v2.tx_set.v1_tx_set.phases[1].parallel_txs_component.base_fee.int64 == 500


def test_ten_times_the_fee_takes_the_place_of_what_waits(by_hand):
    alice, bob, payer = by_hand.members[:3]
    waiting = by_hand.payment(alice, bob.public_key)
    by_hand.server.send_transaction(waiting)
    cheap = by_hand.server.send_transaction(by_hand.bump(waiting, payer, 1_999))
    assert by_hand.error_code(cheap) == "txINSUFFICIENT_FEE"
    better = by_hand.server.send_transaction(by_hand.bump(waiting, payer, 2_000))
    assert better.status == SendTransactionStatus.PENDING
    ledger = by_hand.close()["ledger"]
    done = by_hand.server.get_transaction(waiting.hash_hex())
    assert (done.ledger, done.fee_bump, by_hand.fee_charged(done)) == (ledger, True, 200)


def test_one_payer_cannot_promise_the_same_lumens_twice(by_hand):
    alice, bob, payer = by_hand.members[:3]
    held = by_hand.stroops(payer.public_key)
    first = by_hand.bump(by_hand.payment(alice, bob.public_key), payer, held - 10_000_100)
    assert by_hand.server.send_transaction(first).status == SendTransactionStatus.PENDING
    second = by_hand.bump(by_hand.payment(bob, alice.public_key), payer, 200)
    assert by_hand.error_code(by_hand.server.send_transaction(second)) == "txINSUFFICIENT_BALANCE"
