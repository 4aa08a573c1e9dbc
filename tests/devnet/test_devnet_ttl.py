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


def evicted(devnet, ledger: int) -> list[xdr.LedgerKey]:
    """The entries, not their TTLs, that ended with this ledger."""
    meta = xdr.LedgerCloseMeta.from_xdr(devnet.server.get_ledgers(ledger, limit=1).ledgers[0].metadata_xdr)
    return [key for key in meta.v2.evicted_keys if key.type != xdr.LedgerEntryType.TTL]


def test_a_temporary_entry_is_evicted_when_its_time_is_over(devnet, probe, alice):
    def held():
        return devnet.server.get_contract_data(probe.address, TEMPORARY_KEY, Durability.TEMPORARY)

    last = held().live_until_ledger
    devnet.skip(last - devnet.server.get_latest_ledger().sequence - 1)
    assert devnet.server.get_latest_ledger().sequence == last
    assert held() is not None
    ledger = devnet.close()["ledger"]
    assert held() is None
    assert [key.contract_data.key for key in evicted(devnet, ledger)] == [TEMPORARY_KEY]
    assert evicted(devnet, devnet.close()["ledger"]) == []
    # Gone for good: what is written next is new and lives as long as the first.
    probe.transfer(alice, alice.public_key, probe.bob.public_key, 1).sign_and_submit()
    assert held().live_until_ledger > last + 17_000


def test_an_evicted_entry_stays_gone_after_a_kill(devnet, probe):
    devnet.skip(17_300)
    devnet.kill()
    devnet.start()
    assert devnet.server.get_contract_data(probe.address, TEMPORARY_KEY, Durability.TEMPORARY) is None
    assert evicted(devnet, devnet.close()["ledger"]) == []


def test_persistent_entries_are_archived_once_and_stay_restorable(devnet, probe, alice):
    devnet.skip(17_300)
    ledger = devnet.skip(PERSISTENT_TTL)
    keys = evicted(devnet, ledger)
    assert {key.type for key in keys} == {xdr.LedgerEntryType.CONTRACT_DATA, xdr.LedgerEntryType.CONTRACT_CODE}
    assert data_key(probe, alice.public_key) in keys
    assert len(keys) == 4  # two balances, the instance and the code
    devnet.kill()
    devnet.start()
    assert evicted(devnet, devnet.close()["ledger"]) == []
    done = submit(devnet, alice, SorobanDataBuilder().set_read_write(keys).build())
    assert done.status.value == "SUCCESS"
    changes = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.operations[0].changes.ledger_entry_changes
    restored = [change for change in changes if change.type == xdr.LedgerEntryChangeType.LEDGER_ENTRY_RESTORED]
    assert len(restored) == 2 * len(keys)  # each with its TTL
    assert probe.balance(alice.public_key, alice.public_key) == probe.supply - 1
    # A second life ends as the first did.
    assert len(evicted(devnet, devnet.skip(PERSISTENT_TTL + 10))) == len(keys)


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
