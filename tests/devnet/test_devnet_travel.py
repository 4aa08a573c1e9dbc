"""The admin door: tests jump ahead in ledgers and in time."""

import time

import pytest
import requests
from stellar_sdk.soroban_rpc import SendTransactionStatus


def test_the_door_is_closed_unless_opened(start_devnet):
    devnet = start_devnet()
    before = devnet.server.get_latest_ledger()
    assert requests.post(f"{devnet.url}/admin/close", params={"skip": 5}, timeout=30).status_code == 404
    assert devnet.server.get_latest_ledger() == before


def test_ledgers_and_seconds_go_ahead_as_far_as_asked(devnet):
    before = devnet.server.get_latest_ledger()
    jumped = devnet.close(skip=1_000, seconds=86_400)
    assert jumped["ledger"] == before.sequence + 1_001
    assert jumped["time"] >= before.close_time + 86_400
    latest = devnet.server.get_latest_ledger()
    assert (latest.sequence, latest.close_time) == (jumped["ledger"], jumped["time"])
    # Time goes on from there.
    assert devnet.close()["time"] >= jumped["time"]


def test_a_transaction_becomes_valid_and_too_late_by_travel(devnet, alice, bob):
    start = devnet.server.get_latest_ledger().close_time
    bounds = (start + 10_000, start + 20_000)
    envelope = devnet.payment(alice, bob.public_key, time_bounds=bounds)
    early = devnet.server.send_transaction(envelope)
    assert devnet.error_code(early) == "txTOO_EARLY"
    late = devnet.payment(alice, bob.public_key, "2", time_bounds=bounds)
    devnet.close(seconds=15_000)
    assert devnet.server.send_transaction(envelope).status == SendTransactionStatus.PENDING
    devnet.close(seconds=15_000)
    assert devnet.error_code(devnet.server.send_transaction(late)) == "txTOO_LATE"


def test_travelled_time_outlives_a_restart(start_devnet):
    devnet = start_devnet("--admin")
    there = devnet.close(seconds=1_000_000)["time"]
    devnet.kill()
    devnet.start()
    assert devnet.server.get_latest_ledger().close_time == there
    time.sleep(1.1)
    assert there < devnet.close()["time"] < there + 60


@pytest.mark.parametrize(
    ("jump", "problem"),
    [
        ({"skip": "-1"}, "skip has to be a number up to 10000000"),
        ({"skip": "10000001"}, "skip has to be a number up to 10000000"),
        ({"seconds": "soon"}, "seconds has to be a number up to 315360000"),
        ({"seconds": "99999999999999999999"}, "seconds has to be a number up to 315360000"),
        ({"ledgers": "5"}, "ledgers is unknown"),
    ],
)
def test_a_jump_that_makes_no_sense_is_named_and_not_made(devnet, jump, problem):
    before = devnet.server.get_latest_ledger().sequence
    answer = requests.post(f"{devnet.url}/admin/close", params=jump, timeout=30)
    assert answer.status_code == 400
    assert problem in answer.json()["detail"]
    assert devnet.server.get_latest_ledger().sequence == before


def test_web_pages_cannot_travel(devnet):
    answer = requests.post(f"{devnet.url}/admin/close", headers={"Origin": "http://page"}, timeout=30)
    assert answer.status_code == 403


def test_ledger_numbers_have_an_end_and_it_is_not_passed(start_devnet):
    devnet = start_devnet("--admin")
    for _ in range(429):
        devnet.close(skip=10_000_000)
    answer = requests.post(f"{devnet.url}/admin/close", params={"skip": 10_000_000}, timeout=30)
    assert answer.status_code == 400
    assert "no ledger numbers" in answer.json()["detail"]
    assert devnet.close()["ledger"] > 4_000_000_000
