"""What was reported is still there after the process dies, at whatever moment."""

import threading
import time

import pytest
from stellar_sdk import Asset, TransactionBuilder
from stellar_sdk.exceptions import ConnectionError
from stellar_sdk.soroban_rpc import GetTransactionStatus, SendTransactionStatus

PAYERS = 4


class Load:
    """Threads that pay all the time and note every hash reported as SUCCESS."""

    def __init__(self, devnet) -> None:
        self.devnet = devnet
        self.payers = [devnet.member() for _ in range(PAYERS)]
        self.till = devnet.member()
        self.successes: list[str] = []
        self.errors: list[Exception] = []
        self.threads = [threading.Thread(target=self.pay, args=(payer,)) for payer in self.payers]

    def pay(self, payer) -> None:
        try:
            server = self.devnet.server
            account = server.load_account(payer.public_key)
            while True:
                builder = TransactionBuilder(account, "Stelltron Devnet ; 2026")
                builder = builder.append_payment_op(self.till.public_key, Asset.native(), "1")
                envelope = builder.set_timeout(60).build()
                envelope.sign(payer)
                sent = server.send_transaction(envelope)
                assert sent.status == SendTransactionStatus.PENDING
                while server.get_transaction(sent.hash).status != GetTransactionStatus.SUCCESS:
                    time.sleep(0.01)
                self.successes.append(sent.hash)
        except ConnectionError:
            # The process is gone, which is what this test is about.
            return
        except Exception as error:
            self.errors.append(error)

    def run_until_killed(self, seconds: float) -> None:
        for thread in self.threads:
            thread.start()
        time.sleep(seconds)
        self.devnet.kill()
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize(("close_ms", "rounds"), [("0", 3), ("50", 2)])
def test_nothing_reported_is_lost_when_killed_under_load(start_devnet, close_ms, rounds):
    devnet = start_devnet("--close-ms", close_ms)
    for number in range(rounds):
        load = Load(devnet)
        load.run_until_killed(0.4 + 0.17 * number)
        assert load.successes and not load.errors
        devnet.start()
        for hash_ in load.successes:
            assert devnet.server.get_transaction(hash_).status == GetTransactionStatus.SUCCESS
        # The last payment of each payer may have been stored and not yet reported.
        received = (devnet.stroops(load.till.public_key) - 100_000_000_000) // 10_000_000
        assert len(load.successes) <= received <= len(load.successes) + PAYERS
        spent = [100_000_000_000 - devnet.stroops(payer.public_key) for payer in load.payers]
        assert sum(spent) == received * 10_000_100


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
    assert before <= after < before + 20


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
