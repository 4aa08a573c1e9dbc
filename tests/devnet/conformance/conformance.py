"""What a client sees of a network, asked with the Python SDK: one line of JSON for each check.

    conformance.py URL probe.wasm

conformance.mjs asks the same with the JavaScript SDK, in the same order. The network has to be a
fresh one that closes a ledger for each transaction and has its admin door open.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from client import (
    ALICE,
    BOB,
    CAROL,
    FUNDED,
    PERSISTENT_TTL,
    SECOND,
    SHARED,
    SUPPLY,
    Build,
    Client,
    address,
    keypair,
    native,
)
from stellar_sdk import Asset, Keypair, Signer, SorobanDataBuilder, TransactionBuilder, scval, xdr
from stellar_sdk.auth import authorize_entry
from stellar_sdk.soroban_rpc import EventFilter, EventFilterType


def network(client: Client) -> Any:
    known = client.server.get_network()
    return {
        "health": client.server.get_health().status,
        "protocol": known.protocol_version,
        "version": client.server.get_version_info().protocol_version,
        "fees": client.server.get_fee_stats().inclusion_fee.transaction_count,
    }


def friendbot(client: Client) -> Any:
    funded = [client.fund(owner) for owner in (ALICE, BOB, CAROL, SHARED)]
    return {"funded": funded, "again": client.fund(ALICE), "balance": client.stroops(ALICE)}


def account(client: Client) -> Any:
    sequence = client.server.load_account(BOB.public_key).sequence
    return {"ledger": sequence >> 32, "number": sequence & 0xFFFFFFFF}


def payment(client: Client) -> Any:
    made = client.send(client.build(ALICE, pay(BOB, "12.5")), ALICE)
    return {**made, "paid": FUNDED - client.stroops(ALICE), "received": client.stroops(BOB) - FUNDED}


def pay(taker: Keypair, amount: str = "1") -> Build:
    return lambda builder: builder.append_payment_op(taker.public_key, Asset.native(), amount)


def payment_fails(client: Client) -> Any:
    return client.send(client.build(ALICE, pay(keypair("nobody"))), ALICE)


def upload(client: Client) -> Any:
    made = client.run(ALICE, lambda builder: builder.append_upload_contract_wasm_op(client.wasm))
    return {**made, "value": made["value"].hex()}


def construct(client: Client) -> Any:
    client.first_ledger = client.latest() + 1
    made = client.run(
        ALICE,
        lambda builder: builder.append_create_contract_op(
            wasm_id=hashlib.sha256(client.wasm).digest(),
            address=ALICE.public_key,
            salt=bytes([7] * 32),
            constructor_args=[address(ALICE), scval.to_int128(SUPPLY)],
        ),
    )
    client.contract = made["value"]
    return {**made, "supply": client.balance(ALICE)}


def invoke(client: Client) -> Any:
    before = client.stroops(ALICE)
    made = [client.run(ALICE, client.transfer(ALICE, BOB, amount)) for amount in (100, 20, 3)]
    return {"made": made, "paid_something": client.stroops(ALICE) < before}


def read_only(client: Client) -> Any:
    latest = client.latest()
    balances = [client.balance(owner) for owner in (ALICE, BOB, CAROL)]
    return {"balances": balances, "closed_nothing": client.latest() == latest}


def second_signer(client: Client) -> Any:
    simulated = client.simulate(CAROL, client.transfer(BOB, ALICE, 10))
    entry = xdr.SorobanAuthorizationEntry.from_xdr(simulated.results[0].auth[0])
    signed = authorize_entry(entry, BOB, client.latest() + 50, client.passphrase)
    made = client.run(CAROL, client.transfer(BOB, ALICE, 10, auth=[signed]))
    replayed = client.simulate(CAROL, client.transfer(BOB, ALICE, 10, auth=[signed]))
    return {**made, "replay_refused": "ExistingValue" in replayed.error}


def contract_error(client: Client) -> Any:
    simulated = client.simulate(ALICE, client.transfer(ALICE, BOB, 10**12))
    return {"error": simulated.error.splitlines()[0], "events": len(simulated.events or []) > 0}


def resource_error(client: Client) -> Any:
    prepared = client.server.prepare_transaction(client.build(ALICE, client.transfer(ALICE, BOB, 1)))
    prepared.transaction.soroban_data.resources.instructions = xdr.Uint32(300_000)
    return client.send(prepared, ALICE)


def events(client: Client) -> Any:
    wanted = EventFilter(
        event_type=EventFilterType.CONTRACT,
        contract_ids=[client.contract],
        topics=[[scval.to_symbol("moved").to_xdr(), address(ALICE).to_xdr(), "*"]],
    )
    page = client.server.get_events(client.first_ledger, filters=[wanted], limit=2)
    pages = [page.events]
    while len(pages) < 4:
        page = client.server.get_events(filters=[wanted], cursor=page.cursor, limit=2)
        pages.append(page.events)
    amounts = [[scval.to_native(xdr.SCVal.from_xdr(one.value))["amount"] for one in page] for page in pages]
    ids = [one.id for page in pages for one in page]
    return {
        "amounts": amounts,
        "ids": ids,
        "first": pages[0][0].event_type,
        "ledgers": [one.ledger for page in pages for one in page],
        "too_early": client.refused("getEvents", {"startLedger": 4_000_000}),
    }


def ledger_entries(client: Client) -> Any:
    keys = [client.balance_key(owner) for owner in (BOB, CAROL, ALICE)]
    found = client.server.get_ledger_entries(keys)
    data = [xdr.LedgerEntryData.from_xdr(entry.xdr).contract_data for entry in found.entries]
    return {
        "values": [native(one.val) for one in data],
        "in_order": [entry.key for entry in found.entries] == [keys[0].to_xdr(), keys[2].to_xdr()],
        "lives": [entry.live_until_ledger - PERSISTENT_TTL - client.first_ledger for entry in found.entries],
        "modified": [entry.last_modified_ledger for entry in found.entries],
    }


def transactions(client: Client) -> Any:
    first = client.server.get_transactions(2, limit=3)
    second = client.server.get_transactions(cursor=first.cursor, limit=4)
    unknown = client.server.get_transaction("00" * 32)
    page = first.transactions + second.transactions
    return {
        "ledgers": [one.ledger for one in page],
        "statuses": [one.status if isinstance(one.status, str) else one.status.value for one in page],
        "orders": [one.application_order for one in page],
        "cursors": [first.cursor, second.cursor],
        "unknown": unknown.status.value,
        "not_a_hash": client.refused("getTransaction", {"hash": "xyz"}),
    }


def ledgers(client: Client) -> Any:
    first = client.server.get_ledgers(1, limit=3)
    second = client.server.get_ledgers(cursor=first.cursor, limit=3)
    page = first.ledgers + second.ledgers
    headers = [xdr.LedgerHeaderHistoryEntry.from_xdr(one.header_xdr) for one in page]
    metas = [xdr.LedgerCloseMeta.from_xdr(one.metadata_xdr).v2 for one in page]
    chained = [
        later.header.previous_ledger_hash.hash.hex() == earlier.hash
        for earlier, later in zip(page, headers[1:], strict=False)
    ]
    latest = client.latest()
    return {
        "sequences": [one.sequence for one in page],
        "cursors": [first.cursor, second.cursor],
        "chained": chained,
        "transactions": [len(meta.tx_processing) for meta in metas],
        "fee_changes": [len(one.fee_processing.ledger_entry_changes) for meta in metas for one in meta.tx_processing],
        "phases": [len(meta.tx_set.v1_tx_set.phases) for meta in metas],
        "past_the_end": client.refused("getLedgers", {"pagination": {"cursor": str(latest)}}),
        "before_the_start": client.refused("getLedgers", {"startLedger": latest + 1}),
        "too_many": client.refused("getLedgers", {"startLedger": 1, "pagination": {"limit": 201}}),
    }


def fee_bump(client: Client) -> Any:
    inner = client.build(BOB, pay(ALICE))
    inner.sign(BOB)
    bump = TransactionBuilder.build_fee_bump_transaction(CAROL, 250, inner, client.passphrase)
    before = client.stroops(CAROL)
    made = client.send(bump, CAROL)
    by_inner = client.server.get_transaction(inner.hash_hex())
    return {
        **made,
        "paid": before - client.stroops(CAROL),
        "bid": bump.transaction.fee,
        "by_inner": [by_inner.status.value, by_inner.fee_bump],
        "inner_again": client.send(inner),
    }


def fee_bump_unsigned(client: Client) -> Any:
    bump = TransactionBuilder.build_fee_bump_transaction(CAROL, 250, client.build(BOB, pay(ALICE)), client.passphrase)
    return client.send(bump, CAROL)


def extension(client: Client) -> Any:
    data = SorobanDataBuilder().set_read_only([client.balance_key(BOB)]).build()
    made = client.run(ALICE, lambda builder: builder.append_extend_footprint_ttl_op(2_500_000).set_soroban_data(data))
    return {**made, "lives": client.entry(BOB).live_until_ledger - client.latest()}


def archival(client: Client) -> Any:
    client.travel(skip=PERSISTENT_TTL + 100)
    simulated = client.simulate(ALICE, client.transfer(ALICE, BOB, 5))
    data = xdr.SorobanTransactionData.from_xdr(simulated.transaction_data)
    marked = len(data.ext.resource_ext.archived_soroban_entries)
    made = client.run(ALICE, client.transfer(ALICE, BOB, 5))
    return {"marked": marked, **made, "lives": client.entry(ALICE).live_until_ledger - client.latest()}


def restoration(client: Client) -> Any:
    client.travel(skip=PERSISTENT_TTL + 100)
    key = client.balance_key(ALICE)
    data = SorobanDataBuilder().set_read_write([key]).build()
    made = client.run(ALICE, lambda builder: builder.append_restore_footprint_op().set_soroban_data(data))
    return {**made, "lives": client.entry(ALICE).live_until_ledger - client.latest()}


def bad_sequence(client: Client) -> Any:
    sequence = client.server.load_account(ALICE.public_key).sequence
    return [client.send(client.build(ALICE, pay(BOB), sequence=sequence + ahead), ALICE) for ahead in (-1, 1)]


def duplicate(client: Client) -> Any:
    envelope = client.build(ALICE, pay(BOB))
    return [client.send(envelope, ALICE), client.send(envelope)]


def shared_account(client: Client) -> Any:
    signer = Signer.ed25519_public_key(SECOND.public_key, 1)
    shared = client.send(
        client.build(SHARED, lambda builder: builder.append_set_options_op(med_threshold=2, signer=signer)), SHARED
    )
    one = client.send(client.build(SHARED, pay(BOB)), SHARED)
    both = client.send(client.build(SHARED, pay(BOB)), SHARED, SECOND)
    stranger = client.send(client.build(SHARED, pay(BOB)), SHARED, SECOND, CAROL)
    return [shared, one, both, stranger]


def too_late(client: Client) -> Any:
    now = client.server.get_latest_ledger().close_time
    expired = client.build(ALICE, pay(BOB), bounds=(0, now - 100))
    early = client.build(ALICE, pay(BOB), bounds=(now + 50_000, 0))
    answers = [client.send(envelope, ALICE) for envelope in (expired, early)]
    client.travel(seconds=60_000)
    return [*answers, client.send(early)]


CHECKS = [
    network,
    friendbot,
    account,
    payment,
    payment_fails,
    upload,
    construct,
    invoke,
    read_only,
    second_signer,
    contract_error,
    resource_error,
    events,
    ledger_entries,
    transactions,
    ledgers,
    fee_bump,
    fee_bump_unsigned,
    extension,
    archival,
    restoration,
    bad_sequence,
    duplicate,
    shared_account,
    too_late,
]


def main() -> None:
    url, wasm = sys.argv[1:]
    client = Client(url, Path(wasm).read_bytes())
    for check in CHECKS:
        print(json.dumps({"check": check.__name__, "result": check(client)}), flush=True)


if __name__ == "__main__":
    main()
