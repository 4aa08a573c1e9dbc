"""One way to the chain: build, simulate, sign, send and look up transactions over Stellar RPC."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import requests
from stellar_sdk import (
    Address,
    InvokeHostFunction,
    Keypair,
    SorobanServer,
    TransactionBuilder,
    TransactionEnvelope,
    xdr,
)
from stellar_sdk.auth import authorize_entry
from stellar_sdk.exceptions import AccountNotFoundException, PrepareTransactionException
from stellar_sdk.operation import Operation
from stellar_sdk.soroban_rpc import GetTransactionStatus, SendTransactionStatus

from .network import StellarNetwork

LIFETIME_SECONDS = 120
# Written bytes beyond the simulation's, and what they may cost; what is not used is refunded.
ROOM_BYTES = 64
ROOM_STROOPS = 256
BASE_FEE = 1_000
# What Stellar RPC takes in one request.
MOST_KEYS = 200
# An envelope refused for one of these could not have been included at any time.
NEVER_VALID = {
    "txMALFORMED",
    "txSOROBAN_INVALID",
    "txBAD_AUTH",
    "txBAD_AUTH_EXTRA",
    "txMISSING_OPERATION",
    "txNOT_SUPPORTED",
}


class ChainRefused(Exception):
    """The contract or the network says no; trying the same again would not help."""

    def __init__(self, message: str, code: int | None = None, *, certain: bool = True) -> None:
        super().__init__(message)
        self.code = code
        # Uncertain: the network says no now, yet an earlier sending of the same envelope may be in a ledger.
        self.certain = certain


class ChainBusy(Exception):
    """Try again: the source account has a transaction pending, or the network is unreachable."""


@dataclass(frozen=True)
class Signed:
    hash: str
    envelope: str
    max_time: int


@dataclass(frozen=True)
class Outcome:
    """A transaction as the chain has it; ``succeeded`` is None while it is not in a ledger."""

    succeeded: bool | None
    ledger: int | None = None
    fee_stroops: int | None = None
    value: xdr.SCVal | None = None
    latest_close: int = 0
    problem: str = ""


class Gateway:
    def __init__(self, network: StellarNetwork) -> None:
        self.network = network

    @cached_property
    def server(self) -> SorobanServer:
        return SorobanServer(self.network.rpc_url)

    def now(self) -> int:
        """Unix seconds. The ledger's clock decides what is too late, and ours may be behind it."""
        return max(int(time.time()), self.server.get_latest_ledger().close_time)

    def ensure_account(self, address: str) -> None:
        """Create the account on networks that have a friendbot. Raises ChainRefused elsewhere."""
        try:
            self.server.load_account(address)
        except AccountNotFoundException:
            if not self.network.friendbot_url:
                raise ChainRefused(f"account {address} does not exist yet: fund it with XLM first") from None
            answer = requests.get(self.network.friendbot_url, params={"addr": address}, timeout=30)
            if answer.status_code not in (200, 400):
                raise ChainBusy(f"friendbot answered {answer.status_code}") from None

    def sign_call(
        self, key: Keypair, contract: str, function: str, args: list[xdr.SCVal], *, with_keys: Sequence[Keypair] = ()
    ) -> Signed:
        """Simulate and sign one contract call by ``key``. Raises ChainRefused with the contract's error.

        ``with_keys`` authorise it as well, where the contract asks for several.
        """
        return self.sign(key, call_operation(contract, function, args), with_keys=with_keys)

    def sign(self, key: Keypair, operation: Operation, *, with_keys: Sequence[Keypair] = ()) -> Signed:
        prepared, max_time = self.prepare(key.public_key, operation, LIFETIME_SECONDS)
        if with_keys:
            operation = self._authorised(prepared.transaction.operations[0], with_keys)
            prepared, max_time = self.prepare(key.public_key, operation, LIFETIME_SECONDS)
        prepared.sign(key)
        return Signed(prepared.hash_hex(), prepared.to_xdr(), max_time)

    def sign_data(self, key: Keypair, entries: Mapping[str, bytes]) -> Signed:
        """Sign the setting of data entries (names and values of up to 64 bytes) on the account of ``key``."""
        self.ensure_account(key.public_key)
        max_time = self.now() + LIFETIME_SECONDS
        builder = TransactionBuilder(
            self.server.load_account(key.public_key), self.network.passphrase, base_fee=BASE_FEE
        ).add_time_bounds(0, max_time)
        for name, value in entries.items():
            builder.append_manage_data_op(name, value)
        built = builder.build()
        built.sign(key)
        return Signed(built.hash_hex(), built.to_xdr(), max_time)

    def read_data(self, address: str, names: Sequence[str]) -> dict[str, bytes]:
        """The data entries of an account that it has, by name."""
        account = Keypair.from_public_key(address).xdr_account_id()
        found = {}
        for at in range(0, len(names), MOST_KEYS):
            keys = [
                xdr.LedgerKey(
                    xdr.LedgerEntryType.DATA,
                    data=xdr.LedgerKeyData(account, xdr.String64(name.encode())),
                )
                for name in names[at : at + MOST_KEYS]
            ]
            for entry in self.server.get_ledger_entries(keys).entries or []:
                data = xdr.LedgerEntryData.from_xdr(entry.xdr).data
                found[data.data_name.string64.decode()] = data.data_value.data_value
        return found

    def read_entries(self, contract: str, keys: Sequence[xdr.SCVal]) -> dict[str, xdr.SCVal]:
        """The persistent entries of a contract that are live, by the XDR of their keys."""
        owner, found = Address(contract).to_xdr_sc_address(), {}
        for at in range(0, len(keys), MOST_KEYS):
            asked = [
                xdr.LedgerKey(
                    xdr.LedgerEntryType.CONTRACT_DATA,
                    contract_data=xdr.LedgerKeyContractData(owner, key, xdr.ContractDataDurability.PERSISTENT),
                )
                for key in keys[at : at + MOST_KEYS]
            ]
            for entry in self.server.get_ledger_entries(asked).entries or []:
                data = xdr.LedgerEntryData.from_xdr(entry.xdr).contract_data
                found[data.key.to_xdr()] = data.val
        return found

    def prepare(self, address: str, operation: Operation, lifetime_seconds: int) -> tuple[TransactionEnvelope, int]:
        """A simulated transaction for ``address`` to sign, and its time bound. Raises ChainRefused."""
        self.ensure_account(address)
        source = self.server.load_account(address)
        max_time = self.now() + lifetime_seconds
        built = (
            TransactionBuilder(source, self.network.passphrase, base_fee=BASE_FEE)
            .append_operation(operation)
            .add_time_bounds(0, max_time)
            .build()
        )
        try:
            prepared = self.server.prepare_transaction(built)
        except PrepareTransactionException as problem:
            text = problem.simulate_transaction_response.error or "simulation failed"
            raise ChainRefused(_first_line(text), contract_error(text)) from None
        _leave_room(prepared)
        return prepared, max_time

    def _authorised(self, simulated: Operation, keys: Sequence[Keypair]) -> InvokeHostFunction:
        """The call with the signatures that its simulation has found missing, each good for as long as the envelope."""
        assert isinstance(simulated, InvokeHostFunction)
        by_address = {key.public_key: key for key in keys}
        until = self.server.get_latest_ledger().sequence + LIFETIME_SECONDS
        signed = []
        for entry in simulated.auth:
            credentials = entry.credentials.address_v2 or entry.credentials.address
            if credentials is not None:
                address = Address.from_xdr_sc_address(credentials.address).address
                if address not in by_address:
                    raise ChainRefused(f"{address} has to sign this as well, and nobody here has its key")
                # The ledger reads the signer from the account.
                self.ensure_account(address)
                entry = authorize_entry(entry, by_address[address], until, self.network.passphrase)
            signed.append(entry)
        return InvokeHostFunction(host_function=simulated.host_function, auth=signed)

    def send(self, envelope: str) -> None:
        """Send exactly this envelope; a duplicate is fine. Raises ChainBusy or ChainRefused."""
        answer = self.server.send_transaction(TransactionEnvelope.from_xdr(envelope, self.network.passphrase))
        if answer.status in (SendTransactionStatus.PENDING, SendTransactionStatus.DUPLICATE):
            return
        if answer.status is SendTransactionStatus.TRY_AGAIN_LATER:
            raise ChainBusy("the source account has a transaction pending")
        code = "unknown"
        if answer.error_result_xdr:
            code = xdr.TransactionResult.from_xdr(answer.error_result_xdr).result.code.name
        raise ChainRefused(f"the network refused the transaction: {code}", certain=code in NEVER_VALID)

    def look_up(self, transaction_hash: str) -> Outcome:
        found = self.server.get_transaction(transaction_hash)
        close = int(found.latest_ledger_close_time)
        if found.status is GetTransactionStatus.NOT_FOUND:
            return Outcome(None, latest_close=close)
        result = xdr.TransactionResult.from_xdr(found.result_xdr)
        succeeded = found.status is GetTransactionStatus.SUCCESS
        return Outcome(
            succeeded,
            ledger=found.ledger,
            fee_stroops=result.fee_charged.int64,
            value=_return_value(found.result_meta_xdr) if succeeded else None,
            latest_close=close,
            problem="" if succeeded else _failure(result),
        )

    def envelope(self, transaction_hash: str) -> TransactionEnvelope | None:
        """What was sent, of anybody; None where the network keeps it no more."""
        found = self.server.get_transaction(transaction_hash)
        if found.status is GetTransactionStatus.NOT_FOUND:
            return None
        sent = TransactionBuilder.from_xdr(found.envelope_xdr, self.network.passphrase)
        return sent if isinstance(sent, TransactionEnvelope) else sent.transaction.inner_transaction_envelope

    def read(self, contract: str, function: str, args: list[xdr.SCVal]) -> xdr.SCVal:
        """The result of a read-only call, by simulation. Raises ChainRefused."""
        source = self.network.operator.public_key
        self.ensure_account(source)
        built = (
            TransactionBuilder(self.server.load_account(source), self.network.passphrase)
            .append_invoke_contract_function_op(contract, function, args)
            .set_timeout(60)
            .build()
        )
        answer = self.server.simulate_transaction(built)
        if answer.error or not answer.results:
            text = answer.error or "no result"
            raise ChainRefused(_first_line(text), contract_error(text))
        return xdr.SCVal.from_xdr(answer.results[0].xdr)

    def run(self, key: Keypair, operation: Operation, *, seconds: float = 60) -> Outcome:
        """Sign, send and wait: for deployment, where nothing else is in flight."""
        signed = self.sign(key, operation)
        self.send(signed.envelope)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            outcome = self.look_up(signed.hash)
            if outcome.succeeded:
                return outcome
            if outcome.succeeded is False:
                raise ChainRefused(outcome.problem)
            time.sleep(0.1)
        raise ChainBusy(f"transaction {signed.hash} was not included in {seconds:.0f} s")


def call_operation(contract: str, function: str, args: list[xdr.SCVal]) -> InvokeHostFunction:
    """One call of ``function``, its authorisation left to the simulation."""
    return InvokeHostFunction(
        host_function=xdr.HostFunction(
            xdr.HostFunctionType.HOST_FUNCTION_TYPE_INVOKE_CONTRACT,
            invoke_contract=xdr.InvokeContractArgs(
                contract_address=Address(contract).to_xdr_sc_address(),
                function_name=xdr.SCSymbol(sc_symbol=function.encode()),
                args=args,
            ),
        ),
        auth=[],
    )


def contract_error(text: str) -> int | None:
    """The number in ``Error(Contract, #n)``, if a contract refused."""
    marker = "Error(Contract, #"
    start = text.find(marker)
    if start < 0:
        return None
    return int(text[start + len(marker) :].split(")", 1)[0])


def _leave_room(prepared: TransactionEnvelope) -> None:
    """A page may grow by another member's deposit between the simulation and the ledger."""
    data = prepared.transaction.soroban_data
    if data and data.resources.write_bytes.uint32:
        data.resources.write_bytes.uint32 += ROOM_BYTES
        data.resource_fee.int64 += ROOM_STROOPS
        prepared.transaction.fee += ROOM_STROOPS


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300]


def _return_value(meta: str | None) -> xdr.SCVal | None:
    if not meta:
        return None
    read = xdr.TransactionMeta.from_xdr(meta)
    soroban = (read.v4 or read.v3).soroban_meta
    return soroban.return_value if soroban else None


def _failure(result: xdr.TransactionResult) -> str:
    if result.result.results:
        inner = result.result.results[0].tr
        if inner and inner.invoke_host_function_result:
            return inner.invoke_host_function_result.code.name
        if inner and inner.manage_data_result:
            return inner.manage_data_result.code.name
    return result.result.code.name
