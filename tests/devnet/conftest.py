"""A devnet of its own for each test module, driven with the unmodified Stellar SDK."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
import requests
from stellar_sdk import (
    Asset,
    FeeBumpTransactionEnvelope,
    Keypair,
    SorobanServer,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.contract import ContractClient

PROBE = Path(__file__).with_name("probe.wasm")
SUPPLY = 1_000_000


def binary() -> str:
    path = os.environ.get("STELLTRON_DEVNET_BIN") or shutil.which("stelltron-devnet")
    if not path:
        pytest.fail("stelltron-devnet is not installed: run bin/prepare, or name it in STELLTRON_DEVNET_BIN")
    return path


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Devnet:
    """One process with its folder; it can be stopped, killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        return [binary(), "--port", str(self.port), "--data", str(self.folder), *self.options]

    def start(self) -> "Devnet":
        self.process = subprocess.Popen(self.command())
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                requests.get(f"{self.url}/health", timeout=1).raise_for_status()
                return self
            except requests.RequestException:
                time.sleep(0.02)
        raise RuntimeError("the devnet did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)

    @property
    def server(self) -> SorobanServer:
        return SorobanServer(self.url)

    @property
    def passphrase(self) -> str:
        return self.server.get_network().passphrase

    def call(self, method: str, params: object = None) -> dict:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return requests.post(self.url, json=request, timeout=30).json()

    def fund(self, address: str) -> requests.Response:
        return requests.get(f"{self.url}/friendbot", params={"addr": address}, timeout=30)

    def member(self) -> Keypair:
        """A new key with a funded account."""
        keypair = Keypair.random()
        self.fund(keypair.public_key).raise_for_status()
        return keypair

    def payment(
        self,
        source: Keypair,
        destination: str,
        amount: str = "1",
        *,
        sequence: int | None = None,
        signer: Keypair | None = None,
        fee: int = 100,
        time_bounds: tuple[int, int] = (0, 0),
        signed: bool = True,
    ) -> TransactionEnvelope:
        account = self.server.load_account(source.public_key)
        if sequence is not None:
            account.sequence = sequence
        transaction = (
            TransactionBuilder(account, self.passphrase, fee)
            .append_payment_op(destination, Asset.native(), amount)
            .add_time_bounds(*time_bounds)
            .build()
        )
        if signed:
            transaction.sign(signer or source)
        return transaction

    def stroops(self, address: str) -> int:
        """What an account holds."""
        account = xdr.LedgerKeyAccount(Keypair.from_public_key(address).xdr_account_id())
        key = xdr.LedgerKey(xdr.LedgerEntryType.ACCOUNT, account=account)
        entry = self.server.get_ledger_entries([key]).entries[0]
        return xdr.LedgerEntryData.from_xdr(entry.xdr).account.balance.int64

    @staticmethod
    def error_code(response) -> str:
        """The result code of a refused transaction."""
        return xdr.TransactionResult.from_xdr(response.error_result_xdr).result.code.name

    @staticmethod
    def fee_charged(response) -> int:
        return xdr.TransactionResult.from_xdr(response.result_xdr).fee_charged.int64

    def deploy_probe(self, owner: Keypair) -> "Probe":
        wasm = ContractClient.upload_contract_wasm(PROBE.read_bytes(), owner.public_key, owner, self.server)
        contract = ContractClient.create_contract(
            wasm,
            owner.public_key,
            owner,
            self.server,
            constructor_args=[scval.to_address(owner.public_key), scval.to_int128(SUPPLY)],
        )
        return Probe(ContractClient(contract, self.url, self.passphrase), wasm)

    def bump(self, envelope: TransactionEnvelope, payer: Keypair, fee: int) -> FeeBumpTransactionEnvelope:
        """``envelope`` with its fee paid by another account."""
        # The SDK takes the price of an operation, and refuses to offer too little.
        bump = TransactionBuilder.build_fee_bump_transaction(payer, 10**9, envelope, self.passphrase)
        bump.transaction.fee = fee
        bump.sign(payer)
        return bump

    def close(self, **jump: int) -> dict:
        """Close a ledger by the admin door, and ``skip`` ledgers and ``seconds`` after it."""
        answer = requests.post(f"{self.url}/admin/close", params=jump, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def skip(self, ledgers: int) -> int:
        return self.close(skip=ledgers)["ledger"]


class Probe:
    """The probe contract: a token with a constructor, events and a temporary entry."""

    supply = SUPPLY

    def __init__(self, client: ContractClient, wasm: bytes) -> None:
        self.client = client
        self.address = client.contract_id
        self.wasm = wasm

    def transfer(self, source: Keypair, giver: str, taker: str, amount: int, **options):
        arguments = [scval.to_address(giver), scval.to_address(taker), scval.to_int128(amount)]
        return self.client.invoke(
            "transfer",
            arguments,
            source.public_key,
            source,
            parse_result_xdr_fn=scval.from_int128,
            **options,
        )

    def balance(self, owner: str, reader: str) -> int:
        call = self.client.invoke("balance", [scval.to_address(owner)], reader, parse_result_xdr_fn=scval.from_int128)
        return call.result()

    @staticmethod
    def balance_key(owner: str) -> xdr.SCVal:
        return scval.to_vec([scval.to_symbol("Balance"), scval.to_address(owner)])


@pytest.fixture
def start_devnet(tmp_path):
    """Starts devnets that end with the test."""
    started = []

    def start(*options: str, folder: Path = tmp_path / "ledger") -> Devnet:
        devnet = Devnet(folder, *options)
        started.append(devnet)
        return devnet.start()

    yield start
    for devnet in started:
        if devnet.process is not None and devnet.process.poll() is None:
            devnet.kill()


@pytest.fixture
def refused_start():
    """Starts a devnet that is expected to give up, and returns what it said."""

    def start(*options: str, folder: Path) -> str:
        command = Devnet(folder, *options).command()
        done = subprocess.run(command, capture_output=True, timeout=30, check=False, text=True)
        assert done.returncode != 0
        return done.stderr

    return start


@pytest.fixture(scope="module")
def fresh_devnet(tmp_path_factory):
    """Starts devnets with an open admin door that end with the module."""
    started = []

    def start() -> Devnet:
        started.append(Devnet(tmp_path_factory.mktemp("devnet") / "ledger", "--admin").start())
        return started[-1]

    yield start
    for devnet in started:
        devnet.kill()


@pytest.fixture(scope="module")
def devnet(fresh_devnet):
    return fresh_devnet()


@pytest.fixture(scope="module")
def alice(devnet):
    return devnet.member()


@pytest.fixture(scope="module")
def bob(devnet):
    return devnet.member()


@pytest.fixture(scope="module")
def probe(devnet, alice):
    return devnet.deploy_probe(alice)
