"""Entries that run out: temporary ones vanish, persistent ones are archived and come back."""

import pytest
from stellar_sdk import Address, SorobanDataBuilder, TransactionBuilder, scval, xdr
from stellar_sdk.soroban_server import Durability

TEMPORARY_KEY = scval.to_vec([scval.to_symbol("Temporary")])
PERSISTENT_TTL = 2_073_600


@pytest.fixture
def devnet(start_devnet):
    return start_devnet("--admin")


@pytest.fixture
def alice(devnet):
    return devnet.member()


@pytest.fixture
def probe(devnet, alice):
    bob = devnet.member()
    probe = devnet.deploy_probe(alice)
    probe.transfer(alice, alice.public_key, bob.public_key, 1).sign_and_submit()
    probe.bob = bob
    return probe


def data_key(probe, owner: str) -> xdr.LedgerKey:
    return xdr.LedgerKey(
        xdr.LedgerEntryType.CONTRACT_DATA,
        contract_data=xdr.LedgerKeyContractData(
            contract=Address(probe.address).to_xdr_sc_address(),
            key=probe.balance_key(owner),
            durability=xdr.ContractDataDurability.PERSISTENT,
        ),
    )


def submit(devnet, source, data, extend_to: int | None = None):
    builder = TransactionBuilder(devnet.server.load_account(source.public_key), devnet.passphrase)
    if extend_to is None:
        builder = builder.append_restore_footprint_op()
    else:
        builder = builder.append_extend_footprint_ttl_op(extend_to)
    transaction = builder.set_soroban_data(data).set_timeout(300).build()
    transaction = devnet.server.prepare_transaction(transaction)
    transaction.sign(source)
    sent = devnet.server.send_transaction(transaction)
    return devnet.server.poll_transaction(sent.hash)


def test_a_temporary_entry_vanishes(devnet, probe):
    read = devnet.server.get_contract_data
    assert read(probe.address, TEMPORARY_KEY, Durability.TEMPORARY) is not None
    devnet.skip(17_300)
    assert read(probe.address, TEMPORARY_KEY, Durability.TEMPORARY) is None


def test_archived_entries_come_back_with_the_invocation_that_needs_them(devnet, probe, alice):
    devnet.skip(PERSISTENT_TTL + 10)
    call = probe.transfer(alice, alice.public_key, probe.bob.public_key, 1)
    data = xdr.SorobanTransactionData.from_xdr(call.simulation.transaction_data)
    assert len(data.ext.resource_ext.archived_soroban_entries) > 0
    assert call.sign_and_submit() == 2
    latest = devnet.server.get_latest_ledger().sequence
    key = probe.balance_key(alice.public_key)
    entry = devnet.server.get_contract_data(probe.address, key)
    assert entry.live_until_ledger == latest + PERSISTENT_TTL - 1


def test_an_archived_entry_without_its_mark_fails(devnet, probe, alice):
    devnet.skip(PERSISTENT_TTL + 10)
    call = probe.transfer(alice, alice.public_key, probe.bob.public_key, 1)
    transaction = call.built_transaction.transaction
    transaction.soroban_data.ext = xdr.SorobanTransactionDataExt(0)
    call.built_transaction.sign(alice)
    sent = devnet.server.send_transaction(call.built_transaction)
    done = devnet.server.poll_transaction(sent.hash)
    result = xdr.TransactionResult.from_xdr(done.result_xdr).result.results[0].tr
    assert result.invoke_host_function_result.code.name == "INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED"


def test_extending_keeps_an_entry_alive_and_costs_rent(devnet, probe, alice):
    key = data_key(probe, alice.public_key)
    data = SorobanDataBuilder().set_read_only([key]).build()
    done = submit(devnet, alice, data, extend_to=2_500_000)
    assert done.status.value == "SUCCESS"
    entry = devnet.server.get_contract_data(probe.address, probe.balance_key(alice.public_key))
    assert entry.live_until_ledger == done.ledger + 2_500_000
    fees = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.soroban_meta.ext.v1
    assert fees.rent_fee_charged.int64 > 0


def test_restoring_brings_entries_back(devnet, probe, alice):
    devnet.skip(PERSISTENT_TTL + 10)
    code = xdr.LedgerKey(
        xdr.LedgerEntryType.CONTRACT_CODE,
        contract_code=xdr.LedgerKeyContractCode(hash=xdr.Hash(probe.wasm)),
    )
    keys = [data_key(probe, alice.public_key), code]
    done = submit(devnet, alice, SorobanDataBuilder().set_read_write(keys).build())
    assert done.status.value == "SUCCESS"
    entry = devnet.server.get_ledger_entries([code]).entries[0]
    assert entry.live_until_ledger == done.ledger + PERSISTENT_TTL - 1
