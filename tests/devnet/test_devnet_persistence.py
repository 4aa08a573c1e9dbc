"""What was reported is still there after the process dies, at whatever moment."""

import hashlib
import random
import threading
import time

import pytest
from stellar_sdk import Asset, Keypair, SorobanServer, TransactionBuilder, scval, xdr
from stellar_sdk.client.requests_client import RequestsClient
from stellar_sdk.contract import ContractClient
from stellar_sdk.exceptions import ConnectionError
from stellar_sdk.soroban_rpc import GetTransactionStatus, SendTransactionStatus

FUNDED = 100_000_000_000
ALL_LUMENS = 10**18
PASSPHRASE = "Stelltron Devnet ; 2026"


class Load:
    """Threads that pay, in lumens or through a contract, and note every hash reported as SUCCESS."""

    def __init__(self, devnet, probe) -> None:
        self.server = SorobanServer(devnet.url, client=RequestsClient(num_retries=0))
        self.payers = [devnet.member() for _ in range(3)]
        self.traders = [devnet.member() for _ in range(2)]
        self.till = devnet.member()
        self.probe = probe
        self.client = ContractClient(probe.address, devnet.url, PASSPHRASE, RequestsClient(num_retries=0))
        self.members = [*self.payers, *self.traders, self.till]
        self.start = {member.public_key: self.sequence(member) for member in self.members}
        self.successes: dict[str, list[str]] = {member.public_key: [] for member in self.members}
        self.errors: list[Exception] = []

    def sequence(self, member: Keypair) -> int:
        return self.server.load_account(member.public_key).sequence

    def repeat(self, act, member: Keypair) -> None:
        try:
            while True:
                envelope = act(member)
                envelope.sign(member)
                sent = self.server.send_transaction(envelope)
                assert sent.status == SendTransactionStatus.PENDING, sent
                while (done := self.server.get_transaction(sent.hash)).status == GetTransactionStatus.NOT_FOUND:
                    time.sleep(0.005)
                assert done.status == GetTransactionStatus.SUCCESS, done
                self.successes[member.public_key].append(sent.hash)
        except ConnectionError:
            # The process is gone, which is what this test is about.
            return
        except Exception as error:
            self.errors.append(error)

    def pay(self, member: Keypair):
        builder = TransactionBuilder(self.server.load_account(member.public_key), PASSPHRASE)
        return builder.append_payment_op(self.till.public_key, Asset.native(), "1").set_timeout(60).build()

    def trade(self, member: Keypair):
        arguments = [scval.to_address(member.public_key), scval.to_address(self.till.public_key), scval.to_int128(0)]
        return self.client.invoke("transfer", arguments, member.public_key, member).built_transaction

    def run_until_killed(self, devnet, seconds: float) -> None:
        threads = [threading.Thread(target=self.repeat, args=(self.pay, payer)) for payer in self.payers]
        threads += [threading.Thread(target=self.repeat, args=(self.trade, trader)) for trader in self.traders]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        devnet.kill()
        for thread in threads:
            thread.join()

    def check(self, devnet) -> None:
        assert not self.errors
        moved = 0
        for member in self.members:
            address = member.public_key
            for hash_ in self.successes[address]:
                assert devnet.server.get_transaction(hash_).status == GetTransactionStatus.SUCCESS
            # The last transaction of each may have been stored and not yet reported.
            stored = self.sequence(member) - self.start[address]
            assert len(self.successes[address]) <= stored <= len(self.successes[address]) + 1
            if member in self.payers:
                assert FUNDED - devnet.stroops(address) == stored * 10_000_100
                moved += stored
        assert devnet.stroops(self.till.public_key) == FUNDED + moved * 10_000_000


def root_account() -> str:
    seed = hashlib.sha256(PASSPHRASE.encode()).digest()
    return Keypair.from_raw_ed25519_seed(seed).public_key


@pytest.mark.parametrize(("close_ms", "rounds"), [("0", 8), ("15", 12)])
def test_nothing_reported_is_lost_when_killed_under_load(start_devnet, close_ms, rounds):
    devnet = start_devnet("--close-ms", close_ms)
    owner = devnet.member()
    probe = devnet.deploy_probe(owner)
    known = [root_account(), owner.public_key]
    moments = random.Random(28)
    reported = 0
    for _ in range(rounds):
        load = Load(devnet, probe)
        known += [member.public_key for member in load.members]
        load.run_until_killed(devnet, moments.uniform(0.1, 0.6))
        devnet.start()
        load.check(devnet)
        reported += sum(len(hashes) for hashes in load.successes.values())
        # No lumen was made or lost: the fees are in the pool, the rest with somebody.
        header = xdr.LedgerHeader.from_xdr(devnet.server.get_latest_ledger().header_xdr)
        assert sum(devnet.stroops(address) for address in known) + header.fee_pool.int64 == ALL_LUMENS
        assert probe.balance(owner.public_key, owner.public_key) == probe.supply
    assert reported > 2 * rounds


def test_contracts_balances_and_events_survive_a_kill(start_devnet):
    devnet = start_devnet()
    alice, bob = devnet.member(), devnet.member()
    probe = devnet.deploy_probe(alice)
    probe.transfer(alice, alice.public_key, bob.public_key, 40).sign_and_submit()
    held = [devnet.stroops(member.public_key) for member in (alice, bob)]
    events = devnet.server.get_events(start_ledger=1).events
    latest = devnet.server.get_latest_ledger()
    devnet.kill()
    devnet.start()
    assert devnet.server.get_latest_ledger() == latest
    assert devnet.server.get_events(start_ledger=1).events == events
    assert [devnet.stroops(member.public_key) for member in (alice, bob)] == held
    assert probe.balance(bob.public_key, alice.public_key) == 40
    again = probe.transfer(alice, alice.public_key, bob.public_key, 2)
    assert again.sign_and_submit() == 42


def test_an_orderly_stop_goes_on_where_it_was(start_devnet):
    devnet = start_devnet("--close-ms", "50")
    devnet.member()
    time.sleep(0.4)
    before = devnet.server.get_latest_ledger().sequence
    assert devnet.stop() == 0
    devnet.start()
    after = devnet.server.get_latest_ledger().sequence
    assert before <= after < before + 100


def test_ledger_numbers_and_time_never_go_back(start_devnet):
    devnet = start_devnet("--close-ms", "20")
    seen = (0, 0)
    for _ in range(4):
        time.sleep(0.3)
        latest = devnet.server.get_latest_ledger()
        assert (latest.sequence, latest.close_time) > seen
        seen = (latest.sequence, latest.close_time)
        devnet.kill()
        devnet.start()
    after = devnet.server.get_latest_ledger()
    assert (after.sequence, after.close_time) >= seen


def test_a_torn_write_at_the_end_is_cut_off(start_devnet):
    devnet = start_devnet()
    alice = devnet.member()
    devnet.kill()
    log = sorted(devnet.folder.glob("ledgers-*.log"))[-1]
    with log.open("ab") as file:
        file.write(log.read_bytes()[:50])
    devnet.start()
    assert devnet.stroops(alice.public_key) == 100_000_000_000
    devnet.member()
