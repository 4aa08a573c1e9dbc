"""The Python SDK as conformance.py uses it: build, send, ask, and name results as both SDKs can."""

import hashlib
from collections.abc import Callable
from typing import Any

import requests
from stellar_sdk import (
    Account,
    Address,
    Keypair,
    SorobanServer,
    TransactionBuilder,
    scval,
    xdr,
)

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
