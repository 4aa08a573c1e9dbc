"""Accounts that several keys share, and transactions that wait for their moment."""

import pytest
from stellar_sdk import Keypair, Signer, TransactionBuilder, xdr
from stellar_sdk.contract.exceptions import TransactionFailedError
from stellar_sdk.soroban_rpc import GetTransactionStatus


def send(devnet, source, signers, build, **preconditions):
    builder = build(TransactionBuilder(devnet.server.load_account(source.public_key), devnet.passphrase, 100))
    for name, value in preconditions.items():
        getattr(builder, name)(value)
    envelope = builder.add_time_bounds(0, 0).build()
    for signer in signers:
        envelope.sign(signer)
    sent = devnet.server.send_transaction(envelope)
    if sent.error_result_xdr:
        return devnet.error_code(sent)
    return devnet.server.poll_transaction(sent.hash).status


@pytest.fixture
def treasury(devnet):
    """An account whose payments need two of three keys."""
    owner, second, third = devnet.member(), Keypair.random(), Keypair.random()

    def share(builder):
        for key in (second, third):
            builder.append_set_options_op(signer=Signer.ed25519_public_key(key.public_key, 1))
        return builder.append_set_options_op(low_threshold=1, med_threshold=2, high_threshold=3, master_weight=1)

    assert send(devnet, owner, [owner], share) == GetTransactionStatus.SUCCESS
    return owner, second, third


def test_a_payment_needs_as_many_keys_as_the_threshold_says(devnet, treasury, bob):
    owner, second, third = treasury

    def pay(*signers):
        return send(devnet, owner, signers, lambda b: b.append_bump_sequence_op(0).append_manage_data_op("a", b"b"))

    assert pay(owner) == "txFAILED"
    assert pay(second, third) == GetTransactionStatus.SUCCESS
    assert pay(owner, third) == GetTransactionStatus.SUCCESS
    assert pay(owner, second, third) == "txBAD_AUTH_EXTRA"
    assert pay(bob, owner) == "txFAILED"


def test_signers_change_only_with_the_high_threshold(devnet, treasury):
    owner, second, third = treasury

    def drop(*signers):
        removed = Signer.ed25519_public_key(third.public_key, 0)
        return send(devnet, owner, signers, lambda b: b.append_set_options_op(signer=removed))

    assert drop(owner, second) == "txFAILED"
    assert drop(owner, second, third) == GetTransactionStatus.SUCCESS
    account = xdr.LedgerKeyAccount(owner.xdr_account_id())
    key = xdr.LedgerKey(xdr.LedgerEntryType.ACCOUNT, account=account)
    entry = xdr.LedgerEntryData.from_xdr(devnet.server.get_ledger_entries([key]).entries[0].xdr).account
    assert [signer.weight.uint32 for signer in entry.signers] == [1]
    assert bytes(entry.thresholds.thresholds) == bytes([1, 1, 2, 3])


def test_a_contract_asks_for_as_many_keys_as_a_payment(treasury, probe, alice):
    owner, _, _ = treasury
    probe.transfer(alice, alice.public_key, owner.public_key, 30).sign_and_submit()
    call = probe.transfer(alice, owner.public_key, alice.public_key, 10)
    call.sign_auth_entries(owner)
    # One signature of two is in the entry.
    with pytest.raises(TransactionFailedError):
        call.sign_and_submit()


def test_a_transaction_waits_for_its_least_sequence_and_rest(devnet):
    member = devnet.member()

    def bump(to, **preconditions):
        return send(devnet, member, [member], lambda b: b.append_bump_sequence_op(to), **preconditions)

    account = devnet.server.load_account(member.public_key)
    assert bump(account.sequence + 1_000) == GetTransactionStatus.SUCCESS
    assert devnet.server.load_account(member.public_key).sequence == account.sequence + 1_000
    assert bump(0, set_min_sequence_age=100) == "txBAD_MIN_SEQ_AGE_OR_GAP"
    assert bump(0, set_min_sequence_ledger_gap=50) == "txBAD_MIN_SEQ_AGE_OR_GAP"
    devnet.close(skip=60, seconds=200)
    assert bump(0, set_min_sequence_age=100, set_min_sequence_ledger_gap=50) == GetTransactionStatus.SUCCESS
    assert bump(0, set_min_sequence_number=account.sequence) == GetTransactionStatus.SUCCESS


def test_ledger_bounds_open_and_close(devnet, alice):
    latest = devnet.server.get_latest_ledger().sequence

    def within(least, most):
        builder = TransactionBuilder(devnet.server.load_account(alice.public_key), devnet.passphrase, 100)
        builder.append_bump_sequence_op(0).set_ledger_bounds(least, most).add_time_bounds(0, 0)
        envelope = builder.build()
        envelope.sign(alice)
        return devnet.server.send_transaction(envelope)

    assert devnet.error_code(within(latest + 10, 0)) == "txTOO_EARLY"
    assert devnet.error_code(within(0, latest)) == "txTOO_LATE"
    devnet.close(skip=10)
    assert within(latest + 10, latest + 100).error_result_xdr is None
