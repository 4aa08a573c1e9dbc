"""Contracts on the real host: deployment, authorisation, fees, errors, events."""

import pytest
from stellar_sdk import Asset, TransactionBuilder, scval, xdr
from stellar_sdk.auth import authorize_entry
from stellar_sdk.contract import ContractClient
from stellar_sdk.contract.exceptions import SimulationFailedError, TransactionFailedError
from stellar_sdk.exceptions import PrepareTransactionException
from stellar_sdk.soroban_rpc import EventFilter, EventFilterType


@pytest.fixture(scope="module")
def carol(devnet):
    """Pays the fees of what others sign."""
    return devnet.member()


@pytest.fixture(scope="module")
def funded_bob(probe, alice, bob):
    probe.transfer(alice, alice.public_key, bob.public_key, 1_000).sign_and_submit()
    return bob


def operation_result(call) -> str:
    result = xdr.TransactionResult.from_xdr(call.get_transaction_response.result_xdr)
    return result.result.results[0].tr.invoke_host_function_result.code.name


def test_the_constructor_ran_and_the_code_can_be_read_back(devnet, probe, alice):
    fresh = devnet.deploy_probe(alice)
    assert fresh.balance(alice.public_key, alice.public_key) == fresh.supply
    assert devnet.server.get_contract_wasm(fresh.address)[:4] == b"\0asm"


def test_the_source_account_authorises_by_its_signature(probe, alice, bob):
    before = probe.balance(bob.public_key, alice.public_key)
    call = probe.transfer(alice, alice.public_key, bob.public_key, 7)
    assert call.sign_and_submit() == before + 7


def test_the_fee_charged_is_what_left_the_account(devnet, probe, alice, bob):
    before = devnet.stroops(alice.public_key)
    call = probe.transfer(alice, alice.public_key, bob.public_key, 1)
    call.sign_and_submit()
    done = call.get_transaction_response
    charged = devnet.fee_charged(done)
    assert before - devnet.stroops(alice.public_key) == charged
    fees = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.soroban_meta.ext.v1
    resource_fee = (
        fees.total_non_refundable_resource_fee_charged.int64 + fees.total_refundable_resource_fee_charged.int64
    )
    assert charged == resource_fee + 100
    assert charged < call.built_transaction.transaction.fee


@pytest.mark.parametrize("upgraded", [True, False])
def test_a_signed_entry_authorises_while_another_pays(probe, carol, alice, funded_bob, upgraded):
    call = probe.transfer(carol, funded_bob.public_key, alice.public_key, 10, use_upgraded_auth=upgraded)
    assert call.needs_non_invoker_signing_by() == {funded_bob.public_key}
    call.sign_auth_entries(funded_bob)
    before = probe.balance(alice.public_key, alice.public_key)
    assert call.sign_and_submit() == before + 10


def test_a_signed_entry_works_once(devnet, probe, carol, alice, funded_bob):
    call = probe.transfer(carol, funded_bob.public_key, alice.public_key, 10)
    call.sign_auth_entries(funded_bob)
    call.sign_and_submit()
    signed = call.built_transaction.transaction.operations[0]
    account = devnet.server.load_account(carol.public_key)
    replay = TransactionBuilder(account, devnet.passphrase)
    replay = replay.append_operation(signed).set_timeout(300).build()
    with pytest.raises(PrepareTransactionException) as refused:
        devnet.server.prepare_transaction(replay)
    assert "ExistingValue" in refused.value.simulate_transaction_response.error

    # Whoever skips the simulation gets no further.
    replay.transaction.soroban_data = call.built_transaction.transaction.soroban_data
    replay.transaction.fee = call.built_transaction.transaction.fee
    replay.sign(carol)
    sent = devnet.server.send_transaction(replay)
    assert devnet.server.poll_transaction(sent.hash).status.value == "FAILED"


def test_a_tampered_entry_fails_and_moves_nothing(devnet, probe, carol, alice, funded_bob):
    before = probe.balance(funded_bob.public_key, alice.public_key)
    call = probe.transfer(carol, funded_bob.public_key, alice.public_key, 10)
    operation = call.built_transaction.transaction.operations[0]
    until = devnet.server.get_latest_ledger().sequence + 50
    operation.auth[0] = authorize_entry(operation.auth[0], funded_bob, until, devnet.passphrase)
    credentials = operation.auth[0].credentials
    credentials = credentials.address_v2 or credentials.address
    credentials.nonce = xdr.Int64(credentials.nonce.int64 + 1)
    with pytest.raises(TransactionFailedError):
        call.sign().submit()
    assert operation_result(call) == "INVOKE_HOST_FUNCTION_TRAPPED"
    assert call.get_transaction_response.diagnostic_events_xdr
    assert probe.balance(funded_bob.public_key, alice.public_key) == before


def test_a_failed_invocation_pays_no_refundable_fee(devnet, probe, alice, bob):
    call = probe.transfer(alice, alice.public_key, bob.public_key, 1)
    call.built_transaction.transaction.soroban_data.resources.instructions = xdr.Uint32(300_000)
    before = devnet.stroops(alice.public_key)
    with pytest.raises(TransactionFailedError):
        call.sign().submit()
    assert operation_result(call) == "INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED"
    done = call.get_transaction_response
    fees = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.soroban_meta.ext.v1
    assert fees.total_refundable_resource_fee_charged.int64 == 0
    assert before - devnet.stroops(alice.public_key) == devnet.fee_charged(done)


def test_a_contract_error_shows_in_the_simulation(probe, alice, bob):
    with pytest.raises(SimulationFailedError, match=r"Contract, #7"):
        probe.transfer(alice, alice.public_key, bob.public_key, 10**12)


def test_computation_beyond_the_limit_shows_in_the_simulation(probe, alice):
    with pytest.raises(SimulationFailedError, match="Budget, ExceededLimit"):
        probe.client.invoke("burn_cpu", [scval.to_uint32(200_000_000)], alice.public_key, alice)


def test_an_entry_missing_from_the_footprint_traps(probe, alice, bob):
    call = probe.transfer(alice, alice.public_key, bob.public_key, 1)
    call.built_transaction.transaction.soroban_data.resources.footprint.read_write.pop()
    with pytest.raises(TransactionFailedError):
        call.sign().submit()
    assert operation_result(call) == "INVOKE_HOST_FUNCTION_TRAPPED"


def test_lumens_as_a_contract_and_a_swap_both_sides_sign(devnet, probe, carol, alice, bob):
    address = ContractClient.create_stellar_asset_contract_from_asset(
        Asset.native(), alice.public_key, alice, devnet.server
    )
    assert address == Asset.native().contract_id(devnet.passphrase)
    lumens = ContractClient(address, devnet.url, devnet.passphrase)
    giver, taker = scval.to_address(alice.public_key), scval.to_address(bob.public_key)
    before = devnet.stroops(bob.public_key)
    move = [giver, taker, scval.to_int128(12_345_678)]
    lumens.invoke("transfer", move, alice.public_key, alice).sign_and_submit()
    assert devnet.stroops(bob.public_key) == before + 12_345_678

    before = devnet.stroops(alice.public_key)
    deal = [
        scval.to_address(address),
        giver,
        taker,
        scval.to_int128(100),
        scval.to_int128(50_000_000),
    ]
    swap = probe.client.invoke("swap", deal, carol.public_key, carol)
    assert swap.needs_non_invoker_signing_by() == {alice.public_key, bob.public_key}
    swap.sign_auth_entries(alice)
    swap.sign_auth_entries(bob)
    swap.prepare()
    swap.sign_and_submit()
    assert devnet.stroops(alice.public_key) == before + 50_000_000


def test_an_issued_asset_moves_through_its_contract(devnet, alice, bob, carol):
    watt = Asset("WATT", alice.public_key)

    def send(source, build):
        envelope = build(TransactionBuilder(devnet.server.load_account(source.public_key), devnet.passphrase)).build()
        envelope.sign(source)
        sent = devnet.server.send_transaction(envelope)
        assert devnet.server.poll_transaction(sent.hash).status.value == "SUCCESS"

    for holder in (bob, carol):
        send(holder, lambda builder: builder.append_change_trust_op(watt, "1000").set_timeout(300))
    send(alice, lambda builder: builder.append_payment_op(bob.public_key, watt, "500").set_timeout(300))
    address = ContractClient.create_stellar_asset_contract_from_asset(watt, alice.public_key, alice, devnet.server)
    contract = ContractClient(address, devnet.url, devnet.passphrase)
    move = [scval.to_address(bob.public_key), scval.to_address(carol.public_key), scval.to_int128(120_0000000)]
    contract.invoke("transfer", move, bob.public_key, bob).sign_and_submit()

    def held(holder) -> int:
        line = xdr.LedgerKeyTrustLine(
            holder.xdr_account_id(),
            xdr.TrustLineAsset(watt.to_xdr_object().type, alpha_num4=watt.to_xdr_object().alpha_num4),
        )
        key = xdr.LedgerKey(xdr.LedgerEntryType.TRUSTLINE, trust_line=line)
        entry = devnet.server.get_ledger_entries([key]).entries[0]
        return xdr.LedgerEntryData.from_xdr(entry.xdr).trust_line.balance.int64

    assert (held(bob), held(carol)) == (380_0000000, 120_0000000)


@pytest.fixture(scope="module")
def moves(devnet, alice, bob):
    """A probe of its own with five transfers, alternating in direction."""
    probe = devnet.deploy_probe(alice)
    sides = (alice, bob)
    for number in range(5):
        giver, taker = sides[number % 2], sides[(number + 1) % 2]
        call = probe.transfer(giver, giver.public_key, taker.public_key, 50 - number)
        call.sign_and_submit()
    return probe


def moved(probe, giver: str = "*") -> EventFilter:
    return EventFilter(
        event_type=EventFilterType.CONTRACT,
        contract_ids=[probe.address],
        topics=[[scval.to_symbol("moved").to_xdr(), giver, "*"]],
    )


def amounts(events) -> list[int]:
    return [scval.to_native(xdr.SCVal.from_xdr(event.value))["amount"] for event in events]


def test_events_match_topics(devnet, moves, alice, bob):
    everything = devnet.server.get_events(start_ledger=1, filters=[moved(moves)])
    assert amounts(everything.events) == [50, 49, 48, 47, 46]
    from_bob = moved(moves, scval.to_address(bob.public_key).to_xdr())
    assert amounts(devnet.server.get_events(1, filters=[from_bob]).events) == [49, 47]
    other = EventFilter(contract_ids=[moves.address], topics=[[scval.to_symbol("x").to_xdr()]])
    assert devnet.server.get_events(1, filters=[other]).events == []


def test_events_page_without_gap_or_repeat(devnet, moves):
    page = devnet.server.get_events(start_ledger=1, filters=[moved(moves)], limit=2)
    seen = page.events
    while page.events:
        page = devnet.server.get_events(filters=[moved(moves)], cursor=page.cursor, limit=2)
        seen += page.events
    assert amounts(seen) == [50, 49, 48, 47, 46]
    assert len({event.id for event in seen}) == 5
    assert page.latest_ledger == devnet.server.get_latest_ledger().sequence


def test_a_cursor_at_the_end_goes_on_with_what_comes_later(devnet, moves, alice, bob):
    caught_up = devnet.server.get_events(start_ledger=1, filters=[moved(moves)])
    assert caught_up.events
    moves.transfer(alice, alice.public_key, bob.public_key, 3).sign_and_submit()
    later = devnet.server.get_events(filters=[moved(moves)], cursor=caught_up.cursor)
    assert amounts(later.events) == [3]


def test_an_empty_page_over_many_ledgers_is_not_the_end(start_devnet):
    devnet = start_devnet("--admin")
    alice, bob = devnet.member(), devnet.member()
    probe = devnet.deploy_probe(alice)
    start = devnet.server.get_latest_ledger().sequence
    devnet.skip(25_000)
    probe.transfer(alice, alice.public_key, bob.public_key, 9).sign_and_submit()
    page = devnet.server.get_events(start_ledger=start, filters=[moved(probe)])
    pages = 1
    while not page.events:
        page = devnet.server.get_events(filters=[moved(probe)], cursor=page.cursor)
        pages += 1
    assert (pages, amounts(page.events)) == (3, [9])
