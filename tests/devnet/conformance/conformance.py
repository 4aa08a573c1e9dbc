"""What a client sees of a network, asked with the Python SDK: one line of JSON for each check.

    conformance.py URL probe.wasm

conformance.mjs asks the same with the JavaScript SDK, in the same order. The network has to be a
fresh one that closes a ledger for each transaction and has its admin door open.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from stellar_sdk import (
    Account,
    Address,
    Asset,
    Keypair,
    Signer,
    SorobanDataBuilder,
    SorobanServer,
    TransactionBuilder,
    scval,
    xdr,
)
from stellar_sdk.auth import authorize_entry
from stellar_sdk.soroban_rpc import EventFilter, EventFilterType

SUPPLY = 1_000_000
FUNDED = 100_000_000_000
PERSISTENT_TTL = 2_073_600
Build = Callable[[TransactionBuilder], TransactionBuilder]


def keypair(name: str) -> Keypair:
    return Keypair.from_raw_ed25519_seed(hashlib.sha256(f"conformance {name}".encode()).digest())


ALICE, BOB, CAROL, SHARED, SECOND = (keypair(name) for name in ("alice", "bob", "carol", "shared", "second"))


def plain(name: str) -> str:
    """The name of a result code as both SDKs would spell it."""
    for prefix in ("INVOKE_HOST_FUNCTION_", "PAYMENT_", "RESTORE_FOOTPRINT_", "EXTEND_FOOTPRINT_TTL_", "SET_OPTIONS_"):
        name = name.removeprefix(prefix)
    return name.replace("_", "").lower()


class Client:
    def __init__(self, url: str, wasm: bytes) -> None:
        self.url = url
        self.wasm = wasm
        self.server = SorobanServer(url)
        self.passphrase = self.server.get_network().passphrase
        self.contract = ""
        self.first_ledger = 0

    # ---- building and sending

    def build(self, source: Keypair, add: Build, *, sequence: int | None = None, bounds: tuple[int, int] | None = None):
        account = self.server.load_account(source.public_key)
        if sequence is not None:
            account = Account(source.public_key, sequence)
        builder = add(TransactionBuilder(account, self.passphrase, 100))
        if bounds:
            return builder.add_time_bounds(*bounds).build()
        return builder.set_timeout(300).build()

    def send(self, envelope, *signers: Keypair) -> dict[str, Any]:
        for signer in signers:
            envelope.sign(signer)
        sent = self.server.send_transaction(envelope)
        if sent.error_result_xdr:
            result = xdr.TransactionResult.from_xdr(sent.error_result_xdr)
            return {"status": sent.status.value, **codes(result)}
        if sent.status.value != "PENDING":
            return {"status": sent.status.value}
        return self.outcome(sent.hash)

    def outcome(self, hash_: str) -> dict[str, Any]:
        done = self.server.get_transaction(hash_)
        answer = {"status": done.status.value, **codes(xdr.TransactionResult.from_xdr(done.result_xdr))}
        soroban = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4.soroban_meta
        if soroban and soroban.return_value:
            answer["value"] = native(soroban.return_value)
        return answer

    def run(self, source: Keypair, add: Build, *others: Keypair) -> dict[str, Any]:
        """Simulate, sign, send."""
        prepared = self.server.prepare_transaction(self.build(source, add))
        return self.send(prepared, source, *others)

    def simulate(self, source: Keypair, add: Build):
        return self.server.simulate_transaction(self.build(source, add))

    # ---- the probe contract

    def call(self, function: str, *arguments: xdr.SCVal, auth=None) -> Build:
        return lambda builder: builder.append_invoke_contract_function_op(
            self.contract, function, list(arguments), auth=auth
        )

    def transfer(self, giver: Keypair, taker: Keypair, amount: int, auth=None) -> Build:
        return self.call("transfer", address(giver), address(taker), scval.to_int128(amount), auth=auth)

    def balance(self, owner: Keypair) -> str:
        simulated = self.simulate(ALICE, self.call("balance", address(owner)))
        return native(xdr.SCVal.from_xdr(simulated.results[0].xdr))

    def balance_key(self, owner: Keypair) -> xdr.LedgerKey:
        return xdr.LedgerKey(
            xdr.LedgerEntryType.CONTRACT_DATA,
            contract_data=xdr.LedgerKeyContractData(
                contract=Address(self.contract).to_xdr_sc_address(),
                key=scval.to_vec([scval.to_symbol("Balance"), address(owner)]),
                durability=xdr.ContractDataDurability.PERSISTENT,
            ),
        )

    def entry(self, owner: Keypair):
        return self.server.get_ledger_entries([self.balance_key(owner)]).entries[0]

    # ---- the ledger

    def stroops(self, owner: Keypair) -> int:
        account = xdr.LedgerKeyAccount(owner.xdr_account_id())
        key = xdr.LedgerKey(xdr.LedgerEntryType.ACCOUNT, account=account)
        entry = self.server.get_ledger_entries([key]).entries[0]
        return xdr.LedgerEntryData.from_xdr(entry.xdr).account.balance.int64

    def latest(self) -> int:
        return self.server.get_latest_ledger().sequence

    def travel(self, **jump: int) -> None:
        requests.post(f"{self.url}/admin/close", params=jump, timeout=10).raise_for_status()

    def fund(self, owner: Keypair) -> int:
        return requests.get(f"{self.url}/friendbot", params={"addr": owner.public_key}, timeout=10).status_code

    def refused(self, method: str, params: dict[str, Any]) -> int:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return requests.post(self.url, json=request, timeout=10).json()["error"]["code"]


def address(owner: Keypair) -> xdr.SCVal:
    return scval.to_address(owner.public_key)


def native(value: xdr.SCVal) -> Any:
    made = scval.to_native(value)
    return str(made) if isinstance(made, int) else getattr(made, "address", made)


def codes(result: xdr.TransactionResult) -> dict[str, str]:
    answer = {"code": plain(result.result.code.name)}
    if result.result.inner_result_pair:
        inner = result.result.inner_result_pair.result.result
        answer["inner"] = plain(inner.code.name)
        return answer
    for operation in (result.result.results or [])[:1]:
        answer["operation"] = plain(operation_code(operation))
    return answer


def operation_code(operation: xdr.OperationResult) -> str:
    if operation.tr is None:
        return operation.code.name
    made = next(value for name, value in vars(operation.tr).items() if name.endswith("_result") and value)
    return made.code.name.split("_RESULT_")[-1]


# ---- the checks, in order


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
